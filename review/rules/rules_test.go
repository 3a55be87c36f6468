package rules_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/rules"
)

func TestAllIsSortedAndHasPages(t *testing.T) {
	last := ""
	for _, r := range rules.All {
		if r.Name <= last {
			t.Errorf("%s comes after %s", r.Name, last)
		}
		last = r.Name
		if r.Topic == "" || r.Doc == "" || (r.Run == nil) == (r.Program == "" && !r.Definitions) {
			t.Errorf("%s lacks a topic, a line of doc or a body", r.Name)
		}
		if rules.Source(r) == nil {
			t.Errorf("%s has no page", r.Name)
		}
	}
}
