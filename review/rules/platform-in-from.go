package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var platformInFrom = &analysis.Rule{
	Name:     "platform-in-from",
	Doc:      "FROM with a fixed platform, which ignores the platform that the build requests",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL3029", "FromPlatformFlagConstDisallowed"},
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			flag := s.From.Flag("platform")
			if flag == nil || strings.Contains(flag.Value, "$") || flag.Value == "" || !s.Ships() ||
				chosenByName(p.File, s, flag.Value) {
				continue
			}
			p.Report(analysis.Finding{
				In: s.From, Span: flag.Span, Because: shippedBy(p.File, s),
				Message: analysis.Say("The image is always for %s, whatever platform the build requests", flag.Value),
				Why: analysis.Say("On other machines it runs under emulation or not at all, and a " +
					"multi-platform build publishes it under the wrong platform."),
			})
		}
	},
}

// chosenByName reports whether the file or the stage is one of several, each for its platform: then
// its path, its name or its image contains the platform. Windows images are never for another system.
func chosenByName(f *dockerfile.File, s *dockerfile.Stage, platform string) bool {
	names := strings.ToLower(f.Path + " " + s.Name + " " + s.Image.Text)
	parts := strings.Split(strings.ToLower(platform), "/")
	if parts[0] == "windows" {
		return true
	}
	for _, part := range parts[min(1, len(parts)-1):] {
		if part != "" && strings.Contains(names, part) {
			return true
		}
	}
	return strings.Contains(names, "arm") && strings.Contains(platform, "arm") // arm32v7, armhf
}
