package rules

import (
	"path"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

var copySeveralWithoutSlash = &analysis.Rule{
	Name:     "copy-several-without-slash",
	Doc:      "COPY of several files to a destination without a trailing slash",
	Topic:    analysis.Context,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3021", "DS-0011"},
	Run: func(p *analysis.Pass) {
		known := foldersOf{}
		for _, in := range p.File.Instructions() {
			if in.Stage == nil || in.Name == "FROM" {
				continue
			}
			fs := known.at(in.Stage)
			if c := copyIn(in); c != nil && severalFiles(p.Context, c) && !toFolder(c) {
				reportWithoutSlash(p, in, c, fs)
			}
			fs.learn(in)
		}
	},
}

// severalFiles reports whether the COPY or ADD certainly copies more than one thing, and the first
// of them may be a file: a directory would make the destination one.
func severalFiles(ctx *buildcontext.Context, in *dockerfile.Instruction) bool {
	sources := buildcontext.Sources(in)
	if in.Flag("parents") != nil {
		return false
	}
	if len(sources) > 1 {
		first := sources[0]
		return !(first.Local && first.Path.Known && ctx.Known() && ctx.Folder(first.Path.Text))
	}
	if s := sources[0]; s.Local && s.Path.Known && ctx.Known() && wildcard(s.Path.Text) {
		matched := ctx.Match(s.Path.Text)
		return len(matched) > 1 && sameDepth(matched, s.Path.Text)
	}
	return false
}

func reportWithoutSlash(p *analysis.Pass, in, c *dockerfile.Instruction, fs *folders) {
	to := lastWord(c)
	v := c.Expand(to.Text)
	at := c.Resolve(c.Workdir(), to.Text)
	if !v.Known || at == "" || fs.has(at) || windowsPath(to) {
		return
	}
	because := c.GivenBy(dockerfile.Span{}) // the sources count as well
	if in.Stage.Root().Image.Text == "scratch" {
		because = append(because, in.Stage.SetBy(nil)...)
	}
	p.Report(analysis.Finding{
		In: in, Span: to.Span, Because: because,
		Message: analysis.Say("Several files are copied to %s, which does not end in a slash", v.Text),
		Why: analysis.Say("Unless it is a directory already, BuildKit writes each file over the previous one and " +
			"only the last remains; other builders stop."),
		Fix: &analysis.Fix{
			Title:         "Add the trailing slash",
			Applicability: analysis.Unsafe,
			Caveat: analysis.Say("If %s is not a directory yet, it becomes one with all the files in "+
				"it; today it is one file.",
				v.Text),
			Edits: edit.AppendTo(c.File(), to, "/").Edits,
		},
	})
}

// folders are the places of an image, in Workdir's form, that certainly are folders.
type folders struct {
	below *folders // of the stage that this one is built from
	known map[string]bool
}

// foldersOf follows the instructions of a file and keeps each stage's folders.
type foldersOf map[*dockerfile.Stage]*folders

// at returns the folders that are there before the instruction. Instructions must be asked for in
// the order of the file, and each passed to learn.
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
	last := to[strings.LastIndex(to, "/")+1:]
	return last == "" || last == "." || last == ".." || strings.HasSuffix(to, `\`)
}

// sameDepth reports whether the files are what the pattern itself matches, not files in directories.
func sameDepth(files []string, pattern string) bool {
	n := strings.Count(path.Clean(strings.TrimPrefix(pattern, "/")), "/")
	for _, f := range files {
		if strings.Count(f, "/") != n {
			return false
		}
	}
	return true
}
