package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// reportSuperseded reports each instruction of that name that has another one after it in the same
// stage: only the last has an effect.
func reportSuperseded(p *analysis.Pass, name string, why analysis.Message) {
	for _, s := range p.File.Stages() {
		var last *dockerfile.Instruction
		for _, in := range slices.Backward(s.Instructions()) {
			switch {
			case in.Name != name:
			case last == nil:
				last = in
			default:
				p.Report(analysis.Finding{
					In: in, Span: in.Span, With: []*dockerfile.Instruction{last},
					Message: analysis.Say("This %s has no effect: the stage has another one further down, and "+
						"only the last counts", name),
					Why: why,
					Fix: removal(in),
				})
			}
		}
	}
}

// removal removes an instruction without effect, with its lines. It is nil where a comment belongs to
// the instruction: only the author knows what to do with it.
func removal(in *dockerfile.Instruction) *analysis.Fix {
	f := in.File()
	if f.CommentIn(in.WithComments()) {
		return nil
	}
	first, last := in.Lines()
	if first > 1 && last < f.LineCount() && blankLine(f, first-1) && blankLine(f, last+1) {
		last++
	}
	return &analysis.Fix{
		Title: "Remove it", Applicability: analysis.Safe, Drops: []dockerfile.Span{in.Span},
		Edits: []analysis.Edit{{Span: f.LineSpan(first, last)}},
	}
}

func blankLine(f *dockerfile.File, n int) bool {
	return strings.TrimSpace(f.Text(f.LineSpan(n, n))) == ""
}
