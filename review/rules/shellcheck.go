package rules

import "github.com/dfbot/dfbot/review/analysis"

var shellCheck = &analysis.Rule{
	Name:     "shellcheck",
	Doc:      "ShellCheck finds shell code that does something else than it says",
	Topic:    analysis.Shell,
	Severity: analysis.Warning,
	Program:  "shellcheck",
}
