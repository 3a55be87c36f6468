package rules

import "github.com/dfbot/dfbot/review/analysis"

var aptAssumeYes = &analysis.Rule{
	Name:     "apt-assume-yes",
	Doc:      "apt-get install without -y: it asks, and in a build nobody answers",
	Topic:    analysis.Packages,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3014", "DS-0021"},
	Run: unanswered{
		pm: apt, speaks: func(string) bool { return true }, settings: []string{"apt::get::assume-yes", "assume-yes \"true\"", "assume-yes=true"},
		message: "%s asks before it does more than it was told, and in a build nobody answers",
		why:     "The build goes on only as long as nothing besides the named packages is to be installed or removed.", flag: "-y",
	}.run,
}
