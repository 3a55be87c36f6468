package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var wgetAndCurl = &analysis.Rule{
	Name:     "wget-and-curl",
	Doc:      "Both wget and curl in one stage, where one is enough",
	Topic:    analysis.Size,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL4001", "DS-0014"},
	Run: func(p *analysis.Pass) {
		first := map[*dockerfile.Stage]map[string]*dockerfile.Instruction{}
		for _, in := range p.File.Instructions() {
			used := first[in.Stage]
			if used == nil {
				used = map[string]*dockerfile.Instruction{}
				first[in.Stage] = used
			}
			for _, c := range shell.Calls(in, "wget", "curl") {
				if used[c.Name] != nil || len(c.Words) > 1 && c.Words[1].Text == "--version" {
					continue
				}
				used[c.Name] = in
				other := used[map[string]string{"wget": "curl", "curl": "wget"}[c.Name]]
				if other == nil {
					continue
				}
				f := analysis.Finding{
					In: in, Span: c.Span,
					Message: analysis.Say("This stage downloads with both %s and %s", "wget", "curl"),
					Why:     analysis.Say("Either can do both, and the image then needs one package less."),
				}
				if other != in {
					f.With = []*dockerfile.Instruction{other}
				}
				p.Report(f)
			}
		}
	},
}
