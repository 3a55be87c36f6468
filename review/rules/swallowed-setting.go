package rules

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var swallowedSetting = &analysis.Rule{
	Name:     "swallowed-setting",
	Doc:      "ENV or LABEL without an equals sign behind the first name takes the further settings for its value",
	Topic:    analysis.Syntax,
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
					Message: analysis.Say("%s is not set here: without an equals sign behind %s all that follows is the value of %s", m[1], old.pair.Key, old.pair.Key),
					Why:     analysis.Say("Put an equals sign behind the first name as well, if the others are to be settings of their own."),
				})
			}
		}
	},
}

// furtherSetting is a word that looks like a setting of its own.
var furtherSetting = regexp.MustCompile(`\s([A-Z_][A-Z0-9_]*)=`)
