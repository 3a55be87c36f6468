package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var dockerignoreGap = &analysis.Rule{
	Name:     "dockerignore-gap",
	Doc:      "COPY takes files along that .dockerignore should hide",
	Topic:    analysis.Context,
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		if !p.Context.Known() {
			return
		}
		if at := p.Context.IgnoreFile(); at != "" && !p.Context.IgnoreFileRead() {
			return
		}
		said := map[string]bool{}
		for _, in := range p.File.Instructions {
			c := copyIn(in)
			if c == nil || p.Context.IgnoreFile() == "" && takesAll(in) {
				continue
			}
			for _, l := range leaks(p, c) {
				if !said[l.pattern] {
					said[l.pattern] = true
					reportGap(p, in, l)
				}
			}
		}
	},
}

func reportGap(p *analysis.Pass, in *dockerfile.Instruction, l leak) {
	f := analysis.Finding{
		In: in, Span: in.Span,
		Message: analysis.Say("%s takes %s along, which "+l.why, oneLine(in), l.file),
		Why:     analysis.Say("The line %s in %s keeps it out.", l.pattern, ignoreFileOf(p)),
	}
	if l.pattern == ".git" {
		f.Why = analysis.Say("The layer is built anew after every commit, whatever that changes, and holds the whole history. The line %s in %s keeps it out.", l.pattern, ignoreFileOf(p))
	}
	if !l.secret && !ships(p.File, in.Stage) {
		f.AtMost = analysis.Notice
	}
	p.Report(f)
}
