package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// folders are the places of an image, in Workdir's form, that certainly are folders.
type folders struct {
	below *folders // of the stage that this one is built from
	known map[string]bool
}

// foldersOf follows the instructions of a file and keeps each stage's folders.
type foldersOf map[*dockerfile.Stage]*folders

// at returns the folders that are there before the instruction. Instructions must be asked for in
// the order of the file, and each told to learn.
func (all foldersOf) at(s *dockerfile.Stage) *folders {
	if fs := all[s]; fs != nil {
		return fs
	}
	fs := &folders{known: map[string]bool{"/": true}}
	if s.Parent != nil {
		fs.below = all.at(s.Parent)
	} else if s.Image.Text != "scratch" {
		for _, p := range everywhere {
			fs.known[p] = true
		}
	}
	all[s] = fs
	return fs
}

// everywhere are folders of every Linux distribution
// (https://refspecs.linuxfoundation.org/FHS_3.0/fhs/index.html).
var everywhere = strings.Fields(`/bin /dev /etc /home /lib /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp
	/usr /usr/bin /usr/lib /usr/local /usr/local/bin /usr/local/lib /usr/local/sbin /usr/local/share /usr/sbin
	/usr/share /var /var/cache /var/lib /var/log /var/run /var/tmp`)

// maxLineage bounds how many stages below are asked.
const maxLineage = 64

func (fs *folders) has(p string) bool {
	for n := 0; fs != nil && n < maxLineage; n++ {
		if fs.known[p] {
			return true
		}
		fs = fs.below
	}
	return false
}

// add notes a folder and those around it, as far as the stages below do not have them.
func (fs *folders) add(f *dockerfile.File, p string) {
	for strings.HasPrefix(p, "/") && !fs.has(p) {
		f.Charge(10 + len(p)/4)
		fs.known[p] = true
		p = path.Dir(p)
	}
	if p != "" {
		fs.known[p] = true
	}
}

// learn takes in the folders that the instruction makes.
func (fs *folders) learn(in *dockerfile.Instruction) {
	switch in.Name {
	case "WORKDIR":
		fs.add(in.File(), in.Resolve(in.Workdir(), in.Args.String()))
	case "COPY", "ADD":
		c := copyIn(in)
		if c == nil {
			return
		}
		to := in.Resolve(in.Workdir(), lastWord(c).Text)
		if to != "" && !toFolder(c) {
			to = path.Dir(to)
		}
		if to != "." {
			fs.add(in.File(), to)
		}
	case "RUN":
		for _, c := range shell.Calls(in, "mkdir") {
			for _, w := range shell.Read(in, c).Operands {
				if w.Literal && strings.HasPrefix(w.Text, "/") {
					fs.add(in.File(), path.Clean(w.Text))
				}
			}
		}
	}
}

// toFolder reports whether the destination of the COPY or ADD is written as a folder.
func toFolder(in *dockerfile.Instruction) bool {
	to := bare(lastWord(in))
	return to == "." || to == ".." || strings.HasSuffix(to, "/") || strings.HasSuffix(to, "/.") || strings.HasSuffix(to, "/..") ||
		strings.HasSuffix(to, `\`)
}

// atRoot reports whether the stage's base image certainly leaves the working directory at /.
func atRoot(s *dockerfile.Stage) bool {
	image := s.Root().Image
	if !image.Known {
		return false
	}
	ref := baseimage.Parse(image.Text)
	return image.Text == "scratch" || ref.Official() && slices.Contains(withoutWorkdir, ref.Name)
}

// withoutWorkdir are official images whose Dockerfiles set no WORKDIR in any variant
// (https://github.com/docker-library/official-images).
var withoutWorkdir = strings.Fields(`almalinux alpine amazoncorretto amazonlinux archlinux bash buildpack-deps busybox centos
	debian eclipse-temurin elixir erlang fedora gcc mariadb mysql nginx node openjdk oraclelinux postgres python rockylinux ruby rust swift ubuntu`)
