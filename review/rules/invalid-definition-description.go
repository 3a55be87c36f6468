package rules

import "github.com/dfbot/dfbot/review/analysis"

var invalidDefinitionDescription = &analysis.Rule{
	Name:     "invalid-definition-description",
	Doc:      "Comment above a stage or an ARG that does not start with its name, so Docker does not show it",
	Topic:    analysis.Syntax,
	Since:    "0.1",
	Severity: analysis.Off, // hardly any comment above a FROM or an ARG is meant as a description
	Aliases:  []string{"InvalidDefinitionDescription"},
	Program:  "buildkit",
}
