package rules

import (
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
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

// removal removes an instruction that has no effect.
func removal(in *dockerfile.Instruction) *analysis.Fix {
	fix := edit.DropInstruction(in)
	if fix != nil {
		fix.Title, fix.Applicability = "Remove it", analysis.Safe
	}
	return fix
}
