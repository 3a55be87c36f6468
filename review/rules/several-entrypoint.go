package rules

import "github.com/dfbot/dfbot/review/analysis"

var severalEntrypoint = &analysis.Rule{
	Name:     "several-entrypoint",
	Doc:      "More than one ENTRYPOINT in a stage, of which only the last has an effect",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL4004", "DS-0007", "MultipleInstructionsDisallowed"},
	Run: func(p *analysis.Pass) {
		reportSuperseded(p, "ENTRYPOINT", analysis.Say("It misleads anyone who reads or edits it about what the "+
			"image starts."))
	},
}
