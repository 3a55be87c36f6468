package analysis_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/analysis"
)

// quadratic and cubic are rules as somebody may write them who does not think of hostile files.
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

// TestGreedyRules: a rule whose cost grows faster than the file is stopped, the others speak, and the file does not pass for judged.
func TestGreedyRules(t *testing.T) {
	bad := &analysis.Rule{Name: "bad", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		p.Report(analysis.Finding{Span: p.File.Instructions()[1].Span, In: p.File.Instructions()[1], Message: analysis.Say("bad")})
	}}
	src := "FROM a\n" + strings.Repeat("RUN a\n", 9000)
	for _, c := range []struct {
		rules []*analysis.Rule
		gaps  []string
	}{
		{[]*analysis.Rule{bad}, nil},
		{[]*analysis.Rule{cubic, bad}, []string{"the rule `cubic` was stopped: it takes too much work on this file"}},
		{[]*analysis.Rule{cubic, quadratic, bad}, []string{"2 rules were stopped: they take too much work on this file"}},
	} {
		res := run(src, c.rules...)
		var gaps []string
		for _, g := range res.Unit.Gaps {
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

// TestSmallFilesAreJudgedWhole: the same rules do no harm on a file that somebody has written.
func TestSmallFilesAreJudgedWhole(t *testing.T) {
	if res := run("FROM a\n"+strings.Repeat("RUN a\n", 100), cubic, quadratic); len(res.Unit.Gaps) > 0 {
		t.Error(res.Unit.Gaps)
	}
}

// TestContextEnds: who has asked does not wait for an answer that nobody needs any more.
func TestContextEnds(t *testing.T) {
	cause := errors.New("superseded")
	ctx, cancel := context.WithCancelCause(t.Context())
	endless := &analysis.Rule{Name: "endless", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		cancel(cause)
		for {
			p.File.Instructions()
		}
	}}
	u := analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a\nRUN a\n"), Rules: []analysis.Active{{Rule: endless, Severity: analysis.Warning}}}
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
