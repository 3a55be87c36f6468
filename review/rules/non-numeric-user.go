package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
)

var nonNumericUser = &analysis.Rule{
	Name:     "non-numeric-user",
	Doc:      "The image's user is a name, which Kubernetes cannot check for not being root",
	Topic:    analysis.Users,
	Severity: analysis.Off,
	Aliases:  []string{"DL3066"},
	Yields:   true, // a fix that goes back to the base image's user names it as the base image does
	Run: func(p *analysis.Pass) {
		s := finalStage(p.File)
		if s == nil || p.File.Escape == '`' {
			return // Windows knows no numbers
		}
		if ref, ok := baseOf(s); ok && ref.Family() == baseimage.Windows {
			return
		}
		who := endingUser(s)
		if who.set == nil || who.set.Stage != s || !who.other() || isNumber(who.name) {
			return
		}
		p.Report(analysis.Finding{
			In: who.set, Span: who.set.Span,
			Message: analysis.Say("The image's user is the name %s, not a number", who.name),
			Why:     analysis.Say("Kubernetes refuses to start it under `runAsNonRoot: true`, because a name may stand for root."),
		})
	},
}
