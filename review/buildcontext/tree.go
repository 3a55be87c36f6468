package buildcontext

import (
	"path"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Tree is what is known of the repository at one commit.
type Tree struct {
	Paths    []string          // every file, slash-separated from the root
	Partial  bool              // paths are missing
	NoClone  bool              // a plain folder: no .git is at its root
	Contents map[string][]byte // of the files that were read
	// Stated are the folders in which builds of the repository build a Dockerfile, by its path, without duplicates.
	Stated map[string][]string
	// Targets are what builds make of a Dockerfile, by its path and by the folder: the names of stages, and "" for a
	// build without a target. Of a folder that is not there, nothing is known.
	Targets map[string]map[string][]string
	// Named are the folders that builds of the repository give a Dockerfile as named contexts, by its path and by name.
	Named map[string]map[string]string
	// Stat returns the mode of a file and its size in bytes: of a symlink, that of its target's name. Both are zero
	// where they are unknown. Nil knows of no file.
	Stat func(path string) (Mode, int)
	// Renamed are the files of the base of a pull request that have another name on its head, as git recognises them:
	// the new name by the old one. It is for a tree of the base.
	Renamed map[string]string

	once   sync.Once
	sorted []string
	views  views
	built  func() map[string]bool // see builtNames
}

// sort makes what all contexts of the tree need.
func (t *Tree) sort() {
	t.once.Do(func() {
		t.sorted = slices.Sorted(slices.Values(t.Paths))
		t.built = sync.OnceValue(func() map[string]bool { return builtNames(t.sorted) })
	})
}

// below returns the sorted paths that begin with the prefix.
func (t *Tree) below(prefix string) []string {
	t.sort()
	return withPrefix(t.sorted, prefix)
}

// withPrefix returns the part of the sorted paths that begins with the prefix.
func withPrefix(sorted []string, prefix string) []string {
	start, _ := slices.BinarySearch(sorted, prefix)
	n := sort.Search(len(sorted)-start, func(i int) bool { return !strings.HasPrefix(sorted[start+i], prefix) })
	return sorted[start : start+n]
}

// Builds reports whether the repository seems to build an image of that name, somewhere else than at the
// Dockerfile's own path: a Dockerfile is in a folder of that name or below one, or is called after it.
func (c *Context) Builds(image, own string) bool {
	if c = c.Guess(); c == nil || slices.Contains(strings.Split(own, "/"), image) {
		return false
	}
	c.tree.sort()
	return c.tree.built()[image]
}

// builtNames are the names of images that Dockerfiles among the paths seem to build.
func builtNames(paths []string) map[string]bool {
	names := map[string]bool{}
	for _, p := range paths {
		dir, file := path.Split(p)
		kind, of, _ := strings.Cut(file, ".")
		switch {
		case strings.EqualFold(of, "Dockerfile"):
			of = kind
		case !strings.EqualFold(kind, "Dockerfile") && !strings.EqualFold(kind, "Containerfile"):
			continue
		}
		names[of] = true
		for _, name := range strings.Split(dir, "/") {
			names[name] = true
		}
	}
	return names
}
