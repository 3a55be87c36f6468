package config_test

import "github.com/dfbot/dfbot/review/analysis"

// known are rules made up for these tests.
var known = []*analysis.Rule{
	{
		Name: "apt-recommends", Doc: "apt-get installs recommended packages too", Severity: analysis.Warning,
		Aliases: []string{"DL3015"},
	},
	{
		Name: "copy-before-install", Doc: "sources are copied before dependencies are installed",
		Severity: analysis.Warning, Aliases: []string{"DL9000"},
		Options: []analysis.Option{
			{Name: "managers", Doc: "Only these package managers.", Default: []string(nil)},
			{Name: "min-files", Doc: "Say nothing of smaller copies.", Default: 1},
			{Name: "strict", Doc: "Also where the order does not matter.", Default: false},
		},
	},
	{
		Name: "shell-form-command", Doc: "CMD in shell form", Severity: analysis.Notice,
		Aliases: []string{"DL3025", "JSONArgsRecommended", "ShellForm"},
		Options: []analysis.Option{{Name: "shell", Doc: "The shell that is meant.", Default: ""}},
	},
	{
		Name: "shell-form-entrypoint", Doc: "ENTRYPOINT in shell form", Severity: analysis.Error,
		Aliases: []string{"DL3025", "ShellForm"},
		Options: []analysis.Option{{Name: "label", Doc: "Any text.", Default: ""}},
	},
}
