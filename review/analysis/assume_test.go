package analysis_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
)

// TestAssumedContext: a fix of a rule that has asked the context is safe only if the context cannot be another one.
func TestAssumedContext(t *testing.T) {
	const says = "it is so"
	for _, c := range []struct {
		name    string
		stated  []string
		asks    bool
		assumes string // by the fix itself, which is safe without it
		want    string
	}{
		{name: "not asked"},
		{name: "asked", asks: true, want: "This assumes that the build context is `app`."},
		{name: "asked, and unsafe anyway", asks: true, assumes: says,
			want: "This assumes that it is so and that the build context is `app`."},
		{name: "not asked, and unsafe anyway", assumes: says, want: "This assumes that it is so."},
		{name: "stated", stated: []string{"app"}, asks: true},
		{name: "several stated, with the same answer", stated: []string{"", "app"}, asks: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule := &analysis.Rule{Name: "asks", Severity: analysis.Notice, Run: func(p *analysis.Pass) {
				if c.asks {
					p.Context.Has("main.go")
				}
				in := p.File.Instructions()[0]
				if p.File.Text(in.Span) != "FROM a" {
					return
				}
				fix := &analysis.Fix{Title: "Use b", Applicability: analysis.Safe,
					Edits: []analysis.Edit{{Span: in.Words[0].Span, New: "b"}}}
				if c.assumes != "" {
					fix.Assume(c.assumes)
				}
				p.Report(analysis.Finding{In: in, Span: in.Span, Message: analysis.Say("a"), Fix: fix})
			}}
			res, err := analysis.Run(t.Context(), analysis.Unit{
				Path: "app/Dockerfile", Src: []byte("FROM a\nCOPY . /\n"),
				Rules: []analysis.Active{{Rule: rule, Severity: analysis.Notice}},
				Tree: &buildcontext.Tree{Paths: []string{"app/Dockerfile", "app/main.go", "go.mod"},
					Stated: map[string][]string{"app/Dockerfile": c.stated}},
			})
			if err != nil || len(res.Diagnostics) != 1 || res.Diagnostics[0].Fix == nil {
				t.Fatalf("%+v, %v", res, err)
			}
			fix := res.Diagnostics[0].Fix
			if fix.Check().String() != c.want || (fix.Applicability == analysis.Safe) != (c.want == "") {
				t.Errorf("%s: %q, want %q", fix.Applicability, fix.Check(), c.want)
			}
		})
	}
}
