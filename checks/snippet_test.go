package checks

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestHostileBlocks: whatever the names in a block hold, they stay in its fence or are not shown.
func TestHostileBlocks(t *testing.T) {
	for name, shown := range map[string]bool{
		"plain":                    true,
		"```":                      true,
		"````suggestion":           true,
		"~~~":                      true,
		"a\n```\n@octocat":         true,
		"-->":                      true,
		"![i](https://a.example)":  true,
		"a\u202egnp.exe":           false,
		"a\u200bb":                 false,
		"a\x1b[2J":                 false,
		"a\xff":                    false,
		"a\rb":                     false,
		strings.Repeat("`", 3_000): true,
	} {
		d := analysis.Diagnostic{Snippet: &analysis.Snippet{Path: name, Lines: []string{name, "last"}}}
		spans, fences := texts(t, forOtherFiles([]analysis.Diagnostic{d}), "Add at the end of ", ":", "The lines for ",
			" contain characters that cannot be", " shown.")
		if len(spans) != 1 {
			t.Errorf("%.20q: %d code spans", name, len(spans))
		}
		if want := name + "\nlast\n"; shown && (len(fences) != 1 || fences[0] != want) || !shown && len(fences) > 0 {
			t.Errorf("%.20q gives the fences %q", name, fences)
		}
	}
}
