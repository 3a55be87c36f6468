package rules

import "github.com/dfbot/dfbot/review/analysis"

var severalCmd = &analysis.Rule{
	Name:     "several-cmd",
	Doc:      "More than one CMD in a stage, of which only the last has an effect",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL4003", "DS-0016", "MultipleInstructionsDisallowed"},
	Run: func(p *analysis.Pass) {
		reportSuperseded(p, "CMD", analysis.Say("It misleads anyone who reads or edits it about what the image "+
			"starts."))
	},
}
