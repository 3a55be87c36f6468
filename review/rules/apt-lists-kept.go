package rules

import "github.com/dfbot/dfbot/review/analysis"

var aptListsKept = &analysis.Rule{
	Name:     "apt-lists-kept",
	Doc:      "the lists that apt-get update fetches stay in the image",
	Topic:    analysis.Packages,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3009"},
	Run: func(p *analysis.Pass) {
		j := newJoints(p.File)
		for _, s := range supplies(p.File, apt) {
			if !s.kept() || s.late != nil {
				continue
			}
			f := analysis.Finding{
				In: s.run, Span: s.made[0].cmd.Span, Because: shippedBy(p.File, s.run.Stage),
				Message: analysis.Say("The lists that %s fetches stay in the image", s.made[0].name()),
				Why:     analysis.Say("They take some 20 MB on Debian, 40 MB on Ubuntu, and are out of date within days."),
			}
			if len(s.later) > 0 {
				f.Why = analysis.Say("They take some 20 MB on Debian, 40 MB on Ubuntu. A later RUN installs from them: fetch, install and remove them in one.")
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
