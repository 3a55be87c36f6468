package rules

import "github.com/dfbot/dfbot/review/analysis"

var doesNotBuild = &analysis.Rule{
	Name:     "does-not-build",
	Doc:      "Dockerfile that parses but that BuildKit refuses to build",
	Topic:    analysis.Syntax,
	Since:    "0.1",
	Severity: analysis.Error,
	Program:  "buildkit",
}
