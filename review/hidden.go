package review

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// This file tells a mistake that is fixed from one that cannot be seen any more.

// hidden reports whether a mistake of the base may still be there, though no rule finds it at the head: its instruction
// cannot be read any more, or it stays as it is while the base image or the build context is not known any more.
func (c *comparer) hidden(s *sighting) bool {
	if s.in == nil {
		return c.base.Placed() && !c.head.Placed()
	}
	stage := c.laterStage[s.in.Stage]
	if s.in.Stage != nil && stage == nil {
		return false
	}
	later := c.later[s.in]
	for _, in := range c.successors(s, stage) {
		if in.Unclear() && !s.in.Unclear() {
			return true
		}
	}
	switch lacks := s.d.Lacks != ""; {
	case lacks && has(stage, s.d.Lacks), !lacks && later == nil:
		return false
	case c.base.Placed() && !c.head.Placed():
		return true
	}
	return stage != nil && (s.d.Lacks != "" || later.Name == "FROM" || c.trail.Same(later)) &&
		lessKnown(s.in.Stage, stage)
}

// successors are the instructions that may say now what the one of the mistake said: what it was followed to, else the
// new ones of its kind in the stage.
func (c *comparer) successors(s *sighting, stage *dockerfile.Stage) []*dockerfile.Instruction {
	if later := c.later[s.in]; later != nil {
		return []*dockerfile.Instruction{later}
	}
	if stage == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(stage.Instructions()), func(in *dockerfile.Instruction) bool {
		return in.Name != s.in.Name || c.trail.Instruction(in) != nil
	})
}

// has reports whether the stage, or one that it is built on, has an instruction of the name, and it can be read.
func has(s *dockerfile.Stage, name string) bool {
	if s == nil {
		return false
	}
	for in := range s.All() {
		if in.Name == name && !in.Unclear() {
			return true
		}
	}
	return false
}

// lessKnown reports whether dfbot knew something of the image under the stage before that it does not know after.
func lessKnown(before, after *dockerfile.Stage) bool {
	was, is := knowledge(before), knowledge(after)
	for i := range was {
		if was[i] && !is[i] {
			return true
		}
	}
	return false
}

// knowledge is what is known of the image under a stage: its name, its kind of system, its user.
func knowledge(s *dockerfile.Stage) [3]bool {
	image := s.Root().Image
	if !image.Known || image.Text == "" {
		return [3]bool{}
	}
	ref := baseimage.Parse(image.Text)
	_, user := ref.User()
	return [3]bool{true, ref.Family() != baseimage.Unknown, user}
}

// veil is what dfbot cannot judge in a file at the head, by which it may miss a finding of an earlier run.
type veil struct {
	unclear []current // instructions that it cannot read
	alien   []current // the others in stages whose base image is not known
	stages  []scene
}

// scene is a stage by the hashes of the keywords in it and in those that it is built on.
type scene struct {
	name         hash12
	alien        bool // its base image is not known
	has, unclear map[hash12]bool
}

// veilOf looks for what cannot be judged in the file.
func veilOf(res *analysis.Result) *veil {
	f := res.Parse()
	if f == nil {
		return &veil{}
	}
	v := &veil{}
	alien := map[*dockerfile.Stage]bool{}
	for _, s := range f.Stages() {
		x := scene{name: hashOf(strings.ToLower(s.Name)), has: map[hash12]bool{}, unclear: map[hash12]bool{}}
		for _, known := range knowledge(s) {
			x.alien = x.alien || !known
		}
		for in := range s.All() {
			x.has[hashOf(in.Name)] = true
			if in.Unclear() {
				x.unclear[hashOf(in.Name)] = true
			}
		}
		alien[s] = x.alien
		v.stages = append(v.stages, x)
	}
	var places []analysis.Diagnostic
	var all []*dockerfile.Instruction
	for _, in := range f.Instructions() {
		if in.Unclear() || alien[in.Stage] && in.Name != "FROM" {
			all = append(all, in)
			places = append(places, analysis.Diagnostic{Related: []analysis.Place{analysis.PlaceOf(f, in.Span)}})
		}
	}
	for i, s := range res.Settings(places) {
		t := Trace{Keyword: s.Keyword, Before: hashOf(s.Before), After: hashOf(s.After), Words: wordHashes(s.Text)}
		t.Words = t.Words[:min(len(t.Words), maxWords)]
		if all[i].Stage != nil {
			t.Stage = hashOf(strings.ToLower(all[i].Stage.Name))
		}
		if c := (current{Trace: t}); all[i].Unclear() {
			v.unclear = append(v.unclear, c)
		} else {
			v.alien = append(v.alien, c)
		}
	}
	return v
}

// hides reports whether the earlier finding may still be there.
func (v *veil) hides(e *earlier) bool {
	if e.bare() {
		return false
	}
	if e.Keyword == lacks {
		return len(e.Words) == 1 && slices.ContainsFunc(v.stages, func(s scene) bool {
			missing := e.Words[0]
			return s.name == e.Stage && (s.unclear[missing] || s.alien && !s.has[missing])
		})
	}
	at := func(c current) bool { return c.Keyword == e.Keyword }
	return slices.ContainsFunc(v.unclear, func(c current) bool { return at(c) && e.alike(&c) >= enough }) ||
		slices.ContainsFunc(v.alien, func(c current) bool {
			return at(c) && c.Stage == e.Stage && slices.Equal(c.Words, e.Words)
		})
}
