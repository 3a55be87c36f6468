package rules

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var swallowedSetting = &analysis.Rule{
	Name:     "swallowed-setting",
	Doc:      "ENV or LABEL without an equals sign after the first name, which swallows the other settings",
	Topic:    analysis.Syntax,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			old := oldForm(in.Inner())
			if old == nil || strings.ContainsAny(old.pair.Value, `"'`) {
				continue
			}
			if m := furtherSetting.FindStringSubmatch(" " + old.pair.Value); m != nil {
				p.Report(analysis.Finding{
					In: in, Span: old.span(),
					Message: analysis.Say("%s is not set: in the old form %s, everything after %s is its value", m[1],
						old.in.Name+" "+old.pair.Key+" value", old.pair.Key),
					Why: analysis.Say("If the others are separate settings, put an equals sign after the " +
						"first name too."),
				})
			}
		}
	},
}

// furtherSetting is a word that looks like a setting of its own.
var furtherSetting = regexp.MustCompile(`\s([A-Z_][A-Z0-9_]*)=`)
