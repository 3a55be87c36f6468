package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var untaggedImage = &analysis.Rule{
	Name:     "untagged-image",
	Doc:      "A base image is named without a tag, which means latest",
	Topic:    analysis.Images,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3006", "DS-0001", "CKV_DOCKER_7"},
	Run: func(p *analysis.Pass) {
		for _, im := range baseImages(p.File) {
			if im.ref.Tag != "" || im.ref.Digest != "" || im.ref.Rolling() || !im.published() {
				continue
			}
			f := im.finding()
			f.Message = analysis.Say("%s without a tag names whatever image was pushed last", im.text)
			f.Why = analysis.Say("The same commit builds differently tomorrow, and a builder with a warm cache differently from one without.")
			if tag := im.ref.Current(); tag != "" {
				f.Fix = im.tagged(tag)
			}
			p.Report(f)
		}
	},
}

// published reports whether the name is that of an image in a registry. A bare word may as well be
// a build context that the builder is given by that name, or one's own image on one's own machine.
func (im *image) published() bool {
	return im.ref.Library() != "" || strings.Contains(im.text, "/")
}
