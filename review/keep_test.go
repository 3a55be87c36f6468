package review

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestKeeping: after a no, dfbot's comment suggests to silence the finding in the file, if exactly its lines can.
func TestKeeping(t *testing.T) {
	base, head := lines(9, nil), lines(9, map[int]string{5: "RUN bad", 6: "RUN more"})
	declined := said(Dismissed, fingerprints(head, safeRule)...).onLine(5)
	declined.Declined = true
	with := func(f func(*Said)) Said { s := declined; f(&s); return s }
	const want = "# dfbot ignore=safe-rule intentional\nRUN bad"
	for _, tt := range []struct {
		name string
		said Said
		want string // "" where it keeps its text
	}{
		{"answered no", declined, want},
		{"on more lines", with(func(s *Said) { s.End = 6 }), want + "\nRUN more"},
		{"on other lines", with(func(s *Said) { s.Start, s.End = 6, 6 }), ""},
		{"on no lines", with(func(s *Said) { s.Start, s.End = 0, 0 }), ""},
		{"outdated", with(func(s *Said) { s.Outdated = true }), ""},
		{"resolved", with(func(s *Said) { s.Resolved = true }), ""},
		{"hidden, not answered", with(func(s *Said) { s.Declined = false }), ""},
		{"marked as silenced", with(func(s *Said) {
			s.Body = strings.Replace(s.Body, "sha=abcdef1", "sha=abcdef1 fixed=abcdef2", 1)
		}), ""},
		{"one of two is gone", with(func(s *Said) {
			s.Body = said(Open, append(fingerprints(head, safeRule), "gone")...).Body
		}), ""},
	} {
		r := one(base, head, Prior{Comments: []Said{tt.said}}, Policy{})
		if len(r.Updates) != 1 {
			t.Fatalf("%s: %+v", tt.name, r.Updates)
		}
		got := ""
		if c := r.Updates[0].Comment; c != nil && c.Keeps {
			got = strings.Join(c.Suggestion.Lines, "\n")
		}
		if got != tt.want {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
	safeRule.Topic = analysis.Secrets
	defer func() { safeRule.Topic = "" }()
	if r := one(base, head, Prior{Comments: []Said{declined}}, Policy{}); r.Updates[0].Comment != nil {
		t.Error("it says a secret once more")
	}
}
