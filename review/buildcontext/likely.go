package buildcontext

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Likely returns, of the unknown context of a head, the context of the base and of the head where it starts beyond
// doubt but for files that are made before the build: those that the Dockerfile names and that no folder of the
// repository has. Both are nil where that is not so. Such a context is good to see what a change takes away, and for
// nothing else.
func (c *Context) Likely() (before, now *Context) { return c.likely[0], c.likely[1] }

// likely works out Likely for a Dockerfile that stays in its folder. What the change takes away must not be in another
// folder in which the context may start.
func likely(before, after *Tree, old *Context, was, now *dockerfile.File) (pair [2]*Context) {
	guess := old.Guess()
	if guess == nil || after == nil || after.Partial {
		return pair
	}
	then, there := at(before, guess.Dir, was.Path), at(after, guess.Dir, now.Path)
	if made(before, then, now, localSources(was), nil) && made(after, there, now, localSources(now), then) {
		pair = [2]*Context{then.look(Unknown), there.look(Unknown)}
	}
	if pair[0] == nil || !pair[0].known || !pair[1].known {
		return [2]*Context{}
	}
	pair[0].charge(now.Work)
	pair[1].charge(now.Work)
	return pair
}

// maxHeld bounds the paths of a tree times the sources that are looked for in it.
const maxHeld = 1_000_000

// made reports whether all sources that the context lacks are made before the build, as far as the tree can show: it
// has them nowhere. What was there before is taken away: it must only not be where the context may start too.
func made(t *Tree, c *Context, f *dockerfile.File, sources []string, before *Context) bool {
	looked := 0
	for _, s := range sources {
		s = clean(s)
		switch {
		case c.exists(s):
		case before != nil && before.exists(s):
			if inOther(t, c.Dir, f, s) {
				return false
			}
		default:
			if looked += len(t.Paths); looked > maxHeld || t.holds(f, s) {
				return false
			}
		}
	}
	return true
}

// inOther reports whether the path is in a folder from the Dockerfile's to the root, other than dir.
func inOther(t *Tree, dir string, f *dockerfile.File, p string) bool {
	for at := path.Dir("/" + f.Path); ; at = path.Dir(at) {
		f.Charge(2)
		if other := strings.TrimPrefix(at, "/"); other != dir && t.has(path.Join(other, p)) {
			return true
		}
		if at == "/" {
			return false
		}
	}
}

// has reports whether the path is a file or folder of the tree.
func (t *Tree) has(p string) bool {
	t.sort()
	_, file := slices.BinarySearch(t.sorted, p)
	return file || len(t.below(p+"/")) > 0
}

// holds reports whether the path is one of the tree, in whatever folder. It charges the Dockerfile for its names.
func (t *Tree) holds(f *dockerfile.File, p string) bool {
	f.Charge(5 * len(t.Paths))
	return slices.ContainsFunc(t.Paths, func(have string) bool {
		for at := 0; ; {
			i := strings.Index(have[at:], p)
			if i < 0 {
				return false
			}
			start, end := at+i, at+i+len(p)
			if (start == 0 || have[start-1] == '/') && (end == len(have) || have[end] == '/') {
				return true
			}
			at = end
		}
	})
}
