package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var aptNoninteractiveEnv = &analysis.Rule{
	Name:     "apt-noninteractive-env",
	Doc:      "ENV DEBIAN_FRONTEND=noninteractive, which persists in the image after the build",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Notice,
	Run: func(p *analysis.Pass) {
		if p.File.StageCount() == 0 {
			return
		}
		in, pair := lastFrontend(p.File.Stages()[p.File.StageCount()-1])
		if in == nil || !strings.EqualFold(strings.Trim(pair.Value, `"' `), "noninteractive") {
			return
		}
		p.Report(analysis.Finding{
			In: in, Span: pair.Span, Because: shippedBy(p.File, in.Stage), Fix: frontendArg(in, pair),
			Message: analysis.Say("%s persists in the image and suppresses prompts for anyone who installs packages "+
				"in a container", "DEBIAN_FRONTEND=noninteractive"),
			Why: analysis.Say("%s applies to the RUNs after it and leaves nothing in the image.",
				"ARG DEBIAN_FRONTEND=noninteractive"),
		})
	},
}

// lastFrontend returns the last ENV that sets DEBIAN_FRONTEND in the stage or the stages it is built
// from; nil where none does.
func lastFrontend(s *dockerfile.Stage) (*dockerfile.Instruction, dockerfile.Pair) {
	for _, stage := range s.Lineage() {
		for _, in := range slices.Backward(stage.Instructions()) {
			if in.Name != "ENV" {
				continue
			}
			for _, pair := range in.Pairs {
				if pair.Key == "DEBIAN_FRONTEND" {
					return in, pair
				}
			}
		}
	}
	return nil, dockerfile.Pair{}
}

// frontendArg turns the ENV into an ARG; nil where it sets more, or where another stage inherits it.
func frontendArg(in *dockerfile.Instruction, pair dockerfile.Pair) *analysis.Fix {
	if len(in.Pairs) != 1 || in.Stage == nil || !in.Stage.Final() ||
		strings.ContainsAny(in.File().Text(in.Span), "\n") {
		return nil
	}
	keyword := "ARG"
	if in.File().Text(in.Keyword) == "env" {
		keyword = "arg"
	}
	text := pair.Key + "=" + pair.Value
	return &analysis.Fix{
		Title: "Set it only during the build", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("Programs in the container, and images built on this one, no longer see the variable."),
		Edits:  []analysis.Edit{{Span: in.Keyword, New: keyword}, {Span: pair.Span, New: text}},
		Drops:  []dockerfile.Span{in.Span},
		Adds:   []analysis.Addition{{Stage: in.Stage.Index, Text: "ARG " + text}},
	}
}
