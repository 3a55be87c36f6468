package dockerfile

import (
	"path"
	"strings"
)

// Workdir returns the folder in which the instruction works. It begins with / where it is known;
// with ? and a word if it depends on something that the Dockerfile does not say: two folders that
// begin with the same ?word are in the same place. "" means that nothing can be said.
func (in *Instruction) Workdir() string { return in.workdir }

// workdirs notes for each instruction of the stage in which folder it works.
func (s *Stage) workdirs() {
	dir := "?base" // what the base image sets
	var by *Instruction
	switch {
	case s.Parent != nil:
		dir, by = s.Parent.workdir, s.Parent.dirBy
	case s.Image.Text == "scratch":
		dir = "/"
	}
	for _, in := range s.instructions {
		in.workdir, in.dirBy = dir, by
		if in.Trigger != nil {
			in.Trigger.workdir, in.Trigger.dirBy = dir, by
		}
		if in.Name == "WORKDIR" {
			dir, by = in.Resolve(dir, in.Args.String()), in
		}
	}
	s.workdir, s.dirBy = dir, by
}

// PathBy lists the WORKDIRs on which the path depends, none for an absolute one.
func (in *Instruction) PathBy(path string) []*Instruction {
	if strings.HasPrefix(path, "/") {
		return nil
	}
	return in.WorkdirBy()
}

// WorkdirBy lists the WORKDIRs that make the folder in which the instruction works: the last one, and where that is
// relative those before it; with the FROMs by which the stage has them.
func (in *Instruction) WorkdirBy() []*Instruction {
	var all []*Instruction
	for at, w := in.Stage, in.dirBy; w != nil; at, w = w.Stage, w.dirBy {
		in.file.Work.Charge(inheritCost)
		all = append(append(all, w), at.Inherits(w)...)
		if v := w.Expand(w.Args.String()); v.Known && strings.HasPrefix(v.Text, "/") {
			break
		}
	}
	return all
}

// Resolve returns where a path, as written in the instruction, leads from the folder dir, in the
// form that Workdir gives.
func (in *Instruction) Resolve(dir, word string) string {
	v := in.Expand(word)
	if !v.Known {
		head, rest, _ := strings.Cut(strings.Trim(word, `"'`), "/")
		if !strings.HasPrefix(head, "$") {
			return ""
		}
		return Join("?"+strings.Trim(head, "${}"), rest)
	}
	return Join(dir, v.Text)
}

// maxPath is how many bytes a path may have in Linux (PATH_MAX). Relative WORKDIRs add up.
const maxPath = 4096

// Join puts a path after a folder in Workdir's form. "" comes back where the path leaves what
// is known, or is longer than a path can be.
func Join(dir, p string) string {
	switch {
	case len(dir)+len(p) > maxPath:
		return ""
	case strings.Contains(p, `\`) || strings.Contains(p, ":"):
		return "" // a Windows path
	case strings.HasPrefix(p, "/"):
		return path.Clean(p)
	case dir == "":
		return ""
	case strings.HasPrefix(dir, "/"):
		return path.Join(dir, p)
	}
	root, below, _ := strings.Cut(dir, "/")
	below = path.Join(below, p)
	if below == ".." || strings.HasPrefix(below, "../") {
		return ""
	}
	if below == "" || below == "." {
		return root
	}
	return root + "/" + below
}

// Below returns the path from dir to p, both in Workdir's form: "" for the same folder. It
// reports false where p is not in dir or that cannot be said.
func Below(dir, p string) (string, bool) {
	if dir == "" || p == "" {
		return "", false
	}
	if dir == p {
		return "", true
	}
	return strings.CutPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}
