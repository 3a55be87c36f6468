package buildcontext

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Copy is what a COPY or ADD takes from the context, and where it puts that in the image. Looking a file up costs the
// same however many files there are.
type Copy struct {
	ctx      *Context
	dest     string // as Workdir gives it
	toFolder bool   // the destination is a folder even for a single file
	open     bool   // it also takes what is not in the context, or not known
	sources  []copySource
}

// copySource is one of its sources, relative to the context's root.
type copySource struct {
	path  string
	names int               // in a path with wildcards; 0 for one without
	files map[string]string // of one with wildcards: by their names below the destination; nil until needed
}

// copies are the COPYs of one file that were asked for.
type copies struct {
	file *dockerfile.File
	by   map[*dockerfile.Instruction]*Copy
	at   map[place][]arrival
}

// place is a path in the image of a stage.
type place struct {
	stage *dockerfile.Stage
	abs   string
}

// arrival is a COPY that brings a file of the context to a place.
type arrival struct {
	in   *dockerfile.Instruction // the COPY or ADD
	file string
}

// of returns what is known of the COPYs of a file. That of the last proof is of no use any more.
func (c *copies) of(file *dockerfile.File) *copies {
	if c.file != file {
		*c = copies{file, map[*dockerfile.Instruction]*Copy{}, map[place][]arrival{}}
	}
	return c
}

// Copy reads a COPY or ADD. Many rules and installs ask for the same.
func (c *Context) Copy(in *dockerfile.Instruction) *Copy {
	c.asked = true
	all := c.copies.of(in.File()).by
	if all[in] == nil {
		all[in] = c.readCopy(in)
	}
	return all[in]
}

// Brought returns the file of the context that is at abs, a path as Workdir gives it, when the RUN begins: the last
// COPY or ADD of its stage, or of one that it is built from, that brings one there.
func (c *Context) Brought(run *dockerfile.Instruction, abs string) (string, bool) {
	a, ok := c.arrived(run, abs)
	return a.file, ok
}

// BroughtBy returns the COPY or ADD that Brought is about, nil if there is none.
func (c *Context) BroughtBy(run *dockerfile.Instruction, abs string) *dockerfile.Instruction {
	a, _ := c.arrived(run, abs)
	return a.in
}

func (c *Context) arrived(run *dockerfile.Instruction, abs string) (arrival, bool) {
	if run.Stage == nil || !c.known {
		return arrival{}, false
	}
	c.asked = true
	all := c.arrivals(c.copies.of(run.File()), place{run.Stage, abs})
	n, _ := slices.BinarySearchFunc(all, run.Index, func(a arrival, index int) int { return a.in.Index - index })
	if n == 0 {
		return arrival{}, false
	}
	return all[n-1], true
}

// arrivals lists what comes to the place, in order: what is there when the stage begins, then what its own COPYs bring.
func (c *Context) arrivals(known *copies, at place) []arrival {
	if all, ok := known.at[at]; ok {
		return all
	}
	var all []arrival
	if at.stage.Parent != nil {
		if before := c.arrivals(known, place{at.stage.Parent, at.abs}); len(before) > 0 {
			all = append(all, before[len(before)-1])
		}
	}
	for _, in := range at.stage.Instructions() {
		if in.Name != "COPY" && in.Name != "ADD" {
			continue
		}
		if file, ok := c.Copy(in).Brings(at.abs); ok {
			all = append(all, arrival{in, file})
		}
	}
	known.at[at] = all
	return all
}

func (c *Context) readCopy(in *dockerfile.Instruction) *Copy {
	out := &Copy{ctx: c}
	if len(in.Words) < 2 {
		return out
	}
	last := in.Words[len(in.Words)-1].Text
	out.dest = in.Resolve(in.Workdir(), last)
	all := Sources(in)
	out.toFolder = len(all) > 1 || strings.HasSuffix(last, "/") || last == "." || strings.HasSuffix(last, "/.")
	for _, s := range all {
		if !s.Local || !s.Path.Known {
			out.open = true
			continue
		}
		source := copySource{path: clean(s.Path.Text)}
		if Wildcard(source.path) {
			source.names = strings.Count(source.path, "/") + 1
		}
		out.sources = append(out.sources, source)
	}
	return out
}

// Dest is the folder or file that it writes to, as Workdir gives it.
func (c *Copy) Dest() string { return c.dest }

// Place returns where it puts the file of the context: a folder's contents go into the destination, a file goes to it
// or, where it is a folder, into it.
func (c *Copy) Place(file string) (string, bool) {
	file = clean(file)
	for i := range c.sources {
		s := &c.sources[i]
		c.ctx.Charge(len(s.path)/8 + 1)
		if !covers(s.path, file) {
			continue
		}
		root := s.path
		if s.names > 0 {
			root, _ = firstNames(file, s.names)
		}
		switch {
		case root == "":
			return dockerfile.Join(c.dest, file), true
		case root != file:
			return dockerfile.Join(c.dest, file[len(root)+1:]), true
		case c.toFolder || s.names > 0:
			return dockerfile.Join(c.dest, path.Base(file)), true
		}
		return c.dest, true
	}
	return "", false
}

// Brings returns the file of the context that it puts at abs, a path as Workdir gives it.
func (c *Copy) Brings(abs string) (string, bool) {
	if abs == "" {
		return "", false
	}
	below, within := dockerfile.Below(c.dest, abs)
	for i := range c.sources {
		s := &c.sources[i]
		c.ctx.Charge(20)
		switch {
		case s.names > 0 && within:
			if file, ok := c.among(s)[below]; ok {
				return file, true
			}
		case s.names > 0:
		case within && below != "" && c.ctx.Has(path.Join(s.path, below)):
			return path.Join(s.path, below), true
		case s.path != "" && c.ctx.Has(s.path):
			if at, _ := c.Place(s.path); at == abs {
				return s.path, true
			}
		}
	}
	return "", false
}

// Touches reports whether it may put a file at abs, below it or above it. It is true wherever that is not known.
func (c *Copy) Touches(abs string) bool {
	if !path.IsAbs(c.dest) || !path.IsAbs(abs) || c.open {
		return true
	}
	if _, below := dockerfile.Below(abs, c.dest); below {
		return true
	}
	rest, within := dockerfile.Below(c.dest, abs)
	if !within {
		return false
	}
	for i := range c.sources {
		s := &c.sources[i]
		c.ctx.Charge(20)
		if s.names > 0 || c.ctx.Exists(path.Join(s.path, rest)) || path.Base(s.path) == rest && c.ctx.Has(s.path) {
			return true
		}
	}
	return false
}

// among lists the files that a source with wildcards takes by what they are called below the destination.
func (c *Copy) among(s *copySource) map[string]string {
	if s.files == nil {
		s.files = c.ctx.byCalled(s.path)
	}
	return s.files
}

// byCalled returns the files that a source with wildcards takes, by what they are called below the destination of a
// COPY.
func (c *Context) byCalled(source string) map[string]string {
	if known, ok := c.called[source]; ok {
		return known
	}
	names := strings.Count(source, "/") + 1
	files := c.wild(source)
	c.Charge(10 * len(files))
	out := make(map[string]string, len(files))
	for _, f := range files {
		start, _ := firstNames(f, names)
		called := path.Base(f)
		if start != f {
			called = f[len(start)+1:]
		}
		if _, twice := out[called]; !twice {
			out[called] = f
		}
	}
	if c.calls += len(out); c.called == nil || c.calls > maxKept {
		c.called, c.calls = map[string]map[string]string{}, len(out)
	}
	c.called[source] = out
	return out
}
