package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/agext/levenshtein"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

type rulesCommand struct {
	Name string `arg:"" optional:"" help:"A rule, by its name or by the code that another tool has for it."`
}

// Help teaches by example.
func (rulesCommand) Help() string {
	return `Examples:

    dfbot rules                     every rule in one line
    dfbot rules apt-recommends      what it finds, why, when not to, how safe its fix is
    dfbot rules DL3015              the same, by hadolint's code`
}

// Run lists the rules or prints one page.
func (c *rulesCommand) Run(s streams) error {
	if c.Name == "" {
		return listRules(s)
	}
	r, err := ruleNamed(c.Name)
	if err != nil {
		return err
	}
	page := rules.Page(r)
	if page == "" {
		page = fmt.Sprintf("# %s\n\n%s.\n", r.Name, r.Doc)
	}
	_, err = fmt.Fprint(s.out, page)
	return err
}

func listRules(s streams) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, r := range allRules() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Severity, mended(r), r.Doc)
	}
	return w.Flush()
}

// mended tells whether the rule has fixes: then one of its examples shows it.
func mended(r *analysis.Rule) string {
	if rules.Mends(r) {
		return "fix"
	}
	return "-"
}

// allRules lists every rule by name, that of files which do not parse too.
func allRules() []*analysis.Rule {
	all := append([]*analysis.Rule{analysis.DoesNotParse}, rules.All...)
	slices.SortFunc(all, func(a, b *analysis.Rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// ruleNamed finds a rule by name or alias; the error of a name that there is not says which may
// have been meant.
func ruleNamed(name string) (*analysis.Rule, error) {
	if r := rules.ByName(name); r != nil {
		return r, nil
	}
	if near := nearest(name); near != "" {
		return nil, fmt.Errorf("there is no rule %q; did you mean %s?", name, near)
	}
	return nil, fmt.Errorf("there is no rule %q; dfbot rules lists all", name)
}

// nearest is the rule name or code closest to name, "" where none is close.
func nearest(name string) string {
	name = name[:min(len(name), 100)]
	best, least := "", len(name)/3+2
	for _, r := range allRules() {
		for _, known := range append([]string{r.Name}, r.Aliases...) {
			if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(known), nil); d < least {
				best, least = known, d
			}
		}
	}
	return best
}
