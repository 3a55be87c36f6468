package buildcontext

import (
	"path"
	"slices"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// stated returns the context of a Dockerfile of which builds of the repository state the folders: the first from which
// every file can be found that a COPY or ADD names, else the one that has most of them. It is certain, even if it lacks
// some: they may be made before the build.
func stated(tree *Tree, dirs []string, dockerfilePath string, sources []string) *Context {
	chosen, most := 0, -1
	for i, dir := range dirs {
		if n := at(tree, dir, dockerfilePath).count(sources); n > most {
			chosen, most = i, n
		}
	}
	c := at(tree, dirs[chosen], dockerfilePath).look(func() *Context {
		return furtherStated(tree, dirs[chosen+1:], dockerfilePath, sources)
	})
	c.stated, c.several = true, len(dirs) > 1
	return c
}

// furtherStated is the first of the folders from which every file can be found.
func furtherStated(tree *Tree, dirs []string, dockerfilePath string, sources []string) *Context {
	for i, dir := range dirs {
		if at(tree, dir, dockerfilePath).count(sources) == len(sources) {
			return stated(tree, dirs[i:], dockerfilePath, sources)
		}
	}
	return Unknown()
}

// folders are the folders in which builds of the repository build the Dockerfile, as far as the tree has them.
func (t *Tree) folders(f *dockerfile.File) []string {
	return slices.DeleteFunc(slices.Clone(t.Stated[path.Clean(f.Path)]), func(dir string) bool {
		return dir != "" && len(t.below(dir+"/")) == 0
	})
}

// Stated reports whether a build of the repository states where the context starts. Otherwise it is where the files are
// that the Dockerfile names.
func (c *Context) Stated() bool { return c.stated }

// Settled reports whether the context cannot be another one: a build states it and no build states another, or every
// other folder lacks a file that the Dockerfile names. An unknown context is not settled.
func (c *Context) Settled() bool {
	switch {
	case !c.known || c.several:
		return false
	case c.stated || c.Dir == "":
		return true
	}
	return !c.Above().fits
}

// Asked reports whether anything was asked of the context since the last call that its folder decides.
func (c *Context) Asked() bool {
	asked := c.asked
	c.asked = false
	return asked
}
