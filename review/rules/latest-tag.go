package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var latestTag = &analysis.Rule{
	Name:       "latest-tag",
	Doc:        "Image with the tag latest, which is whatever was pushed last",
	Topic:      analysis.Images,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice for the default of an ARG, for an image that this repository builds and in --from",
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
		for _, in := range p.File.Instructions() {
			for _, ref := range in.Refs() {
				latestInFrom(p, in, ref)
			}
		}
	},
}

// latestInFrom reports an image from which a COPY or a mount takes files.
func latestInFrom(p *analysis.Pass, in *dockerfile.Instruction, ref dockerfile.Ref) {
	im := image{text: ref.Name, ref: baseimage.Parse(ref.Name)}
	if im.ref.Tag != "latest" || im.ref.Digest != "" || im.ref.Rolling() || !im.published() ||
		strings.Contains(ref.Name, "$") || ref.Stage() != nil || p.Context.Named(ref.Name).Guess() != nil {
		return
	}
	p.Report(analysis.Finding{
		In: in, Span: ref.Flag.Span, AtMost: analysis.Notice, Subject: original(im.ref),
		Message: analysis.Say("%s is whatever image was pushed last", im.text),
		Why:     analysis.Say(whyMoving),
	})
}
