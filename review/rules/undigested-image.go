package rules

import "github.com/dfbot/dfbot/review/analysis"

var undigestedImage = &analysis.Rule{
	Name:     "undigested-image",
	Doc:      "Base image that is not pinned by digest",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"dockerfile-source-not-pinned"},
	Run: func(p *analysis.Pass) {
		for _, im := range baseImages(p.File) {
			if im.ref.Digest != "" || !im.published() {
				continue
			}
			f := im.finding()
			f.Message = analysis.Say("%s is not pinned by digest", im.text)
			f.Why = analysis.Say("Anyone who can push the tag decides what this commit is built from.")
			p.Report(f)
		}
	},
}
