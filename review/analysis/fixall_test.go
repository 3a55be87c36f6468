package analysis_test

import (
	"bytes"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// swap is a rule that wants the first occurrence of some words replaced.
func swap(name string, severity analysis.Severity, old, new string) *analysis.Rule {
	return &analysis.Rule{Name: name, Severity: severity, Run: func(p *analysis.Pass) {
		i := bytes.Index(p.File.Src, []byte(old))
		if i < 0 {
			return
		}
		span := dockerfile.Span{Start: i, End: i + len(old)}
		fix := &analysis.Fix{Applicability: analysis.Safe, Edits: []analysis.Edit{{Span: span, New: new}}}
		in := p.File.Instructions()[1]
		p.Report(analysis.Finding{Span: span, In: in, Message: analysis.Say(name), Fix: fix})
	}}
}

func TestFixAll(t *testing.T) {
	first := swap("first", analysis.Notice, "one two", "1 two")
	second := swap("second", analysis.Notice, "two three", "two 3")
	severe := swap("severe", analysis.Error, "two three", "2 three")
	whole := swap("whole", analysis.Notice, "1 two", "12")
	whole.Yields = true
	severity := func(least analysis.Severity) func(analysis.Diagnostic) bool {
		return func(d analysis.Diagnostic) bool { return d.Severity >= least }
	}
	for _, c := range []struct {
		name   string
		rules  []*analysis.Rule
		chosen func(analysis.Diagnostic) bool
		want   string
		fixed  string
	}{
		{"fixes that touch are made one after the other", []*analysis.Rule{first, second}, nil, "1 two 3",
			"first second"},
		{"the most severe comes first", []*analysis.Rule{first, severe}, nil, "one 2 three", "severe"},
		{"only what is chosen", []*analysis.Rule{first, severe}, severity(analysis.Warning), "one 2 three", "severe"},
		{"nothing is chosen", []*analysis.Rule{first}, severity(analysis.Warning), "one two three", ""},
		{"a rule of taste has its say on the result", []*analysis.Rule{first, whole}, nil, "12 three", "first whole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := run("FROM scratch\nLABEL a=\"one two three\"\n", c.rules...)
			if len(res.Unproved) > 0 {
				t.Fatalf("unproved: %v", res.Unproved)
			}
			after, all := res.FixAll(analysis.Safe, c.chosen)
			var fixed []byte
			for _, d := range all {
				fixed = append(append(fixed, ' '), d.Rule.Name...)
			}
			if want := "FROM scratch\nLABEL a=\"" + c.want + "\"\n"; string(after) != want {
				t.Errorf("got\n%s\nwant\n%s", after, want)
			}
			if got := string(bytes.TrimSpace(fixed)); got != c.fixed {
				t.Errorf("fixed %q, want %q", got, c.fixed)
			}
		})
	}
}
