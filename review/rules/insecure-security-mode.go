package rules

import "github.com/dfbot/dfbot/review/analysis"

var insecureSecurityMode = &analysis.Rule{
	Name:     "insecure-security-mode",
	Doc:      "RUN --security=insecure, which gives a build step full privileges on the builder",
	Topic:    analysis.Network,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if f := in.Inner().Flag("security"); in.Inner().Name == "RUN" && f != nil && f.Value == "insecure" {
				p.Report(analysis.Finding{
					In: in, Span: f.Span,
					Message: analysis.Say("%s runs this step outside the build's sandbox", in.File().Text(f.Span)),
					Why: analysis.Say("It has full privileges on the build machine, and only builders "+
						"that allow %s build it at all.",
						"security.insecure"),
				})
			}
		}
	},
}
