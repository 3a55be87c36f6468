package analysis_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// quadratic and cubic are rules as someone may write them who does not think of hostile files.
var (
	quadratic = &analysis.Rule{Name: "quadratic", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		same := 0
		for range p.File.Instructions() {
			for range p.File.Instructions() {
				same++
			}
		}
	}}
	cubic = &analysis.Rule{Name: "cubic", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		same := 0
		for _, a := range p.File.Instructions() {
			for _, b := range p.File.Instructions() {
				for _, c := range p.File.Instructions() {
					if a.Name == b.Name && b.Name == c.Name {
						same++
					}
				}
			}
		}
	}}
)

// TestGreedyRules: a rule whose cost grows faster than the file is stopped, the others speak, and the file does not
// pass for judged.
func TestGreedyRules(t *testing.T) {
	bad := &analysis.Rule{Name: "bad", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		p.Report(analysis.Finding{Span: p.File.Instructions()[1].Span, In: p.File.Instructions()[1],
			Message: analysis.Say("bad")})
	}}
	src := "FROM a\n" + strings.Repeat("RUN a\n", 9000)
	for _, c := range []struct {
		rules []*analysis.Rule
		gaps  []string
	}{
		{[]*analysis.Rule{bad}, nil},
		{[]*analysis.Rule{cubic, bad}, []string{"the rule `cubic` was stopped: it takes too much work on this file"}},
		{[]*analysis.Rule{cubic, quadratic, bad},
			[]string{"2 rules were stopped: they take too much work on this file"}},
	} {
		res := run(src, c.rules...)
		var gaps []string
		for _, g := range res.Gaps {
			gaps = append(gaps, g.String())
		}
		if !slices.Equal(gaps, c.gaps) {
			t.Errorf("gaps %q, want %q", gaps, c.gaps)
		}
		if len(res.Diagnostics) != 1 || res.Diagnostics[0].Rule != bad {
			t.Errorf("%d diagnostics, want the one of the rule that was not stopped", len(res.Diagnostics))
		}
	}
}

// TestEnoughFindings: a rule that has found more than is listed works no further, and that is no crash.
func TestEnoughFindings(t *testing.T) {
	reports := 0
	greedy := &analysis.Rule{Name: "greedy", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			reports++
			p.Report(analysis.Finding{Span: in.Span, In: in, Message: analysis.Say("greedy")})
		}
	}}
	res := run("FROM a\n"+strings.Repeat("RUN a\n", 500), greedy)
	if reports != 201 || len(res.Diagnostics) != 200 || len(res.Crashed) != 0 {
		t.Errorf("%d reports, %d diagnostics, %d crashes", reports, len(res.Diagnostics), len(res.Crashed))
	}
	if len(res.Gaps) != 1 || !strings.Contains(res.Gaps[0].String(), "more than 200 problems") {
		t.Error(res.Gaps)
	}
}

// TestSmallFilesAreJudgedWhole: the same rules do no harm on a file that a person has written.
func TestSmallFilesAreJudgedWhole(t *testing.T) {
	if res := run("FROM a\n"+strings.Repeat("RUN a\n", 100), cubic, quadratic); len(res.Gaps) > 0 {
		t.Error(res.Gaps)
	}
}

// TestContextEnds: no one waits for an answer that is no longer needed.
func TestContextEnds(t *testing.T) {
	cause := errors.New("superseded")
	ctx, cancel := context.WithCancelCause(t.Context())
	endless := &analysis.Rule{Name: "endless", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		cancel(cause)
		for {
			p.File.Instructions()
		}
	}}
	u := analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a\nRUN a\n"),
		Rules: []analysis.Active{{Rule: endless, Severity: analysis.Warning}}}
	done := make(chan error, 1)
	go func() {
		_, err := analysis.Run(ctx, u)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, cause) {
			t.Errorf("error %v, want that the job is superseded", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("still at work")
	}
	if _, err := analysis.Run(ctx, u); !errors.Is(err, cause) {
		t.Errorf("begun after the end: %v", err)
	}
}

// TestManyFindings: thousands of findings of one rule are not all listed, which is said; those of others are.
func TestManyFindings(t *testing.T) {
	each := func(name, word string) *analysis.Rule {
		return &analysis.Rule{Name: name, Severity: analysis.Warning, Run: func(p *analysis.Pass) {
			for _, in := range p.File.Instructions() {
				if in.Args.String() == word {
					p.Report(analysis.Finding{Span: in.Span, In: in, Message: analysis.Say(word)})
				}
			}
		}}
	}
	res := run("FROM a\n"+strings.Repeat("RUN bad\n", 201)+strings.Repeat("RUN good\n", 200), each("many", "bad"),
		each("more", "good"))
	if len(res.Diagnostics) != 400 {
		t.Errorf("%d diagnostics, want 200 of each rule", len(res.Diagnostics))
	}
	want := "the rule `many` finds more than 200 problems; the others are not listed"
	if len(res.Gaps) != 1 || res.Gaps[0].String() != want {
		t.Errorf("gaps %v, want %s", res.Gaps, want)
	}
}

// TestManyDirectives: comments that silence cost what they are, not what they are times what they silence, and the
// first that names a finding gives the reason.
func TestManyDirectives(t *testing.T) {
	bad := &analysis.Rule{Name: "bad", Severity: analysis.Warning, Aliases: []string{"DL1"},
		Run: func(p *analysis.Pass) {
			for _, in := range p.File.Instructions() {
				if in.Name == "RUN" {
					p.Report(analysis.Finding{Span: in.Span, In: in, Message: analysis.Say("bad")})
				}
			}
		}}
	units := func(n int) int {
		u := run(strings.Repeat("FROM a\nRUN bad\n", n)+strings.Repeat("# dfbot stage ignore=x,y\n", n)+"FROM a\n",
			bad).Unit
		return u.Budget.Used()
	}
	if one, four := units(100), units(400); four > 5*one {
		t.Errorf("%d units for 100 stages, %d for 400", one, four)
	}
	for _, c := range []struct{ src, reason string }{
		{"# dfbot global ignore=other one\n# dfbot global ignore=BAD two\nFROM a\n# dfbot ignore=bad three\nRUN x\n",
			"two"},
		{"FROM a\n# dfbot ignore=all one\nRUN x\n# dfbot global ignore=bad two\n", "one"},
		{"# dfbot stage ignore=hadolint/dl1 one\nFROM a\nRUN x\n", "one"},
		{"FROM a\n# dfbot stage ignore=* none\nFROM b\n# dfbot ignore=DL1 one\nRUN x\n", "none"},
	} {
		res := run(c.src, bad)
		if len(res.Ignored) != 1 || res.Ignored[0].Reason != c.reason || len(res.Diagnostics) != 0 {
			t.Errorf("%q: ignored %v, found %d", c.src, res.Ignored, len(res.Diagnostics))
		}
	}
}

// TestManyEdits: a fix that no one could read is not offered, and not kept.
func TestManyEdits(t *testing.T) {
	for n, want := range map[int]int{2000: 1, 2001: 0} {
		blanks := &analysis.Rule{Name: "blanks", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
			in := p.File.Instructions()[1]
			fix := &analysis.Fix{Title: "Remove the letters", Applicability: analysis.Safe}
			for at := in.Args.Pos(0); at < in.Span.End-1; at++ {
				fix.Edits = append(fix.Edits, analysis.Edit{Span: dockerfile.Span{Start: at, End: at + 1}})
			}
			if len(fix.Edits) > 0 {
				p.Report(analysis.Finding{Span: in.Span, In: in, Message: analysis.Say("letters"), Fix: fix})
			}
		}}
		res := run("FROM a\nRUN "+strings.Repeat("x", n+1)+"\n", blanks)
		if len(res.Diagnostics) != 1 || (res.Diagnostics[0].Fix != nil) != (want == 1) {
			t.Errorf("%d edits: %v", n, res.Unproved)
		}
	}
}
