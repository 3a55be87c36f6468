package baseimage

import (
	"slices"
	"strings"
)

// Development says what the image's tag follows where that is the development of a system or language and no release of
// it; "" for any other image.
func (r Ref) Development() string {
	first, _, _ := strings.Cut(r.Tag, "-")
	lib := r.Library()
	if r.place() == "rustlang/rust" {
		lib = r.place()
	}
	for _, d := range developments {
		if slices.Contains(strings.Fields(d.images), lib) && slices.Contains(strings.Fields(d.tags), first) {
			return d.what
		}
	}
	return ""
}

// developments are the tags as the pages of the images on https://hub.docker.com describe them.
var developments = []struct{ images, tags, what string }{
	{"debian buildpack-deps", "sid unstable", "Debian's unstable distribution"},
	{"debian buildpack-deps", "testing forky", "Debian's next release in development"},
	{"debian", "experimental rc", "Debian's experimental distribution"},
	{"ubuntu", "devel", "Ubuntu's next release in development"},
	{"alpine", "edge", "Alpine's development branch"},
	{"fedora", "rawhide", "Fedora's development branch"},
	{"rustlang/rust", "nightly", "a nightly build of Rust"},
	{"swift", "nightly", "a nightly build of Swift"},
}
