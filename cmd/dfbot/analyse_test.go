package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// judged is what analysis makes of the unit.
func judged(u analysis.Unit) analysis.Result {
	res, err := analysis.Run(context.Background(), u)
	if err != nil {
		panic(err) // the context has no end
	}
	return res
}

// swap is a rule that wants words replaced.
func swap(name, old, new string) *analysis.Rule {
	return &analysis.Rule{Name: name, Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		i := bytes.Index(p.File.Src, []byte(old))
		if i < 0 {
			return
		}
		span := dockerfile.Span{Start: i, End: i + len(old)}
		fix := &analysis.Fix{Title: name, Applicability: analysis.Safe, Edits: []analysis.Edit{{Span: span, New: new}}}
		p.Report(analysis.Finding{Span: span, In: p.File.Instructions()[1], Message: analysis.Say(name), Fix: fix})
	}}
}

// Fixes that touch cannot be made at once; the second is made on top of the first.
func TestFixesOnTopOfFixes(t *testing.T) {
	first, second := swap("first", "one two", "1 two"), swap("second", "two three", "two 3")
	u := analysis.Unit{Path: "Dockerfile", Src: []byte("FROM scratch\nLABEL a=\"one two three\"\n"),
		Rules: []analysis.Active{{Rule: first, Severity: first.Severity}, {Rule: second, Severity: second.Severity}}}
	res := judged(u)
	if len(res.Diagnostics) != 2 || len(res.Unproved) > 0 {
		t.Fatalf("%d diagnostics, unproved %v", len(res.Diagnostics), res.Unproved)
	}
	a := &analyst{trust: analysis.Safe}
	got, mends := a.mended(t.Context(), target{repo: &repository{}}, res)
	if want := "FROM scratch\nLABEL a=\"1 two 3\"\n"; string(got) != want || len(mends) != 2 {
		t.Errorf("%d mends, got\n%s", len(mends), got)
	}
	if names := mendedRules(mends); names != "first, second" {
		t.Errorf("mended %s", names)
	}
}
