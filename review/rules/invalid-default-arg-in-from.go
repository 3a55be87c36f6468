package rules

import "github.com/dfbot/dfbot/review/analysis"

var invalidDefaultArgInFrom = &analysis.Rule{
	Name:     "invalid-default-arg-in-from",
	Doc:      "The defaults of the global ARGs do not make the name of a base image",
	Topic:    analysis.Images,
	Severity: analysis.Off, // an ARG without a value is left to the caller on purpose
	Aliases:  []string{"InvalidDefaultArgInFrom"},
	Program:  "buildkit",
}
