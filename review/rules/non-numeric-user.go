package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
)

var nonNumericUser = &analysis.Rule{
	Name:     "non-numeric-user",
	Doc:      "USER given by name, which Kubernetes cannot check against runAsNonRoot",
	Topic:    analysis.Users,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL3066"},
	Yields:   true, // a fix that returns to the base image's user names it as the base image does
	Run: func(p *analysis.Pass) {
		s := p.File.Final()
		if s == nil || p.File.Escape == '`' {
			return // Windows has no user numbers
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
			Message: analysis.Say("The image's user is the name %s instead of a number", who.name),
			Why: analysis.Say("With %s, Kubernetes does not start the image, because it cannot check whether "+
				"the name is root.",
				"runAsNonRoot: true"),
		})
	},
}
