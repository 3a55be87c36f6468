package rules

import "github.com/dfbot/dfbot/review/analysis"

var undefinedVar = &analysis.Rule{
	Name:     "undefined-var",
	Doc:      "Variable that neither the Dockerfile nor the base image sets",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"UndefinedVar"},
	Program:  "buildkit",
}
