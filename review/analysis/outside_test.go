package analysis_test

import (
	"context"
	"errors"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// foreign is a rule whose findings a program makes.
var foreign = &analysis.Rule{Name: "foreign", Severity: analysis.Error, Program: "stranger"}

// outside analyses src with a program that finds X1 in each RUN.
func outside(t *testing.T, src string, active ...analysis.Active) analysis.Result {
	t.Helper()
	return outsideOf(t, analysis.Unit{Path: "Dockerfile", Src: []byte(src), Rules: active})
}

func outsideOf(t *testing.T, u analysis.Unit) analysis.Result {
	t.Helper()
	u.Programs = []analysis.Program{stranger}
	return judged(u)
}

// stranger finds X1 in each RUN.
func stranger(_ context.Context, u analysis.Unit) (a analysis.Answer, _ error) {
	for _, in := range u.File.Instructions() {
		if in.Name == "RUN" {
			a.Findings = append(a.Findings, analysis.Outside{Rule: foreign, Code: "X1", Finding: analysis.Finding{
				In: in, Span: in.Args.Span(0, 1), Message: analysis.Say("so says another"), AtMost: analysis.Warning}})
		}
	}
	return a, nil
}

// TestProgramIsAsked once about a file that parses, and its gaps are the result's. Where it gives up there is no
// result.
func TestProgramIsAsked(t *testing.T) {
	asked := 0
	u := analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a\n"), Programs: []analysis.Program{
		func(_ context.Context, u analysis.Unit) (analysis.Answer, error) {
			asked++
			return analysis.Answer{Gaps: []analysis.Message{analysis.Say("%s was not read",
				u.File.Stages()[0].Image.Text)}}, nil
		}}}
	if res := judged(u); asked != 1 || len(res.Gaps) != 1 || res.Gaps[0].String() != "`a` was not read" {
		t.Errorf("asked %d times, gaps %v", asked, res.Gaps)
	}
	if judged(u.With([]byte("FROM b\n"))); asked != 1 {
		t.Error("asked about other bytes")
	}
	u.Src = []byte("RUN\n")
	if judged(u); asked != 1 {
		t.Error("asked about a file that does not parse")
	}
	enough := errors.New("enough")
	u.Src, u.Programs = []byte("FROM a\n"), []analysis.Program{
		func(context.Context, analysis.Unit) (analysis.Answer, error) { return analysis.Answer{}, enough }}
	if _, err := analysis.Run(t.Context(), u); !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
}

func TestOutside(t *testing.T) {
	on := analysis.Active{Rule: foreign, Severity: analysis.Error}
	for _, c := range []struct {
		name, src string
		active    []analysis.Active
		said      []analysis.Severity
		ignored   int
	}{
		{"said, as severe as it says itself", "FROM a\nRUN x\n", []analysis.Active{on},
			[]analysis.Severity{analysis.Warning}, 0},
		{"not more severe than the rule", "FROM a\nRUN x\n",
			[]analysis.Active{{Rule: foreign, Severity: analysis.Notice}}, []analysis.Severity{analysis.Notice}, 0},
		{"the rule is off", "FROM a\nRUN x\n", []analysis.Active{{Rule: foreign}}, nil, 0},
		{"the rule is not there", "FROM a\nRUN x\n", nil, nil, 0},
		{"silenced by the rule's name", "FROM a\n# dfbot ignore=foreign\nRUN x\n", []analysis.Active{on}, nil, 1},
		{"silenced by the code", "FROM a\n# hadolint ignore=X1\nRUN x\n", []analysis.Active{on}, nil, 1},
		{"silenced in ShellCheck's way", "FROM a\n# shellcheck disable=Y1,X1\nRUN x\n", []analysis.Active{on}, nil, 1},
		{"another code", "FROM a\n# hadolint ignore=X2\nRUN x\n", []analysis.Active{on},
			[]analysis.Severity{analysis.Warning}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := outside(t, c.src, c.active...)
			var said []analysis.Severity
			for _, d := range res.Diagnostics {
				said = append(said, d.Severity)
				if d.Code != "X1" || d.Fingerprint == "" || d.Path != "Dockerfile" {
					t.Errorf("code %q, fingerprint %q, path %q", d.Code, d.Fingerprint, d.Path)
				}
			}
			if len(said) != len(c.said) || len(said) > 0 && said[0] != c.said[0] || len(res.Ignored) != c.ignored {
				t.Errorf("says %v and ignores %d, want %v and %d", said, len(res.Ignored), c.said, c.ignored)
			}
		})
	}
}

// TestOutsideByCode: a single code may be more severe, less severe or off.
func TestOutsideByCode(t *testing.T) {
	for code, want := range map[string]analysis.Severity{"": analysis.Warning, "X1": analysis.Error,
		"X2": analysis.Warning} {
		u := analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a\nRUN x\n"),
			Rules: []analysis.Active{{Rule: foreign, Severity: analysis.Error}},
			Codes: map[string]analysis.Severity{code: analysis.Error}}
		if all := outsideOf(t, u).Diagnostics; len(all) != 1 || all[0].Severity != want {
			t.Errorf("code %q: %v", code, all)
		}
		u.Codes[code] = analysis.Off
		if all := outsideOf(t, u).Diagnostics; (len(all) == 0) != (code == "X1") {
			t.Errorf("code %q off: %v", code, all)
		}
	}
}

// TestOutsideIsAmongTheRest: it is sorted by place, joins the group of its instruction, gives
// way to an overlap, and leaves proofs alone.
func TestOutsideIsAmongTheRest(t *testing.T) {
	src := "FROM a\nRUN x\nRUN bad\nRUN y\n"
	bad := analysis.Active{Rule: onRun(func(_ *dockerfile.File, in *dockerfile.Instruction) *analysis.Fix {
		return &analysis.Fix{Applicability: analysis.Safe, Edits: args(in, "good")}
	}), Severity: analysis.Warning}
	on := analysis.Active{Rule: foreign, Severity: analysis.Error}
	res := outside(t, src, bad, on)
	if len(res.Diagnostics) != 4 || len(res.Unproved) > 0 {
		t.Fatalf("%d diagnostics, unproved %v", len(res.Diagnostics), res.Unproved)
	}
	if a, b := res.Diagnostics[0].Place.Line, res.Diagnostics[3].Place.Line; a != 2 || b != 4 {
		t.Errorf("the first is on line %d, the last on %d", a, b)
	}
	groups := res.Groups(res.Diagnostics)
	if len(groups) != 3 || len(groups[1].Diagnostics) != 2 || groups[1].Fix == nil {
		t.Errorf("%d groups", len(groups))
	}
	if after, mended := res.FixAll(analysis.Safe, nil); len(mended) != 1 ||
		string(after) != "FROM a\nRUN x\nRUN good\nRUN y\n" {
		t.Errorf("fixes %d: %s", len(mended), after)
	}
	if next := judged(res.Unit.With([]byte("FROM a\n"))); len(next.Diagnostics) > 0 {
		t.Error("what was found in other bytes is said of these")
	}

	u := res.Unit
	u.Overlaps = map[*analysis.Rule][]*analysis.Rule{foreign: {bad.Rule}}
	if res := judged(u); len(res.Diagnostics) != 3 || res.Diagnostics[1].Rule != bad.Rule {
		t.Errorf("%d diagnostics beside an overlap", len(res.Diagnostics))
	}
}
