package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
)

var movingBase = &analysis.Rule{
	Name:     "moving-base",
	Doc:      "Image whose tag follows the development of a system or language",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Notice,
	Run: func(p *analysis.Pass) {
		for _, im := range baseImages(p.File) {
			if im.ref.Digest != "" {
				continue
			}
			f := im.finding()
			switch what := im.ref.Development(); {
			case what != "":
				f.Message = analysis.Say("%s is "+what+", which changes every few days", im.text)
				f.Why = analysis.Say("The next build may have other versions of everything, and may fail without a " +
					"commit. Use a release, or add the digest.")
			case untaggedDistroless(im.ref):
				f.Message = analysis.Say("%s has no tag, so it moves to the next release of Debian one day", im.text)
				f.Why = analysis.Say("Name the release (%s), or add the digest.", "gcr.io/"+im.ref.Name+"-debian13")
			default:
				continue
			}
			p.Report(f)
		}
	},
}

// untaggedDistroless reports whether the image is one of distroless that names no release of Debian, tag or digest.
func untaggedDistroless(ref baseimage.Ref) bool {
	return ref.Registry == "gcr.io" && strings.HasPrefix(ref.Name, "distroless/") && ref.Tag == "" &&
		!strings.Contains(ref.Name, "-debian")
}
