package rules

import "github.com/dfbot/dfbot/review/analysis"

var undefinedArgInFrom = &analysis.Rule{
	Name:     "undefined-arg-in-from",
	Doc:      "FROM with a variable that no ARG above the first FROM declares",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Error,
	Aliases:  []string{"UndefinedArgInFrom"},
	Program:  "buildkit",
}
