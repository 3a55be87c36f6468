package buildcontext

import (
	"path"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Named returns the context that builds of the repository give the name, if it is one of its folders and the Dockerfile
// takes files from it; in any other case one that knows nothing.
func (c *Context) Named(name string) *Context {
	if named := c.named[name]; named != nil {
		return named
	}
	return Unknown()
}

// named makes the named contexts from which a COPY or a mount takes files. A stage of that name is not one. Of the
// ignore files only .dockerignore counts, as in BuildKit (frontend/dockerui/namedcontext.go).
func (t *Tree) named(f *dockerfile.File) map[string]*Context {
	folders, all := t.Named[path.Clean(f.Path)], map[string]*Context{}
	if len(folders) == 0 {
		return nil
	}
	for _, in := range f.Instructions() {
		for _, ref := range in.Refs() {
			dir, stated := folders[ref.Name]
			if _, number := ref.Number(); !stated || number || all[ref.Name] != nil || ref.Stage() != nil {
				continue
			}
			c := at(t, dir, "").look(Unknown)
			c.charge(f.Work)
			all[ref.Name] = c
		}
	}
	return all
}
