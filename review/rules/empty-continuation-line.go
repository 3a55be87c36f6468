package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var emptyContinuationLine = &analysis.Rule{
	Name:     "empty-continuation-line",
	Doc:      "An empty line stands inside an instruction that goes on over several lines",
	Topic:    analysis.Syntax,
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
				Message: analysis.Say("This %s goes on behind an empty line", in.Name),
				Why:     analysis.Say("Docker has announced that this will be an error; a reader takes the empty line for the instruction's end."),
				Fix:     &analysis.Fix{Title: "Take the empty lines out", Applicability: analysis.Safe, Edits: edits},
			}
			if joined != "" {
				f.Message = analysis.Say("A backslash before an empty line makes the next %s a part of this %s", joined, in.Name)
				f.Why = analysis.Say("It is not carried out as an instruction. Take the backslash away.")
				f.Fix = nil
			}
			p.Report(f)
		}
	},
}

// keywords are the instructions that people write behind others.
var keywords = []string{"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "USER", "VOLUME", "WORKDIR"}

// instructionOn returns the keyword with which the 1-based line begins, "" where it begins with
// something else.
func instructionOn(f *dockerfile.File, line int) string {
	word, _, _ := strings.Cut(strings.TrimSpace(f.Text(f.LineSpan(line, line))), " ")
	if slices.Contains(keywords, word) {
		return word
	}
	return ""
}
