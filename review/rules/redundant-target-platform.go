package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var redundantTargetPlatform = &analysis.Rule{
	Name:     "redundant-target-platform",
	Doc:      "FROM --platform=$TARGETPLATFORM, which is the default",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL3065", "RedundantTargetPlatform"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Args {
			for _, pair := range in.Pairs {
				if pair.Key == "TARGETPLATFORM" {
					return // the file gives it a value of its own
				}
			}
		}
		for _, s := range p.File.Stages() {
			flag := s.From.Flag("platform")
			if flag == nil || flag.Value != "$TARGETPLATFORM" && flag.Value != "${TARGETPLATFORM}" {
				continue
			}
			p.Report(analysis.Finding{
				In: s.From, Span: flag.Span,
				Message: analysis.Say("Every stage is for %s by default, so this flag changes nothing",
					"$TARGETPLATFORM"),
				Why: analysis.Say("Readers look for a reason for it, and there is none."),
				Fix: &analysis.Fix{Title: "Remove the flag", Applicability: analysis.Safe,
					Edits: []analysis.Edit{{Span: withGap(s.From, flag.Span)}}},
			})
		}
	},
}

// withGap is the flag with the white space after it on the same line.
func withGap(in *dockerfile.Instruction, s dockerfile.Span) dockerfile.Span {
	src := in.File().Src
	for s.End < len(src) && (src[s.End] == ' ' || src[s.End] == '\t') {
		s.End++
	}
	return s
}
