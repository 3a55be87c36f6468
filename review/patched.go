package review

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
)

// introducer returns a function that reports, where there is no base, whether the pull request brings a diagnostic:
// whether it changes an instruction that takes part in it, or one that is a cause. A file that does not parse is always
// the pull request's own doing, since the mistake is often not where the parser stops.
func (c Change) introducer() func(analysis.Diagnostic) bool {
	patch, local := c.Patch.Changes(), c.Local.Changes()
	changed := func(p analysis.Place) bool { return patch.Touch(p.Line, p.EndLine) || local.Touch(p.Line, p.EndLine) }
	named := newNames(c.Patch, c.Local)
	renamed := func(p analysis.Place) bool { return named[p.Line] || p.Line < p.EndLine && changed(p) }
	return func(d analysis.Diagnostic) bool {
		if c.Added {
			return true
		}
		if d.Rule == analysis.DoesNotParse {
			return len(c.Patch.Hunks)+len(c.Local.Hunks) > 0
		}
		return slices.ContainsFunc(places(d), changed) || slices.ContainsFunc(d.Causes, changed) ||
			slices.ContainsFunc(d.Names, renamed)
	}
}

// newNames are the lines at the head that end in the name of a stage which the lines that they replace did not have.
func newNames(patches ...diff.Patch) map[int]bool {
	lines := map[int]bool{}
	for _, patch := range patches {
		for _, h := range patch.Hunks {
			before := map[string]bool{} // names in the lines that this run of changes takes away, which come first
			for _, l := range h.Lines {
				if l.Op == diff.Context {
					clear(before)
					continue
				}
				switch m := stageName.FindStringSubmatch(l.Text); {
				case m == nil:
				case l.Op == diff.Deleted:
					before[strings.ToLower(m[1])] = true
				case !before[strings.ToLower(m[1])]:
					lines[l.New] = true
				}
			}
		}
	}
	return lines
}

// stageName is the name of the stage at the end of a FROM.
var stageName = regexp.MustCompile(`(?i)\sAS\s+(\S+)\s*$`)
