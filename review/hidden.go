package review

import (
	"slices"

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
