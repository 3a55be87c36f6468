package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var instructionCasing = &analysis.Rule{
	Name:     "instruction-casing",
	Doc:      "Instruction keywords in mixed case, or a stage name with capitals",
	Topic:    analysis.Syntax,
	Since:    "0.1",
	Severity: analysis.Off, // style
	Aliases:  []string{"ConsistentInstructionCasing", "FromAsCasing", "StageNameCasing"},
	Run: func(p *analysis.Pass) {
		small := mostlySmall(p.File)
		for _, in := range p.File.Instructions() {
			reportCase(p, in, in.Keyword, small, "keyword")
			if in.Trigger != nil {
				reportCase(p, in, in.Trigger.Keyword, small, "keyword")
			}
			if in.Name == "FROM" && len(in.Words) == 3 {
				// AS goes with its FROM (FromAsCasing).
				as := p.File.Text(in.Keyword) == strings.ToLower(in.Name)
				reportCase(p, in, in.Words[1].Span, as, "word")
				reportCase(p, in, in.Words[2].Span, true, "stage name")
			}
		}
	},
}

// mostlySmall reports whether more of the file's keywords are lowercase than uppercase.
func mostlySmall(f *dockerfile.File) bool {
	small := 0
	for _, in := range f.Instructions() {
		switch f.Text(in.Keyword) {
		case in.Name:
			small--
		case strings.ToLower(in.Name):
			small++
		}
	}
	return small > 0
}

// reportCase reports a word that is not in the wanted letters.
func reportCase(p *analysis.Pass, in *dockerfile.Instruction, at dockerfile.Span, small bool, what string) {
	word := p.File.Text(at)
	want, letters := strings.ToUpper(word), "uppercase"
	if small {
		want, letters = strings.ToLower(word), "lowercase"
	}
	if word == want || strings.ContainsAny(word, "\n$") {
		return
	}
	p.Report(analysis.Finding{
		In: in, Span: at,
		Message: analysis.Say("The "+what+" %s is not "+letters, word),
		Fix: &analysis.Fix{Title: "Write it in " + letters, Applicability: analysis.Safe,
			Edits: []analysis.Edit{{Span: at, New: want}}},
	})
}
