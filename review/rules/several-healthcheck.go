package rules

import "github.com/dfbot/dfbot/review/analysis"

var severalHealthcheck = &analysis.Rule{
	Name:     "several-healthcheck",
	Doc:      "More than one HEALTHCHECK in a stage, of which only the last has an effect",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3012", "DS-0023", "MultipleInstructionsDisallowed"},
	Run: func(p *analysis.Pass) {
		reportSuperseded(p, "HEALTHCHECK", analysis.Say("It misleads anyone who reads or edits it about how the "+
			"image is checked."))
	},
}
