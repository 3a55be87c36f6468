package rules

import "github.com/dfbot/dfbot/review/analysis"

var missingHealthcheck = &analysis.Rule{
	Name:     "missing-healthcheck",
	Doc:      "Final image without a HEALTHCHECK",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL3057", "DS-0026", "CKV_DOCKER_2"},
	Run: func(p *analysis.Pass) {
		s := p.File.Final()
		if s == nil || s.Last("HEALTHCHECK") != nil {
			return
		}
		p.Report(analysis.Finding{
			In: s.From, Span: s.From.Span, Lacks: "HEALTHCHECK",
			Message: analysis.Say("The final image has no %s", "HEALTHCHECK"),
			Why:     analysis.Say("Docker and Compose see that the process runs, but not whether it still answers."),
		})
	},
}
