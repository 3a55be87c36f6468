package rules

import "github.com/dfbot/dfbot/review/analysis"

var doesNotBuild = &analysis.Rule{
	Name:     "does-not-build",
	Doc:      "BuildKit takes the Dockerfile's lines, and refuses what they mean together",
	Topic:    analysis.Syntax,
	Severity: analysis.Error,
	Program:  "buildkit",
}
