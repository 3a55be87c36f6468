package rules

import "github.com/dfbot/dfbot/review/analysis"

var severalCmd = &analysis.Rule{
	Name:     "several-cmd",
	Doc:      "A stage has more than one CMD, of which only the last counts",
	Topic:    analysis.Runtime,
	Severity: analysis.Warning,
	Aliases:  []string{"DL4003", "DS-0016", "MultipleInstructionsDisallowed"},
	Run: func(p *analysis.Pass) {
		reportSuperseded(p, "CMD", analysis.Say("Who reads the file, or edits the wrong one, is misled about what the image starts."))
	},
}
