package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
)

var aptListsKept = &analysis.Rule{
	Name:     "apt-lists-kept",
	Doc:      "apt-get update without removing the package lists, which stay in the image",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3009"},
	Run: func(p *analysis.Pass) {
		j := edit.NewLayout(p.File)
		for _, s := range supplies(p.File, ecosystem.Apt) {
			if !s.kept() || s.late != nil {
				continue
			}
			f := analysis.Finding{
				In: s.run, Span: s.made[0].cmd.Span, Because: shippedBy(p.File, s.run.Stage), Values: s.values,
				Message: analysis.Say("%s leaves its package lists in the image", s.made[0].name()),
				Why: analysis.Say("They add about 20 MB on Debian or 40 MB on Ubuntu and are " +
					"outdated within days."),
			}
			if len(s.later) > 0 {
				f.Why = analysis.Say("They add about 20 MB on Debian or 40 MB on Ubuntu; a later RUN installs from " +
					"them, so update, install and remove the lists in one RUN.")
			}
			if len(s.used)+len(s.later) > 0 || s.open {
				f.Fix = s.keepNone(j)
			}
			if f.Fix != nil {
				f.Fix.Title = "Remove the lists in the same RUN"
			}
			p.Report(f)
		}
	},
}
