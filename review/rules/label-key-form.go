package rules

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var labelKeyForm = &analysis.Rule{
	Name:     "label-key-form",
	Doc:      "Label key that is not in the form that Docker recommends",
	Topic:    analysis.Labels,
	Since:    "0.1",
	Severity: analysis.Off, // style
	Aliases:  []string{"DL3048"},
	Run: func(p *analysis.Pass) {
		eachKey(p.File, func(in *dockerfile.Instruction, pair dockerfile.Pair, key string) {
			if recommendedKey.MatchString(key) && !strings.Contains(key, "..") && !strings.Contains(key, "--") {
				return
			}
			p.Report(analysis.Finding{
				In: in, Span: keySpan(p.File, pair),
				Message: analysis.Say("The label key %s is not in the form that Docker recommends", key),
				Why: analysis.Say("That form starts with a letter and has only lowercase letters, digits, single " +
					"dots and single dashes, so that filters need no quotes."),
			})
		})
	},
}

// recommendedKey: https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations
var recommendedKey = regexp.MustCompile(`^[a-z](?:[a-z0-9._/-]*[a-z0-9])?$`)
