package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var dnfAssumeYes = &analysis.Rule{
	Name:     "dnf-assume-yes",
	Doc:      "dnf install without -y, which stops the build when it asks for confirmation",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3038"},
	Run: unanswered{
		pm: ecosystem.RPM, speaks: func(name string) bool { return name != "yum" }, places: rpmConfiguration,
		settings: rpmSaysYes,
		message:  asksFirst, why: asksAndStops, flag: "-y",
	}.run,
}
