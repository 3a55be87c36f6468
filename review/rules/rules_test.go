package rules_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/rules"
)

func TestAllIsSortedAndHasPages(t *testing.T) {
	last := ""
	for _, r := range rules.All {
		if r.Name <= last {
			t.Errorf("%s stands behind %s", r.Name, last)
		}
		last = r.Name
		if r.Topic == "" || r.Doc == "" || r.Run == nil && !rules.SpeaksForDocker(r) && r != rules.ShellCheck {
			t.Errorf("%s lacks a topic, a line of doc or a body", r.Name)
		}
		if rules.Page(r) == "" {
			t.Errorf("%s has no page", r.Name)
		}
	}
}

// TestPagesHaveTheirChapters: every page answers the same questions.
func TestPagesHaveTheirChapters(t *testing.T) {
	for _, r := range rules.All {
		page := rules.Page(r)
		for _, chapter := range []string{"# " + r.Name + "\n", "\n## What it costs\n", "\n## When not to\n", "\n## The fix\n", "\n## Source\n"} {
			if !strings.Contains("\n"+page, chapter) {
				t.Errorf("the page of %s has no %q", r.Name, strings.TrimSpace(chapter))
			}
		}
	}
}
