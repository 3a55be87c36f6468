package rules

import "github.com/dfbot/dfbot/review/analysis"

var largeBaseImage = &analysis.Rule{
	Name:     "large-base-image",
	Doc:      "The final image stands on the large variant of a base that also comes slim",
	Topic:    analysis.Size,
	Severity: analysis.Off,
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			ref, ok := imageOf(s)
			slim, large := ref.Bulky()
			if !ok || !large || !ships(s) {
				continue
			}
			p.Report(analysis.Finding{
				In: s.From, Span: s.From.Words[0].Span, Because: shippedBy(p.File, s),
				Message: analysis.Say("The final image stands on %s; there is %s with what programs need at run time", s.Image.Text, ref.Name+":"+slim),
				Why:     analysis.Say("The large variant brings compilers, headers and version control, several hundred megabytes of them."),
			})
		}
	},
}
