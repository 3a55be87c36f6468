package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/spelling"
)

type rulesCommand struct {
	Name string `arg:"" optional:"" help:"A rule, by its name or another tool's code."`
}

// Help shows examples.
func (rulesCommand) Help() string {
	return `Examples:

    dfbot rules                     every rule in one line
    dfbot rules apt-recommends      what it finds, why it matters, how safe its fix is
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
	_, err = fmt.Fprint(s.out, rulebook.Page(r))
	return err
}

func listRules(s streams) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, r := range rulebook.All() {
		fix := "-"
		if rulebook.HasFix(r) {
			fix = "fix"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, severities(r), fix, r.Doc)
	}
	return w.Flush()
}

// severities is the rule's default severity, and with it those of other cases: "warning, notice".
func severities(r *analysis.Rule) string {
	var all []string
	for _, w := range strings.Fields(rulebook.Severity(r)) {
		if _, err := analysis.ParseSeverity(strings.Trim(w, ",")); err == nil {
			all = append(all, strings.Trim(w, ","))
		}
	}
	return strings.Join(all, ", ")
}

// ruleNamed finds a rule by name or alias. For an unknown name, the error says which rule may be meant.
func ruleNamed(name string) (*analysis.Rule, error) {
	if r := rules.ByName(name); r != nil {
		return r, nil
	}
	if near := nearest(name); near != "" {
		return nil, fmt.Errorf("unknown rule %q; did you mean %s?", name, near)
	}
	return nil, fmt.Errorf("unknown rule %q; dfbot rules lists all of them", name)
}

// nearest is the rule name or code closest to name, "" where none is close.
func nearest(name string) string {
	var known []string
	for _, r := range rulebook.All() {
		known = append(append(known, r.Name), r.Aliases...)
	}
	return spelling.Suggest(name, known)
}
