package rules

import "github.com/dfbot/dfbot/review/analysis"

var shellCheck = &analysis.Rule{
	Name:     "shellcheck",
	Doc:      "Shell code that ShellCheck reports as a mistake",
	Topic:    analysis.Shell,
	Since:    "0.1",
	Severity: analysis.Warning,
	Program:  "shellcheck",
}
