package rules

import "github.com/dfbot/dfbot/review/dockerfile"

// finalStage is the stage that a build without --target makes; nil in a file without one.
func finalStage(f *dockerfile.File) *dockerfile.Stage {
	if f.StageCount() == 0 {
		return nil
	}
	return f.Stages()[f.StageCount()-1]
}

// under reports whether the stage is built on base, or is it.
func under(s, base *dockerfile.Stage) bool {
	for ; s != nil && base != nil && s.Index >= base.Index; s = s.Parent {
		s.From.File().Charge(1)
		if s == base {
			return true
		}
	}
	return false
}
