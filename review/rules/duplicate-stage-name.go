package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var duplicateStageName = &analysis.Rule{
	Name:     "duplicate-stage-name",
	Doc:      "Two stages with the same name, of which later instructions only reach the last",
	Topic:    analysis.Images,
	Since:    "0.1",
	Severity: analysis.Error,
	Aliases:  []string{"DL3024", "DuplicateStageName", "DS-0012", "CKV_DOCKER_11"},
	Run: func(p *analysis.Pass) {
		first := map[string]*dockerfile.Stage{}
		for _, s := range p.File.Stages() {
			name := strings.ToLower(s.Name)
			if name == "" {
				continue
			}
			if earlier := first[name]; earlier != nil {
				p.Report(analysis.Finding{
					In: s.From, Span: s.From.Words[2].Span, With: []*dockerfile.Instruction{earlier.From},
					Message: analysis.Say("An earlier stage is already named %s", s.Name),
					Why: analysis.Say("From here on the name refers to this stage; %s and %s no "+
						"longer reach the earlier one.",
						"COPY --from", "--target"),
				})
				continue
			}
			first[name] = s
		}
	},
}
