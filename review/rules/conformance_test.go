package rules_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
)

// conformanceCase is one test case of hadolint's: what its rule says of a Dockerfile.
type conformanceCase struct {
	ID         string
	Rule       string
	Name       string
	Dockerfile string
	Expect     string // fires or silent
	Fragment   bool   // without a FROM
	Config     struct {
		Ignored           []string
		TrustedRegistries []string          `json:"trustedRegistries"`
		LabelSchema       map[string]string `json:"label-schema"`
		StrictLabels      bool              `json:"strict-labels"`
	}
}

// TestConformance holds the rules against hadolint's own cases, by its codes. The cases are not
// ours and not in the repository: DFBOT_CONFORMANCE names their file. Where dfbot differs on
// purpose, deliberate says why; every other difference counts against it.
func TestConformance(t *testing.T) {
	path := os.Getenv("DFBOT_CONFORMANCE")
	if path == "" {
		t.Skip("DFBOT_CONFORMANCE is not set: no cases of hadolint's to compare with")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []conformanceCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	agree, differ := 0, 0
	wrong := map[string][]string{}
	for _, c := range cases {
		if strings.HasPrefix(c.Rule, "DL") && !isHadolintCode(c.Rule) {
			t.Errorf("%s: docs/hadolint.md has no %s", c.ID, c.Rule)
		}
		fires, covered := c.run(t)
		why := c.deliberately(fires)
		switch {
		case covered && fires == (c.Expect == "fires"):
			agree++
		case covered && why >= 0:
			differ++
			t.Logf("%s %s: hadolint %s, dfbot %s, since %s: %q", c.ID, c.Rule, c.Expect, said(fires, covered),
				deliberate[why].why, c.Dockerfile)
		default:
			wrong[c.Rule] = append(wrong[c.Rule],
				fmt.Sprintf("%s: hadolint %s, dfbot %s: %q", c.ID, c.Expect, said(fires, covered), c.Dockerfile))
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(wrong)) {
		t.Logf("%s: %d differ\n\t%s", rule, len(wrong[rule]), strings.Join(wrong[rule], "\n\t"))
	}
	fmt.Printf("agree %d of %d, deliberate %d\n", agree, len(cases), differ)
	if 100*(agree+differ) < 97*len(cases) {
		t.Errorf("agree on %d and differ on purpose on %d of %d: less than 97 in 100", agree, differ, len(cases))
	}
}

func said(fires, covered bool) string {
	switch {
	case !covered:
		return "has no such rule"
	case fires:
		return "fires"
	}
	return "is silent"
}

// run reports whether dfbot's rules for the case's code fire on its Dockerfile, and whether there is
// any such rule.
func (c conformanceCase) run(t *testing.T) (fires, covered bool) {
	codes := map[*analysis.Rule]bool{}
	u := analysis.Unit{Path: "Dockerfile", Src: []byte(c.Dockerfile), Codes: shellCodes}
	for _, r := range append([]*analysis.Rule{analysis.DoesNotParse}, rules.All...) {
		if !slices.Contains(r.Aliases, c.Rule) && r.Name != hadolintRules[c.Rule] {
			continue
		}
		codes[r] = true
		u.Rules = append(u.Rules,
			analysis.Active{Rule: r, Severity: max(r.Severity, analysis.Notice), Options: c.options(r)})
	}
	if c.Fragment {
		if _, err := dockerfile.Parse("Dockerfile", u.Src); err != nil {
			base := "debian:12"
			if c.Config.TrustedRegistries != nil {
				base = "scratch" // which comes from no registry
			}
			u.Src = []byte("FROM " + base + "\n" + c.Dockerfile)
		}
	}
	u.Programs = []analysis.Program{shellCheck.Check}
	res := judged(u)
	if len(res.Gaps) > 0 {
		t.Errorf("%s: %v", c.ID, res.Gaps)
	}
	if c.Rule == "PARSE_ERROR" {
		return res.Unit.File == nil, true
	}
	if c.Rule == "*" {
		return len(res.Diagnostics) > 0, true
	}
	for _, d := range res.Diagnostics {
		fires = fires || codes[d.Rule] && (d.Code == c.Rule || !isHadolintCode(d.Code))
	}
	return fires, len(codes) > 0
}

// shellCodes are all of ShellCheck's, those too that are off by default.
var shellCodes = func() map[string]analysis.Severity {
	all := map[string]analysis.Severity{}
	for code := 1000; code < 4000; code++ {
		all[fmt.Sprintf("SC%d", code)] = analysis.Notice
	}
	return all
}()

// hadolintRules names the rules that stand for codes which are no alias of one rule.
var hadolintRules = map[string]string{"SC*": "shellcheck"}

// options gives the rule what the case's configuration of hadolint says.
func (c conformanceCase) options(r *analysis.Rule) map[string]any {
	out := map[string]any{}
	for _, o := range r.Options {
		switch o.Name {
		case "trusted-registries":
			out[o.Name] = c.Config.TrustedRegistries
		case "required", "labels":
			var labels []string
			for _, k := range slices.Sorted(maps.Keys(c.Config.LabelSchema)) {
				labels = append(labels, k+":"+c.Config.LabelSchema[k])
			}
			out[o.Name] = labels
		case "strict":
			out[o.Name] = c.Config.StrictLabels
		}
	}
	return out
}
