package rules

import "github.com/dfbot/dfbot/review/analysis"

var zypperNonInteractive = &analysis.Rule{
	Name:     "zypper-non-interactive",
	Doc:      "zypper install without --non-interactive: it asks, and in a build nobody answers",
	Topic:    analysis.Packages,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3034"},
	Run: unanswered{
		pm: zypper, speaks: func(string) bool { return true },
		message: asksFirst, why: asksAndStops, flag: "--non-interactive", global: true,
	}.run,
}
