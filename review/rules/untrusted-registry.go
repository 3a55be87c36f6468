package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var untrustedRegistry = &analysis.Rule{
	Name:     "untrusted-registry",
	Doc:      "Image from a registry that the configuration does not list as trusted",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Error,
	Aliases:  []string{"DL3026"},
	Options: []analysis.Option{{
		Name:    "trusted-registries",
		Doc:     "Registries, or prefixes of image names, from which images may come; * matches anything at either end",
		Default: []string(nil),
	}},
	Run: func(p *analysis.Pass) {
		trusted := p.Option("trusted-registries").([]string)
		if len(trusted) == 0 {
			return
		}
		for _, in := range p.File.Instructions() {
			for _, src := range imageSources(in) {
				if !trusts(trusted, baseimage.Parse(src.image)) {
					p.Report(analysis.Finding{
						In: in, Span: src.span, Subject: repository(src.image),
						Message: analysis.Say("%s comes from a registry that is not trusted", src.image),
						Why:     analysis.Say("The configuration's %s does not include it.", "trusted-registries"),
					})
				}
			}
		}
	},
}

// imageSource is a place where an instruction gets files or its base from an image.
type imageSource struct {
	image string
	span  dockerfile.Span
}

// imageSources lists the known images that a FROM, COPY --from or RUN --mount=from= names, without
// stages.
func imageSources(in *dockerfile.Instruction) []imageSource {
	if in.Stage == nil {
		return nil
	}
	if in.Name == "FROM" {
		if _, ok := imageOf(in.Stage); ok {
			return []imageSource{{in.Stage.Image.Text, in.Words[0].Span}}
		}
		return nil
	}
	var all []imageSource
	for _, ref := range in.Refs() {
		if ref.Name != "scratch" && ref.Stage() == nil && looksLikeImage(ref.Name) && !strings.Contains(ref.Name, "$") {
			all = append(all, imageSource{ref.Name, ref.Flag.Span})
		}
	}
	return all
}

// looksLikeImage reports whether a word after --from can only be an image: a bare one may be a build
// context that the builder is given by that name.
func looksLikeImage(word string) bool {
	return strings.ContainsAny(word, "/:@") || baseimage.Parse(word).Library() != ""
}

// trusts reports whether one of the patterns covers the image.
func trusts(patterns []string, ref baseimage.Ref) bool {
	name := ref.Registry + "/" + ref.Name
	if ref.Official() {
		name = ref.Registry + "/library/" + ref.Name
	}
	for _, pattern := range patterns {
		if pattern == "hub.docker.com" {
			pattern = "docker.io"
		}
		if covered(pattern, ref.Registry) || covered(pattern, name) ||
			strings.HasPrefix(name, strings.TrimSuffix(pattern, "/")+"/") {
			return true
		}
	}
	return false
}

func covered(pattern, name string) bool {
	head, tail := strings.HasPrefix(pattern, "*"), strings.HasSuffix(pattern, "*")
	core := strings.Trim(pattern, "*")
	switch {
	case head && tail:
		return strings.Contains(name, core)
	case head:
		return strings.HasSuffix(name, core)
	case tail:
		return strings.HasPrefix(name, core)
	}
	return name == pattern
}
