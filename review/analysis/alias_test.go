package analysis_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestAlias: an alias that means some of a rule's findings has a severity of its own, and a comment
// that names it silences no others.
func TestAlias(t *testing.T) {
	two := &analysis.Rule{Name: "two", Severity: analysis.Warning, Aliases: []string{"DL0001", "DL0002"},
		Run: func(p *analysis.Pass) {
			for _, in := range p.File.Instructions()[1:] {
				for _, alias := range []string{"DL0001", "DL0002"} {
					p.Report(analysis.Finding{In: in, Span: in.Span, Alias: alias, Message: analysis.Say("so")})
				}
			}
		}}
	const plain, commented = "FROM a\nRUN b\n", "FROM a\n# hadolint ignore=DL0001\nRUN b\n"
	plainly := judged(analysis.Unit{Path: "Dockerfile", Src: []byte(plain),
		Rules: []analysis.Active{{Rule: two, Severity: two.Severity}}})
	for _, c := range []struct {
		name, src string
		codes     map[string]analysis.Severity
		want      []string
	}{
		{"the rule's severity", plain, nil, []string{"DL0001 warning", "DL0002 warning"}},
		{"of one", plain, map[string]analysis.Severity{"DL0002": analysis.Error},
			[]string{"DL0001 warning", "DL0002 error"}},
		{"one is off", plain, map[string]analysis.Severity{"DL0001": analysis.Off}, []string{"DL0002 warning"}},
		{"one is silenced", commented, nil, []string{"DL0002 warning"}},
		{"the rule is silenced", "# dfbot global ignore=two\n" + plain, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := judged(analysis.Unit{Path: "Dockerfile", Src: []byte(c.src), Codes: c.codes,
				Rules: []analysis.Active{{Rule: two, Severity: two.Severity}}})
			var got []string
			for _, d := range res.Diagnostics {
				got = append(got, fmt.Sprint(d.Code, " ", d.Severity))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
			for _, d := range res.TurnedOff {
				if c.codes[d.Code] != analysis.Off || d.Fingerprint != fingerprintOf(plainly, d.Code) {
					t.Errorf("turned off: %s %s", d.Code, d.Fingerprint)
				}
			}
			if n := len(res.TurnedOff); (n > 0) != (c.name == "one is off") {
				t.Errorf("%d are turned off", n)
			}
		})
	}
}

// fingerprintOf is the fingerprint of what was found by a code.
func fingerprintOf(res analysis.Result, code string) string {
	i := slices.IndexFunc(res.Diagnostics, func(d analysis.Diagnostic) bool { return d.Code == code })
	return res.Diagnostics[i].Fingerprint
}
