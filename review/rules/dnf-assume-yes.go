package rules

import "github.com/dfbot/dfbot/review/analysis"

var dnfAssumeYes = &analysis.Rule{
	Name:     "dnf-assume-yes",
	Doc:      "dnf install without -y: it asks, and in a build nobody answers",
	Topic:    analysis.Packages,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3038"},
	Run: unanswered{
		pm: rpm, speaks: func(name string) bool { return name != "yum" }, settings: rpmSaysYes,
		message: asksFirst, why: asksAndStops, flag: "-y",
	}.run,
}
