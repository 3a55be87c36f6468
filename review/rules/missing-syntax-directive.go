package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var missingSyntaxDirective = &analysis.Rule{
	Name:     "missing-syntax-directive",
	Doc:      "Newer features are used and no syntax directive asks for a frontend that knows them",
	Topic:    analysis.Syntax,
	Severity: analysis.Off,
	Run: func(p *analysis.Pass) {
		if p.File.Syntax != "" {
			return
		}
		for _, in := range p.File.Instructions() {
			if feature := newFeature(in); feature != "" {
				reportNoSyntax(p, in, feature)
				return
			}
		}
	},
}

// newFeature names what in the instruction came to BuildKit's frontend after Docker made BuildKit its
// default (https://github.com/moby/buildkit/releases), "" where there is nothing.
func newFeature(in *dockerfile.Instruction) string {
	if len(in.Heredocs) > 0 {
		return "here-documents"
	}
	for _, f := range in.Inner().Flags {
		switch f.Name {
		case "security", "checksum", "exclude", "parents", "unpack", "keep-git-dir", "device":
			return "--" + f.Name
		}
	}
	return ""
}

func reportNoSyntax(p *analysis.Pass, in *dockerfile.Instruction, feature string) {
	at := 0
	if strings.HasPrefix(string(p.File.Src), "\xef\xbb\xbf") {
		at = 3
	}
	p.Report(analysis.Finding{
		In: in, Span: in.Keyword,
		Message: analysis.Say("The file uses %s and leaves it to the builder's age whether that is known", feature),
		Why:     analysis.Say("With %s on the first line every BuildKit fetches the newest stable frontend.", "# syntax=docker/dockerfile:1"),
		Fix: &analysis.Fix{
			Title:         "Ask for the stable frontend",
			Applicability: analysis.Unsafe,
			Caveat:        analysis.Say("Each build then fetches %s, which needs a way to the registry.", "docker/dockerfile:1"),
			Edits:         []analysis.Edit{{Span: dockerfile.Span{Start: at, End: at}, New: "# syntax=docker/dockerfile:1" + p.File.EOL()}},
		},
	})
}
