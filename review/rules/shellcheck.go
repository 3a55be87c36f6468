package rules

import "github.com/dfbot/dfbot/review/analysis"

var shellCheck = &analysis.Rule{
	Name:     "shellcheck",
	Doc:      "Shell code that ShellCheck reports as a mistake",
	Topic:    analysis.Shell,
	Severity: analysis.Warning,
	Program:  "shellcheck",
}
