package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var aptAssumeYes = &analysis.Rule{
	Name:     "apt-assume-yes",
	Doc:      "apt-get install without -y, which stops the build when it asks for confirmation",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3014", "DS-0021"},
	Run: unanswered{
		pm: ecosystem.Apt, speaks: func(string) bool { return true },
		places:   aptConfiguration,
		settings: []string{"apt::get::assume-yes", "assume-yes \"true\"", "assume-yes=true"},
		message:  "%s without %s may prompt, and a build cannot answer",
		why:      "The build stops at the prompt, perhaps only months later, when a package gets a new dependency.",
		flag:     "-y",
	}.run,
}
