package rules

import "github.com/dfbot/dfbot/review/analysis"

var buildDefinitionBroken = &analysis.Rule{
	Name:     "build-definition-broken",
	Doc:      "Compose file, workflow or script that builds a Dockerfile, target or context which does not exist",
	Topic:    analysis.Context,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error for what the pull request breaks, warning in a new build and for an argument that the " +
		"Dockerfile does not declare",
	Definitions: true,
}
