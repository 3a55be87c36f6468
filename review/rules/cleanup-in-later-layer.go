package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
)

var cleanupInLaterLayer = &analysis.Rule{
	Name:     "cleanup-in-later-layer",
	Doc:      "Package lists or caches removed in a later RUN, which does not make the image smaller",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		j := edit.NewLayout(p.File)
		for _, pm := range []*ecosystem.System{ecosystem.Apt, ecosystem.RPM, ecosystem.Zypper} {
			groups := map[*cleaning][]*supply{}
			var order []*cleaning
			for _, s := range supplies(p.File, pm) {
				if s.late == nil || !s.kept() {
					continue
				}
				if groups[s.late] == nil {
					order = append(order, s.late)
				}
				groups[s.late] = append(groups[s.late], s)
			}
			for _, c := range order {
				reportLate(p, j, c, groups[c])
			}
		}
	},
}

// reportLate reports a cleanup that comes too late for the supplies.
func reportLate(p *analysis.Pass, j *edit.Layout, c *cleaning, of []*supply) {
	f := analysis.Finding{
		In: c.in, Span: c.cmd.Span, Because: shippedBy(p.File, c.in.Stage), Fix: fixLate(j, c, of),
		Message: analysis.Say("This cleans up after %s too late: the files stay in the earlier layer",
			of[0].made[0].name()),
		Why: analysis.Say("A later RUN can only hide them, so the image does not get smaller."),
	}
	for _, s := range of {
		f.With = append(f.With, s.run)
	}
	p.Report(f)
}
