package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var emptyContinuationLine = &analysis.Rule{
	Name:     "empty-continuation-line",
	Doc:      "Empty line inside an instruction that continues over several lines",
	Topic:    analysis.Syntax,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"NoEmptyContinuation"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			first, last := in.Lines()
			if len(in.Heredocs) > 0 {
				last = p.File.Line(in.Heredocs[0].Body.Start) - 1
			}
			var edits []analysis.Edit
			joined := ""
			for n := first + 1; n < last; n++ {
				line := p.File.LineSpan(n, n)
				if strings.TrimSpace(p.File.Text(line)) == "" {
					edits = append(edits, analysis.Edit{Span: line})
					if word := instructionOn(p.File, n+1); word != "" {
						joined = word
					}
				}
			}
			if len(edits) == 0 {
				continue
			}
			f := analysis.Finding{
				In: in, Span: in.Keyword,
				Message: analysis.Say("This %s continues after an empty line", in.Name),
				Why: analysis.Say("Docker has announced that it will refuse this, and readers take the empty line " +
					"for the end of the instruction."),
				Fix: &analysis.Fix{Title: "Remove the empty lines", Applicability: analysis.Safe, Edits: edits},
			}
			if joined != "" {
				f.Message = analysis.Say("The backslash before an empty line makes the next %s a part of this %s",
					joined, in.Name)
				f.Why = analysis.Say("It does not run as an instruction; remove the backslash.")
				f.Fix = nil
			}
			p.Report(f)
		}
	},
}

// keywords are the instructions that people write after others.
var keywords = []string{"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
	"RUN", "USER", "VOLUME", "WORKDIR"}

// instructionOn returns the keyword with which the 1-based line begins, "" where it begins with
// something else.
func instructionOn(f *dockerfile.File, line int) string {
	word, _, _ := strings.Cut(strings.TrimSpace(f.Text(f.LineSpan(line, line))), " ")
	if slices.Contains(keywords, word) {
		return word
	}
	return ""
}
