package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
)

// keptCaches returns the body of a rule on a package manager that fetches what it needs by itself
// and keeps it: metadata and perhaps packages. speaks says which programs the rule is on, size how
// much they keep, as a sentence.
func keptCaches(pm *ecosystem.System, speaks func(program string) bool, size string) func(*analysis.Pass) {
	return func(p *analysis.Pass) {
		j := edit.NewLayout(p.File)
		for _, s := range supplies(p.File, pm) {
			if !s.kept() || s.late != nil || !speaks(s.made[0].cmd.Name) {
				continue
			}
			var fix *analysis.Fix
			if len(s.used) > 0 { // else all of the RUN is to no purpose
				fix = s.keepNone(j)
			}
			if fix != nil {
				fix.Title = "Clean up in the same RUN"
			}
			p.Report(analysis.Finding{
				In: s.run, Span: s.made[0].cmd.Span, Because: shippedBy(p.File, s.run.Stage), Fix: fix,
				Values:  s.values,
				Message: analysis.Say("%s leaves its cache in the image", s.made[0].name()),
				Why:     analysis.Say(size),
			})
		}
	}
}
