package checks_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review/rulebook"
)

// TestRepliesAreNoCommands: nothing that dfbot says to a command is one, whatever the words of the command are.
func TestRepliesAreNoCommands(t *testing.T) {
	replies := map[string]string{"help": checks.Help(true), "fix": checks.NothingToFix(0),
		"elsewhere": checks.ElsewhereIgnored(),
		"unknown":   checks.UnknownRule("x\n/dfbot review", "a\n\n/dfbot fix")}
	for _, r := range rulebook.All() {
		replies[r.Name] = checks.Explain(r.Name, rulebook.Page(r))
	}
	for name, words := range replies {
		if found := command.Parse(words); len(found) > 0 {
			t.Errorf("%s: %v in\n%s", name, found, words)
		}
		for _, c := range []string{"@", "<!--"} {
			if name == "unknown" && strings.Contains(words, c) {
				t.Errorf("%s: %s", name, words)
			}
		}
	}
}

// TestExplain: what dfbot says about each rule has its facts and its page, is short enough for a comment, has no link
// that leads nowhere from there, and closes each block of code.
func TestExplain(t *testing.T) {
	for _, r := range rulebook.All() {
		text := checks.Explain(r.Name, rulebook.Page(r))
		switch {
		case len(text) > 8000 || strings.Count(text, "\n```")%2 != 0:
			t.Errorf("%s: %d bytes\n%s", r.Name, len(text), text)
		case strings.Contains(text, "When not to") || strings.Contains(text, "## "):
			t.Errorf("%s: more than what the rule is about\n%s", r.Name, text)
		case strings.Contains(text, "](../") || strings.Contains(text, "](#") || strings.Contains(text, ".md)\n#"):
			t.Errorf("%s: a link within docs/rules\n%s", r.Name, text)
		case !strings.Contains(text, r.Doc) ||
			!strings.HasPrefix(text, "**["+r.Name+"]("+checks.DocsURL+r.Name+".md)**"):
			t.Errorf("%s:\n%s", r.Name, text)
		}
	}
}
