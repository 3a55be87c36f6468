package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var zypperNonInteractive = &analysis.Rule{
	Name:     "zypper-non-interactive",
	Doc:      "zypper install without --non-interactive, which stops the build when it asks for confirmation",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3034"},
	Run: unanswered{
		pm: ecosystem.Zypper, speaks: func(string) bool { return true },
		message: asksFirst, why: asksAndStops, flag: "--non-interactive", global: true,
	}.run,
}
