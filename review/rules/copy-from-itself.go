package rules

import "github.com/dfbot/dfbot/review/analysis"

var copyFromItself = &analysis.Rule{
	Name:     "copy-from-itself",
	Doc:      "COPY --from or a mount that names the stage it is in",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Error,
	Aliases:  []string{"DL3023", "DS-0006"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Stage == nil || in.Stage.Name == "" || in.Trigger != nil {
				continue
			}
			for _, ref := range in.Refs() {
				if _, number := ref.Number(); number || ref.Stage() != in.Stage {
					continue
				}
				p.Report(analysis.Finding{
					In: in, Span: ref.Flag.Span,
					Message: analysis.Say("%s names the stage that it is in", refText(ref)),
					Why: analysis.Say("BuildKit stops with %s; to copy files within a stage, use %s.",
						"circular dependency detected", "RUN cp"),
				})
			}
		}
	},
}
