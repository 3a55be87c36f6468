package checks

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review"
)

var suggestionFence = regexp.MustCompile("(?m)^(`{3,})suggestion$")

// fixed words an earlier comment whose findings are gone: it says so and keeps what it said, but
// for the suggestion, which must not be applied to other lines.
func fixed(s review.Said, head string) Fixed {
	m, _ := review.ParseMarker(s.Body)
	old := strings.TrimPrefix(s.Body, m.String())
	old = strings.TrimLeft(strings.ReplaceAll(old, "\r\n", "\n"), "\n")
	old = suggestionFence.ReplaceAllString(old, "${1}dockerfile")
	m.Fixed = head
	said := m.String() + "\n**Fixed** as of " + Code(short(head)) + ".\n"
	return Fixed{ID: s.ID, Thread: s.Thread, Body: fit(MaxBody, said, "", old)}
}

// short is a commit as people write it.
func short(sha string) string { return sha[:min(7, len(sha))] }
