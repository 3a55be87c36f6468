package checks

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// offer makes an offer of so many safe and unsafe fixes in each of the files.
func offer(least analysis.Applicability, safe, unsafe int, paths ...string) review.Offer {
	o := review.Offer{Least: least}
	rule := &analysis.Rule{Name: "some-rule"}
	for _, p := range paths {
		f := review.Applied{Path: p, Before: []byte("FROM a\n"), After: []byte("FROM b\n")}
		for i := range safe + unsafe {
			fix := &analysis.Fix{Applicability: analysis.Unsafe}
			if i < safe {
				fix.Applicability = analysis.Safe
			}
			f.Fixed = append(f.Fixed, analysis.Diagnostic{Rule: rule, Fix: fix, Place: analysis.Place{Line: i + 1}})
		}
		o.Files = append(o.Files, f)
	}
	return o
}

// TestButtons holds the words of the buttons, and GitHub's limits for them, however many fixes there are.
func TestButtons(t *testing.T) {
	many := make([]string, 1000)
	for _, test := range []struct {
		offer review.Offer
		want  string
	}{
		{offer(analysis.Safe, 1, 0, "a"), "Apply safe fixes: Commit 1 safe fix to 1 Dockerfile"},
		{offer(analysis.Safe, 2, 0, "a", "b"), "Apply safe fixes: Commit 4 safe fixes to 2 Dockerfiles"},
		{offer(analysis.Safe, 20, 0, many...), "Apply safe fixes: Commit the safe fixes to Dockerfiles"},
		{offer(analysis.Unsafe, 0, 1, "a"), "Apply all: Commit 1 fix; check it first"},
		{offer(analysis.Unsafe, 0, 2, "a"), "Apply all: Commit 2 fixes; check them first"},
		{offer(analysis.Unsafe, 2, 1, "a"), "Apply all: Commit 3 fixes; check 1 of them first"},
		{offer(analysis.Unsafe, 10, 10, many...), "Apply all: Commit all fixes; check them first"},
	} {
		a := Buttons([]review.Offer{test.offer})[0]
		if got := a.Label + ": " + a.Description; got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
		if len(a.Label) > 20 || len(a.Description) > maxDescription || len(a.Identifier) > 20 {
			t.Errorf("GitHub does not take %+v", a)
		}
	}
}

// TestCommit: no path of a pull request makes more than text of a commit's message.
func TestCommit(t *testing.T) {
	o := offer(analysis.Unsafe, 1, 0, "a/Dockerfile", "fixes #7\n\nCo-authored-by: @mona <m@x>/[skip ci]/Dockerfile")
	headline, body := Commit(o, CommittedBy(o.Button()), "octo-cat", 42)
	const want = `- some-rule: a/Dockerfile:1
- some-rule: fixes??7??Co-authored-by???mona??m?x?/?skip?ci?/Dockerfile:1

Dfbot-button: %s
Co-authored-by: octo-cat <42+octo-cat@users.noreply.github.com>
`
	if headline != "Apply dfbot's fixes" || body != fmt.Sprintf(want, o.Button()) {
		t.Errorf("%s\n\n%s", headline, body)
	}
	headline, body = Commit(offer(analysis.Safe, 200, 0, "a"), CommandedBy(5), "x", 1)
	if headline != "Apply dfbot's safe fixes" || strings.Count(body, "\n- ") > mostCommitted ||
		!strings.Contains(body, "\n- 150 more\n") {
		t.Errorf("%s\n\n%s", headline, body)
	}
}

// TestRefuse: a refusal is in front of what a check run says, once, and the next takes its place.
func TestRefuse(t *testing.T) {
	const title, summary = "2 warnings in 1 Dockerfile", "| Location |\n\nA table.\n"
	first := Refusal{Why: NoWriteAccess, Detail: "eve`@all`", Key: "0a"}
	t1, s1 := Refuse(title, summary, first)
	if want := "Not applied: no write access. " + title; t1 != want {
		t.Errorf("title %q, want %q", t1, want)
	}
	if want := "<!-- dfbot:v1 refused 0a -->\n**Not applied.** The account `` eve`@all` `` may not push to this " +
		"repository.\n\n<!-- dfbot:v1 end 0a -->\n\n" + summary; s1 != want {
		t.Errorf("summary\n%q\nwant\n%q", s1, want)
	}
	if t2, s2 := Refuse(t1, s1, first); t2 != t1 || s2 != s1 {
		t.Errorf("twice: %q\n%s", t2, s2)
	}
	if t2, s2 := Refuse(t1, strings.ReplaceAll(s1, "\n", "\r\n"), first); t2 != t1 || s2 != s1 {
		t.Errorf("with the line ends of a form: %q\n%s", t2, s2)
	}
	for why := range obstacles {
		o := offer(analysis.Safe, 1, 0, "Dockerfile")
		// a patch may hold the marks of others
		o.Files[0].Before = []byte("FROM a\n<!-- dfbot:v1 end 0a -->\n<!-- dfbot:v1 end 0b -->\n")
		t2, s2 := Refuse(t1, s1, Refusal{Why: why, Detail: "x", Offer: o, Key: "0c"})
		if strings.Count(t2, "Not applied") != 1 || !strings.HasSuffix(t2, ". "+title) ||
			strings.Count(s2, "**Not applied.**") != 1 ||
			!strings.HasSuffix(s2, "<!-- dfbot:v1 end 0c -->\n\n"+summary) ||
			!strings.Contains(s2, "```diff\n--- a/Dockerfile\n") {
			t.Errorf("%s\n%s", t2, s2)
		}
		if t3, s3 := Refuse(t2, s2, first); t3 != t1 || s3 != s1 {
			t.Errorf("after another: %s\n%s", t3, s3)
		}
	}
	if len(obstacles) != int(GaveUp)+1 {
		t.Errorf("%d obstacles have words", len(obstacles))
	}
}

// TestRefuseFits: without room for a patch there is none, and without any the summary stays.
func TestRefuseFits(t *testing.T) {
	o := offer(analysis.Safe, 1, 0, "Dockerfile")
	for _, room := range []int{0, 200, 1000} {
		full := strings.Repeat("a", MaxSummary-room)
		_, s := Refuse("Title", full, Refusal{Why: BranchLocked, Detail: "x", Offer: o, Key: "0a"})
		if utf8.RuneCountInString(s) > MaxSummary || !strings.HasSuffix(s, full) || (s == full) != (room == 0) ||
			strings.Contains(s, "```diff") != (room == 1000) {
			t.Errorf("with room for %d: %.400s", room, s)
		}
	}
	o.Files[0].After = []byte("FROM b\r\n")
	if _, s := Refuse("Title", "", Refusal{Why: InFork, Offer: o}); !strings.Contains(s, "`dfbot review --fix` on") {
		t.Errorf("a patch with CRLF: %s", s)
	}
	o.Least = analysis.Unsafe
	if _, s := Refuse("Title", "", Refusal{Why: InFork, Offer: o}); !strings.Contains(s, "`dfbot review --fix=unsafe") {
		t.Errorf("a patch with CRLF: %s", s)
	}
}
