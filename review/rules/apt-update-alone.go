package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
)

var aptUpdateAlone = &analysis.Rule{
	Name:     "apt-update-alone",
	Doc:      "apt-get update and apt-get install in separate RUNs, so a cached update goes stale",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DS-0017", "CKV_DOCKER_5"},
	Run: func(p *analysis.Pass) {
		j := edit.NewLayout(p.File)
		for _, s := range supplies(p.File, ecosystem.Apt) {
			if len(s.used) > 0 || s.open || s.cleaned || len(s.later) == 0 {
				continue
			}
			p.Report(analysis.Finding{
				In: s.run, Span: s.made[0].cmd.Span, With: []*dockerfile.Instruction{s.later[0].in},
				Message: analysis.Say("%s and the %s that needs its lists are in separate RUNs",
					s.made[0].name(), s.later[0].name()),
				Why: analysis.Say("A cached update goes stale: when the packages change, the install asks for old " +
					"versions that the mirrors no longer have, and the build fails."),
				Fix: fetchAndInstall(s, j),
			})
		}
	},
}

// fetchAndInstall joins the RUN that fetches the lists with those that install from them, and
// removes the lists after the last one where they would stay in the image.
func fetchAndInstall(s *supply, j *edit.Layout) *analysis.Fix {
	runs := s.segment()
	if runs == nil {
		return nil
	}
	var fix *analysis.Fix
	if s.kept() && s.late == nil {
		fix = s.keepNone(j)
	} else {
		fix = s.together(j)
	}
	if fix != nil {
		fix.Title = "Update and install in one RUN"
	}
	return fix
}
