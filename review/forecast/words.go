package forecast

import (
	"fmt"

	"github.com/dfbot/dfbot/review/layers"
)

// Sum says in a few words of dfbot's own how many of the steps run again.
func (r *Report) Sum() string {
	again, maybe := r.Count(layers.Again), r.Count(layers.Maybe)
	switch {
	case again+maybe == 0:
		return fmt.Sprintf("all %d steps are cached", len(r.Steps))
	case again == 0:
		return fmt.Sprintf("may run %d of %d steps again", maybe, len(r.Steps))
	case maybe > 0:
		return fmt.Sprintf("runs %d of %d steps again, and may run %d more", again, len(r.Steps), maybe)
	}
	return fmt.Sprintf("runs %d of %d steps again", again, len(r.Steps))
}

// mostNamed is how many causes are named.
const mostNamed = 3

// Because lists why a step is not cached: some of the files as the first ones, then whatever else. The files' names are
// the repository's; more counts the files beyond.
func (r *Report) Because(s layers.Forecast) (files []string, more int, others []string) {
	files = r.Paths(s)
	if len(files) > mostNamed {
		more = len(files) - mostNamed + 1
		files = files[:mostNamed-1]
	}
	seen := map[string]bool{}
	for _, c := range s.Causes {
		text, tells := other(c), c.Why != layers.Unknown || len(files)+len(others) == 0
		if text == "" || !tells || seen[text] {
			continue
		}
		if seen[text] = true; len(others) == mostNamed {
			return files, more, append(others[:mostNamed-1], "more")
		}
		others = append(others, text)
	}
	return files, more, others
}

// other words a cause that is not a file; "" for one that is.
func other(c layers.Cause) string {
	switch {
	case c.Why == layers.AFile:
		return ""
	case c.Why == layers.Unknown && c.Path == Git:
		return "what is in .git, which may have changed"
	case c.Step.First > 0:
		return fmt.Sprintf("%s in line %d", c.Why, c.Step.First)
	}
	return c.Why.String()
}
