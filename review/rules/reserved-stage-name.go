package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var reservedStageName = &analysis.Rule{
	Name:     "reserved-stage-name",
	Doc:      "Stage with the name scratch or context, which is reserved",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3063", "ReservedStageName"},
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			why := map[string]string{
				"scratch": "FROM scratch means the empty image, not this stage.",
				"context": "The builder uses this name for the build context.",
			}[strings.ToLower(s.Name)]
			if why == "" {
				continue
			}
			p.Report(analysis.Finding{
				In: s.From, Span: s.From.Words[2].Span,
				Message: analysis.Say("%s is a reserved name: choose another one for this stage", s.Name),
				Why:     analysis.Say(why),
			})
		}
	},
}
