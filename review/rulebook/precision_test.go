package rulebook_test

import (
	"os"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/rules"
)

// TestPrecisionHasEveryRule: docs/precision.md says once of each rule how often it was right, or that no one knows.
func TestPrecisionHasEveryRule(t *testing.T) {
	page, err := os.ReadFile("../../docs/precision.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.All {
		if n := strings.Count(string(page), "["+r.Name+"](rules/"+r.Name+".md)"); n != 1 {
			t.Errorf("docs/precision.md has %s %d times, want once: as a row of the table, or not read yet", r.Name, n)
		}
	}
}
