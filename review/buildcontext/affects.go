package buildcontext

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Change is what a pull request does to one file of the repository: where it is before and after, from the root, and
// nothing where it is not. A file that stays where it is has another content or mode.
type Change struct{ Before, After string }

// Affects reports whether changes of files affect the build of a Dockerfile that stays as it is: whether one of them is
// its ignore file, or a file that an instruction reads from the build context, on the side on which it is there. What
// is not known counts as read. Of a tree that is not complete nothing is known, and no file of it is read.
func Affects(changes []Change, before, after *Tree, f *dockerfile.File) bool {
	all, beyond := Each(before, after, f, f)
	for _, s := range all {
		if (reads{sources: sources(f, "")}).changed(f, changes, s.Before, s.Now) {
			return true
		}
	}
	was, is := all[0].Before, all[0].Now
	for name, named := range is.named {
		if (reads{sources: sources(f, name)}).changed(f, changes, was.Named(name), named) {
			return true
		}
	}
	return beyond > 0 || was.limit == SourcesLimit || is.limit == SourcesLimit
}

// reads is what a build reads of a context.
type reads struct {
	ctx     *Context // nil where nothing is known
	any     bool     // files that are not in it count too, if its ignore file does not hide them
	sources []string // relative to the context; "" is all of it
}

// changed reports whether one of the changes is of what is read of a context, before or after.
func (r reads) changed(f *dockerfile.File, changes []Change, was, is *Context) bool {
	old, now := r.from(was), r.from(is)
	if old.ctx == nil { // of the base the files are not known
		old.ctx, old.any = now.ctx, true
	}
	f.Work.Charge(len(changes) * (2 + len(r.sources)))
	return slices.ContainsFunc(changes, func(c Change) bool { return old.has(c.Before) || now.has(c.After) })
}

// sources lists what the instructions take from the context, or from the named one. What is only known when the build
// runs may be all of it.
func sources(f *dockerfile.File, from string) []string {
	var all []string
	add := func(v dockerfile.Value) {
		if !v.Known {
			v.Text = ""
		}
		all = append(all, clean(v.Text))
	}
	for _, in := range f.Instructions() {
		for _, s := range Sources(in) {
			if from == "" && (s.Local || mayBeLocal(in, s)) || from != "" && copiesFrom(in, from) {
				add(s.Path)
			}
		}
		for _, m := range in.Mounts() {
			if m.Type == "bind" && m.From.Name == from {
				add(in.Inner().Expand(m.Source))
			}
		}
	}
	return all
}

// copiesFrom reports whether the instruction is a COPY from the named context.
func copiesFrom(in *dockerfile.Instruction, name string) bool {
	flag := in.Inner().Flag("from")
	return flag != nil && flag.Value == name
}

// mayBeLocal reports whether the source of an ADD that variables keep unknown may be in the context.
func mayBeLocal(in *dockerfile.Instruction, s Source) bool {
	written := s.Word.Text
	return in.Inner().Flag("from") == nil && !s.Path.Known && !strings.HasPrefix(written, "<<") &&
		!remote(dockerfile.Value{Text: written, Known: true})
}

// from is what is read of this context, or of where it most likely starts. Through a symlink that may be all of it.
func (r reads) from(c *Context) reads {
	if r.ctx = c.Guess(); r.ctx == nil {
		return r
	}
	for i, s := range r.sources {
		if r.ctx.linked(s) {
			r.sources = slices.Clone(r.sources)
			r.sources[i] = ""
		}
	}
	return r
}

// linked reports whether the path is a symlink or leads through one.
func (c *Context) linked(p string) bool {
	for i := 0; i <= len(p); i++ {
		if i == len(p) || p[i] == '/' {
			c.Charge(1)
			if mode, _ := c.Stat(p[:i]); mode == Symlink {
				return true
			}
		}
	}
	return false
}

// has reports whether the path of the repository is the ignore file or is read.
func (r reads) has(path string) bool {
	if path == "" || r.ctx == nil {
		return false
	}
	if path == r.ctx.ignoreFile {
		return true
	}
	inside, ok := strings.CutPrefix(path, r.ctx.prefix)
	if !ok || r.any && r.ctx.Ignored(inside) || !r.any && r.ctx.known && !r.ctx.Has(inside) {
		return false
	}
	for _, s := range r.sources {
		if covers(s, inside) {
			return true
		}
	}
	return false
}
