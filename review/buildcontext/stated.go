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
	c.state(dockerfilePath, len(dirs) > 1)
	return c
}

// state notes that builds state the context, perhaps besides others.
func (c *Context) state(dockerfilePath string, several bool) {
	c.stated, c.several = true, several
	c.targets = c.Guess().tree.Targets[path.Clean(dockerfilePath)][c.start()]
}

// start is the folder in which a stated context starts, also where its ignore file keeps it unknown.
func (c *Context) start() string { return c.Guess().Dir }

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

// Several reports whether builds of the repository state further contexts of the same Dockerfile.
func (c *Context) Several() bool { return c.several }

// Makes reports whether a build in this context needs the stage, or may, because not all targets are known. No stage is
// needed.
func (c *Context) Makes(s *dockerfile.Stage) (yes, certain bool) {
	if s == nil || c.targets == nil {
		return true, false
	}
	yes = slices.ContainsFunc(c.targets, s.NeededBy)
	return yes, yes
}

// Used reports whether anything was asked of the context since the last call, be it only whether it is known.
func (c *Context) Used() bool {
	used := c.used || c.asked
	c.used = false
	return used
}

// Asked reports whether anything was asked of the context since the last call that its folder decides.
func (c *Context) Asked() bool {
	asked := c.asked
	c.asked = false
	return asked
}
