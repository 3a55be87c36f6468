package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var platformInFrom = &analysis.Rule{
	Name:     "platform-in-from",
	Doc:      "FROM fixes the platform, so that the image is for that one whatever the build asks for",
	Topic:    analysis.Images,
	Severity: analysis.Notice,
	Aliases:  []string{"DL3029", "FromPlatformFlagConstDisallowed"},
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages {
			flag := s.From.Flag("platform")
			if flag == nil || strings.Contains(flag.Value, "$") || flag.Value == "" || chosenByName(p.File, s, flag.Value) || !ships(p.File, s) {
				continue
			}
			p.Report(analysis.Finding{
				In: s.From, Span: flag.Span,
				Message: analysis.Say("The image is for %s whatever platform the build asks for", flag.Value),
				Why:     analysis.Say("On machines of another kind it runs emulated or not at all, and a build for several platforms labels it wrongly."),
			})
		}
	},
}

// ships reports whether the final image is built on the stage. The platform of a stage whose files
// are only copied is its own affair.
func ships(f *dockerfile.File, s *dockerfile.Stage) bool { return under(finalStage(f), s) }

// chosenByName reports whether the stage is one of several for different platforms: its name tells
// the platform, and another stage is chosen by such names.
func chosenByName(f *dockerfile.File, s *dockerfile.Stage, platform string) bool {
	for _, part := range strings.Split(platform, "/") {
		if part != "" && strings.Contains(strings.ToLower(s.Name), strings.ToLower(part)) {
			return true
		}
	}
	return strings.HasPrefix(strings.ToLower(platform), "windows")
}
