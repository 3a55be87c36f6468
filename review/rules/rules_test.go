package rules_test

import (
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
		if rules.Page(r) == "" {
			t.Errorf("%s has no page", r.Name)
		}
	}
}
