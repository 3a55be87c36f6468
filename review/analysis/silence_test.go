package analysis_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestSilence: the comment goes above the instruction, and is dropped where it would not silence all that it should, or
// would silence more.
func TestSilence(t *testing.T) {
	twice := &analysis.Rule{Name: "no-twice", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, w := range in.Words {
				if w.Text == "twice" {
					p.Report(analysis.Finding{In: in, Span: w.Span, Message: analysis.Say("twice")})
				}
			}
		}
	}}
	for _, tt := range []struct {
		name, src string
		first, n  int    // of the diagnostics
		want      string // "" where there is no such comment
	}{
		{"one", "FROM a\nRUN x\nRUN ugly\n", 0, 1, "FROM a\nRUN x\n# dfbot ignore=no-ugly meant\nRUN ugly\n"},
		{"two", "FROM a\nRUN ugly \\\n  twice\n", 0, 2,
			"FROM a\n# dfbot ignore=no-ugly,no-twice meant\nRUN ugly \\\n  twice\n"},
		{"below another", "FROM a\n# dfbot ignore=no-twice so\nRUN ugly twice\n", 0, 1,
			"FROM a\n# dfbot ignore=no-twice so\n# dfbot ignore=no-ugly meant\nRUN ugly twice\n"},
		{"in a heredoc", "FROM a\nRUN <<EOF\nugly\nEOF\n", 0, 1, ""}, // noUgly does not look there
		{"one of two of a rule", "FROM a\nRUN twice twice\n", 0, 1, ""},
		{"both of a rule", "FROM a\nRUN twice twice\n", 0, 2,
			"FROM a\n# dfbot ignore=no-twice meant\nRUN twice twice\n"},
		{"two instructions", "FROM a\nRUN ugly\nRUN ugly\n", 0, 2, ""},
		{"other line ends", "FROM a\r\nRUN ugly\r\n", 0, 1, ""},
		{"does not parse", "FROM a\nRUM ugly\n", 0, 1, ""},
	} {
		for _, shrunk := range []bool{false, true} {
			res := run(tt.src, noUgly, twice)
			ds := res.Diagnostics[min(tt.first, len(res.Diagnostics)):min(tt.first+tt.n, len(res.Diagnostics))]
			if shrunk {
				res.Shrink()
			}
			after, ok := res.Silence(ds, "meant")
			if ok != (tt.want != "") || ok && string(after) != tt.want {
				t.Errorf("%s, shrunk %t: %q, %t", tt.name, shrunk, after, ok)
			}
		}
	}
}

// TestSilenceOfProgram: the proof asks no program again, so that the comment is looked at itself.
func TestSilenceOfProgram(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		res := outsideOf(t, analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a\nRUN x\n"), NoIgnoreComments: deaf,
			Rules: []analysis.Active{{Rule: foreign, Severity: analysis.Warning}}})
		if len(res.Diagnostics) != 1 {
			t.Fatalf("%+v", res.Diagnostics)
		}
		if after, ok := res.Silence(res.Diagnostics, "meant"); ok == deaf {
			t.Errorf("deaf %t: %q, %t", deaf, after, ok)
		}
	}
}
