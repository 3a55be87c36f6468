package buildcontext

import (
	"slices"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// MaxContexts is in how many contexts a Dockerfile is looked at.
const MaxContexts = 8

// Sides is one context of a Dockerfile before and after a change.
type Sides struct{ Before, Now *Context }

// Each returns the contexts in which builds build a Dockerfile after a change, each with that of before: of the same
// folder, if a build stated it then, or else the one of New. The first is the one of New, which is the only one unless
// builds state several. beyond counts those that are too many. before may be nil, and was with it.
func Each(before, after *Tree, was, now *dockerfile.File) (all []Sides, beyond int) {
	if was == nil {
		all = []Sides{{Unknown(), New(after, now)}}
	} else {
		old, young := Since(before, after, was, now)
		all = []Sides{{old, young}}
	}
	first := all[0].Now
	if !first.stated {
		return all, 0
	}
	all[0].Before = all[0].counterpart(before, was)
	if !first.several {
		return all, 0
	}
	dirs := slices.DeleteFunc(after.folders(now), func(dir string) bool { return dir == first.start() })
	beyond = max(0, len(dirs)+1-MaxContexts)
	for _, dir := range dirs[:len(dirs)-beyond] {
		s := Sides{all[0].Before, after.statedIn(dir, now)}
		s.Now.named = first.named
		s.Before = s.counterpart(before, was)
		all = append(all, s)
	}
	return all, beyond
}

// counterpart is the context of before in the same folder, if a build stated it there, or else the one there is.
func (s Sides) counterpart(before *Tree, was *dockerfile.File) *Context {
	if was == nil || s.Before.stated && s.Before.start() == s.Now.start() ||
		before.Partial || !slices.Contains(before.folders(was), s.Now.start()) {
		return s.Before
	}
	old := before.statedIn(s.Now.start(), was)
	old.named = s.Before.named
	return old
}

// statedIn is the context in a folder that builds state, perhaps besides others.
func (t *Tree) statedIn(dir string, f *dockerfile.File) *Context {
	c := at(t, dir, f.Path).look(Unknown)
	c.state(f.Path, true)
	c.charge(f.Work)
	return c
}
