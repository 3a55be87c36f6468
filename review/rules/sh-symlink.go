package rules

import (
	"path"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var shSymlink = &analysis.Rule{
	Name:     "sh-symlink",
	Doc:      "/bin/sh is replaced by a link to another shell",
	Topic:    analysis.Shell,
	Severity: analysis.Notice,
	Aliases:  []string{"DL4005"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, c := range shell.Calls(in, "ln") {
				to := linkedShell(c)
				if to == "" {
					continue
				}
				f := analysis.Finding{
					In: in, Span: c.Span,
					Message: analysis.Say("This replaces %s for every program of the image", "/bin/sh"),
					Why:     analysis.Say("The next update of the package that owns it may put it back. %s changes the shell of this Dockerfile's own steps only.", `SHELL ["/bin/bash", "-c"]`),
				}
				if in.Trigger == nil && len(shell.Commands(in)) == 1 && len(in.Heredocs) == 0 {
					text := `SHELL ["` + to + `", "-c"]`
					f.Fix = &analysis.Fix{Title: "Choose the shell of the steps below", Applicability: analysis.DisplayOnly,
						Edits: []analysis.Edit{{Span: in.Span, New: text}},
						Drops: []dockerfile.Span{in.Span}, Adds: []analysis.Addition{{Stage: in.Stage.Index, Text: text}}}
				}
				p.Report(f)
			}
		}
	},
}

// linkedShell returns what an ln makes /bin/sh a link to, "" where it makes another link.
func linkedShell(c *dockerfile.Command) string {
	var operands []string
	for _, w := range c.Args() {
		if !w.Literal {
			return ""
		}
		if !isFlag(w) {
			operands = append(operands, w.Text)
		}
	}
	if len(operands) != 2 || operands[1] != "/bin/sh" && operands[1] != "/usr/bin/sh" {
		return ""
	}
	return path.Join("/bin", path.Base(operands[0]))
}
