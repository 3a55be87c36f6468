package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var reservedStageName = &analysis.Rule{
	Name:     "reserved-stage-name",
	Doc:      "A stage is called scratch or context, which have a meaning of their own",
	Topic:    analysis.Images,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3063", "ReservedStageName"},
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			why := map[string]string{
				"scratch": "FROM %s still means the empty image, not this stage.",
				"context": "The builder uses %s for the files that are sent to it.",
			}[strings.ToLower(s.Name)]
			if why == "" {
				continue
			}
			p.Report(analysis.Finding{
				In: s.From, Span: s.From.Words[2].Span,
				Message: analysis.Say("%s is no name for a stage: it has a meaning of its own", s.Name),
				Why:     analysis.Say(why, s.Name),
			})
		}
	},
}
