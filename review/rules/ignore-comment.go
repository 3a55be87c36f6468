package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var ignoreComment = &analysis.Rule{
	Name:     "ignore-comment",
	Doc:      "Comment that turns off rules",
	Topic:    analysis.Syntax,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL1001"},
	Run: func(p *analysis.Pass) {
		for _, ig := range p.File.Ignores {
			p.Report(analysis.Finding{
				In: ig.Comment.Next, Span: ig.Comment.Span,
				Message: analysis.Say("A comment turns off %s", strings.Join(ig.Rules, ", ")),
				Why:     analysis.Say("This repository wants a reviewer to see every exception."),
			})
		}
	},
}
