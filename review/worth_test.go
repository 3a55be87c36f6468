package review

import (
	"slices"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

// TestRank puts comments in the order of their worth: severity, certainty, cost, fix.
func TestRank(t *testing.T) {
	safe := &analysis.CombinedFix{Applicability: analysis.Safe}
	of := func(rule string, severity analysis.Severity, standing Standing, fix *analysis.CombinedFix) candidate {
		d := analysis.Diagnostic{Rule: rules.ByName(rule), Severity: severity}
		return candidate{group: analysis.Group{Diagnostics: []analysis.Diagnostic{d}, Fix: fix},
			standings: []Standing{standing}}
	}
	deleted := of("root-user", analysis.Warning, Introduced, nil)
	deleted.takenAway = true
	two := of("apt-recommends", analysis.Warning, Introduced, nil)
	two.group.Diagnostics = slices.Repeat(two.group.Diagnostics, 2)
	large := of("dockerignore-gap", analysis.Warning, Introduced, nil)
	large.group.Diagnostics[0].Extent = map[string]int{"files": 90}
	want := []struct {
		name string
		c    candidate
	}{
		{"an error, a secret", of("secret-in-env", analysis.Error, Introduced, nil)},
		{"an error, no build", of("copied-file-missing", analysis.Error, Introduced, nil)},
		{"an error that was worse", of("copied-file-missing", analysis.Error, Worse, safe)},
		{"a deleted USER", deleted},
		{"a new secret", of("secret-in-env", analysis.Warning, Introduced, nil)},
		{"new, as root", of("root-user", analysis.Warning, Introduced, nil)},
		{"new, many files", large},
		{"new, fewer files", of("dockerignore-gap", analysis.Warning, Introduced, nil)},
		{"new, of the cache", of("copy-before-install", analysis.Warning, Introduced, nil)},
		{"new, two at once", two},
		{"new, with a fix", of("apt-recommends", analysis.Warning, Introduced, safe)},
		{"new, without", of("apt-recommends", analysis.Warning, Introduced, nil)},
		{"worse", of("secret-in-env", analysis.Warning, Worse, safe)},
		{"older", of("secret-in-env", analysis.Warning, Older, safe)},
		{"perhaps older", of("secret-in-env", analysis.Warning, Unknown, safe)},
		{"a notice", of("secret-in-env", analysis.Notice, Introduced, safe)},
	}
	for i := range want {
		for j := range want[:i] {
			if rank(want[j].c, want[i].c) >= 0 || rank(want[i].c, want[j].c) <= 0 {
				t.Errorf("%s does not come before %s", want[j].name, want[i].name)
			}
		}
	}
	for _, r := range rules.All {
		if costs[r.Topic] == 0 {
			t.Errorf("the topic %s of %s has no cost", r.Topic, r.Name)
		}
	}
}
