package rules

import "github.com/dfbot/dfbot/review/analysis"

var insecureSecurityMode = &analysis.Rule{
	Name:     "insecure-security-mode",
	Doc:      "RUN --security=insecure runs a build step with every privilege on the builder",
	Topic:    analysis.Network,
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if f := in.Inner().Flag("security"); in.Inner().Name == "RUN" && f != nil && f.Value == "insecure" {
				p.Report(analysis.Finding{
					In: in, Span: f.Span,
					Message: analysis.Say("%s runs this step without the sandbox of the build", in.File().Text(f.Span)),
					Why:     analysis.Say("It has every privilege on the machine that builds, and only builders that are told to allow %s build it at all.", "security.insecure"),
				})
			}
		}
	},
}
