package rules

import "github.com/dfbot/dfbot/review/analysis"

var invalidDefaultArgInFrom = &analysis.Rule{
	Name:     "invalid-default-arg-in-from",
	Doc:      "Base image whose name is invalid without build arguments",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Off, // an ARG without a value leaves it to the caller on purpose
	Aliases:  []string{"InvalidDefaultArgInFrom"},
	Program:  "buildkit",
}
