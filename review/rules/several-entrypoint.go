package rules

import "github.com/dfbot/dfbot/review/analysis"

var severalEntrypoint = &analysis.Rule{
	Name:     "several-entrypoint",
	Doc:      "A stage has more than one ENTRYPOINT, of which only the last counts",
	Topic:    analysis.Runtime,
	Severity: analysis.Warning,
	Aliases:  []string{"DL4004", "DS-0007", "MultipleInstructionsDisallowed"},
	Run: func(p *analysis.Pass) {
		reportSuperseded(p, "ENTRYPOINT", analysis.Say("Who reads the file, or edits the wrong one, is misled about what the image starts."))
	},
}
