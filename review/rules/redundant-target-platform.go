package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var redundantTargetPlatform = &analysis.Rule{
	Name:     "redundant-target-platform",
	Doc:      "FROM --platform=$TARGETPLATFORM says what holds anyway",
	Topic:    analysis.Images,
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
				Message: analysis.Say("The flag says what holds without it: every stage is for %s by default", "$TARGETPLATFORM"),
				Fix: &analysis.Fix{Title: "Leave the flag out", Applicability: analysis.Safe,
					Edits: []analysis.Edit{{Span: withGap(s.From, flag.Span)}}},
			})
		}
	},
}

// withGap is the flag with the white space behind it, as far as that stands on the same line.
func withGap(in *dockerfile.Instruction, s dockerfile.Span) dockerfile.Span {
	src := in.File().Src
	for s.End < len(src) && (src[s.End] == ' ' || src[s.End] == '\t') {
		s.End++
	}
	return s
}
