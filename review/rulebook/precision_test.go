package rulebook_test

import (
	"os"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/rules"
)

// TestPrecisionHasEveryRule: docs/precision.md says of each rule how often it was right.
func TestPrecisionHasEveryRule(t *testing.T) {
	page, err := os.ReadFile("../../docs/precision.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.All {
		if !strings.Contains(string(page), "\n| "+r.Name+" |") {
			t.Errorf("docs/precision.md has no row for %s", r.Name)
		}
	}
}
