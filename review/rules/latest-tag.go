package rules

import "github.com/dfbot/dfbot/review/analysis"

var latestTag = &analysis.Rule{
	Name:       "latest-tag",
	Doc:        "Base image with the tag latest, which is whatever was pushed last",
	Topic:      analysis.Images,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice for the default of an ARG and for an image that this repository builds",
	Aliases:    []string{"DL3007", "DS-0001", "CKV_DOCKER_7"},
	Run: func(p *analysis.Pass) {
		for _, im := range baseImages(p.File) {
			if im.ref.Tag != "latest" || im.ref.Digest != "" || im.ref.Rolling() || !im.published() {
				continue
			}
			f := im.moving(p)
			f.Message = analysis.Say("%s is whatever image was pushed last", im.text)
			p.Report(f)
		}
	},
}
