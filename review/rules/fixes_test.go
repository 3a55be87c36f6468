package rules_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// assuming are the rules whose fixes depend on what no list can tell: which files a program reads, what a later step
// calls, what the base image does. In testdata/fixes are small builds, many of which such a fix breaks.
var assuming = map[string]bool{
	"apk-cache-kept": true, "apt-lists-kept": true, "cache-mount-defeated": true, "copy-before-install": true,
	"deprecated-production-flag": true, "dnf-cache-kept": true, "package-cache-kept": true, "shell-form-command": true,
	"yum-cache-kept": true, "zypper-cache-kept": true,
}

// TestNoGuessIsSafe: a fix that assumes something is not applied unasked, and says in one sentence what it assumes.
// Safe is only what the case says is safe, because all that decides is in it.
func TestNoGuessIsSafe(t *testing.T) {
	files, err := filepath.Glob("testdata/fixes/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	offered := map[string]int{}
	for _, file := range files {
		c := readCase(t, file)
		u, _ := c.unit(t)
		for i := range u.Rules {
			u.Rules[i].Severity = max(u.Rules[i].Severity, analysis.Notice)
		}
		res := judged(u)
		for _, d := range res.Diagnostics {
			if !assuming[d.Rule.Name] || d.Fix == nil {
				continue
			}
			offered[d.Rule.Name]++
			if d.Fixable(analysis.Safe) && c.wantsSafe(d) {
				continue
			}
			check := d.Fix.Check()
			sentence := check.Render(func(string) string { return "it" }) // what is quoted may hold a full stop
			if d.Fixable(analysis.Safe) || !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, ". ") {
				t.Errorf("%s:%d: %s is %s: %q",
					filepath.Base(file), d.Place.Line, d.Rule.Name, d.Fix.Applicability, check)
			}
		}
	}
	for _, rule := range []string{"apt-lists-kept", "cache-mount-defeated", "copy-before-install", "package-cache-kept",
		"shell-form-command"} {
		if offered[rule] == 0 {
			t.Errorf("no case has a fix of %s", rule)
		}
	}
}

// wantsSafe reports whether the case says that the finding has a safe fix.
func (c *playCase) wantsSafe(d analysis.Diagnostic) bool {
	return slices.ContainsFunc(c.wants, func(w want) bool {
		return w.finds(d) && slices.Equal(w.fixes, []string{"safe"})
	})
}
