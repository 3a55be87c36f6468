package rules

import "github.com/dfbot/dfbot/review/analysis"

var severalHealthcheck = &analysis.Rule{
	Name:     "several-healthcheck",
	Doc:      "A stage has more than one HEALTHCHECK, of which only the last counts",
	Topic:    analysis.Runtime,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3012", "DS-0023", "MultipleInstructionsDisallowed"},
	Run: func(p *analysis.Pass) {
		reportSuperseded(p, "HEALTHCHECK", analysis.Say("Who reads the file, or edits the wrong one, is misled about how the image is checked."))
	},
}
