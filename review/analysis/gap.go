package analysis

import (
	"slices"

	"github.com/dfbot/dfbot/review/buildcontext"
)

// contextGaps is what was not reviewed because build contexts are beyond a bound.
func contextGaps(u *Unit) (all []Message) {
	if u.Context == nil {
		return nil
	}
	for i := range 1 + len(u.others) {
		all = append(all, contextGap(u.context(i))...)
	}
	if u.beyond > 0 {
		looked := 1 + len(u.others)
		all = append(all, Say("builds state %d build contexts, and only %d of them were looked at", looked+u.beyond,
			looked))
	}
	return slices.CompactFunc(all, func(x, y Message) bool { return x.String() == y.String() })
}

func contextGap(c *buildcontext.Context) []Message {
	switch c.Limit() {
	case buildcontext.IgnoreLimit:
		return []Message{Say("COPY and ADD were not checked against the build context: "+
			"%s has too many or too long patterns for a repository of this size", c.IgnoreFile())}
	case buildcontext.SourcesLimit:
		return []Message{Say("COPY and ADD were not checked against the build context: " +
			"they name too many files for a Dockerfile so deep in the repository")}
	}
	return nil
}
