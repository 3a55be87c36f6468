package rules

import "github.com/dfbot/dfbot/review/analysis"

var largeBaseImage = &analysis.Rule{
	Name:     "large-base-image",
	Doc:      "Final image based on the large variant of an image that also has a slim one",
	Topic:    analysis.Size,
	Since:    "0.1",
	Severity: analysis.Off,
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			ref, ok := imageOf(s)
			slim, large := ref.Bulky()
			if !ok || !large || !s.Ships() {
				continue
			}
			p.Report(analysis.Finding{
				In: s.From, Span: s.From.Words[0].Span, Because: shippedBy(p.File, s),
				Subject: repository(s.Image.Text),
				Message: analysis.Say("The final image is based on %s instead of %s", s.Image.Text, ref.Name+":"+slim),
				Why: analysis.Say("The large variant adds several hundred megabytes of compilers, headers and " +
					"version control, which few programs need at run time."),
			})
		}
	},
}
