package rules

import "github.com/dfbot/dfbot/review/analysis"

var invalidDefinitionDescription = &analysis.Rule{
	Name:     "invalid-definition-description",
	Doc:      "The comment above a stage or an ARG does not begin with its name, so Docker does not take it for a description",
	Topic:    analysis.Syntax,
	Severity: analysis.Off, // of comments above FROM and ARG, hardly any is meant as one
	Aliases:  []string{"InvalidDefinitionDescription"},
	Program:  "buildkit",
}
