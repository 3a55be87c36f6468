package rules

import "github.com/dfbot/dfbot/review/analysis"

var yumAssumeYes = &analysis.Rule{
	Name:     "yum-assume-yes",
	Doc:      "yum install without -y: it asks, and in a build nobody answers",
	Topic:    analysis.Packages,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3030"},
	Run: unanswered{
		pm: rpm, speaks: func(name string) bool { return name == "yum" }, settings: rpmSaysYes,
		message: asksFirst, why: asksAndStops, flag: "-y",
	}.run,
}
