package ruleset

import (
	"path"

	"github.com/dfbot/dfbot/review/ecosystem"
)

// Near returns, of Dockerfiles that a pull request leaves as they are, at most so many to be looked at: those first
// that are nearest to a file that it changes. Beyond are those of the others that have a changed file in their folder
// or below it, so that their builds are likely to read it.
func Near(dockerfiles, changed []string, most int) (near, beyond []string) {
	sorted := ecosystem.Closest(dockerfiles, changed)
	if len(sorted) <= most {
		return sorted, nil
	}
	holds := map[string]bool{}
	for _, p := range changed {
		for dir := path.Dir(p); !holds[dir]; dir = path.Dir(dir) {
			holds[dir] = true
		}
	}
	for _, p := range sorted[most:] {
		if holds[path.Dir(p)] {
			beyond = append(beyond, p)
		}
	}
	return sorted[:most], beyond
}
