package config_test

import "github.com/dfbot/dfbot/config"

// known are rules made up for these tests.
var known = config.Known{Rules: []config.KnownRule{
	{
		Name: "apt-recommends", Doc: "apt-get installs recommended packages too", Severity: config.Warning,
		Aliases: []string{"DL3015"},
	},
	{
		Name: "copy-before-install", Doc: "sources are copied before dependencies are installed", Severity: config.Warning,
		Aliases: []string{"DL9000"},
		Options: []config.KnownOption{
			{Name: "managers", Doc: "Only these package managers.", Type: config.OptionStrings, Enum: []string{"npm", "pip"}},
			{Name: "min-files", Doc: "Say nothing of smaller copies.", Type: config.OptionInt, Default: 1},
			{Name: "strict", Doc: "Also where the order does not matter.", Type: config.OptionBool, Default: false},
		},
	},
	{
		Name: "shell-form-command", Doc: "CMD in shell form", Severity: config.Notice,
		Aliases: []string{"DL3025", "JSONArgsRecommended", "ShellForm"},
		Options: []config.KnownOption{{Name: "shell", Doc: "The shell that is meant.", Type: config.OptionString, Enum: []string{"bash", "sh"}}},
	},
	{
		Name: "shell-form-entrypoint", Doc: "ENTRYPOINT in shell form", Severity: config.Error,
		Aliases: []string{"DL3025", "ShellForm"},
		Options: []config.KnownOption{{Name: "label", Doc: "Any text.", Type: config.OptionString}},
	},
}}
