package rules

import "github.com/dfbot/dfbot/review/analysis"

var undigestedImage = &analysis.Rule{
	Name:     "undigested-image",
	Doc:      "A base image is not named by its digest",
	Topic:    analysis.Images,
	Severity: analysis.Off,
	Aliases:  []string{"dockerfile-source-not-pinned"},
	Run: func(p *analysis.Pass) {
		for _, im := range baseImages(p.File) {
			if im.ref.Digest != "" || !im.published() {
				continue
			}
			f := im.finding()
			f.Message = analysis.Say("%s is named without a digest", im.text)
			f.Why = analysis.Say("Whoever can push the tag decides what is built from this commit.")
			p.Report(f)
		}
	},
}
