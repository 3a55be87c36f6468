package rules

import (
	"path"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var shSymlink = &analysis.Rule{
	Name:     "sh-symlink",
	Doc:      "Link that replaces /bin/sh with another shell",
	Topic:    analysis.Shell,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL4005"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, c := range shell.Calls(in, "ln") {
				to := linkedShell(in, c)
				if to == "" {
					continue
				}
				f := analysis.Finding{
					In: in, Span: c.Span,
					Message: analysis.Say("This replaces %s for every program in the image", "/bin/sh"),
					Why: analysis.Say("An update of the package that owns it can undo that. %s changes only "+
						"the shell of this Dockerfile's steps.", `SHELL ["/bin/bash", "-c"]`),
				}
				if in.Trigger == nil && len(shell.Commands(in)) == 1 && len(in.Heredocs) == 0 {
					text := `SHELL ["` + to + `", "-c"]`
					f.Fix = &analysis.Fix{Title: "Set the shell of the steps below",
						Applicability: analysis.DisplayOnly,
						Edits:         []analysis.Edit{{Span: in.Span, New: text}},
						Drops:         []dockerfile.Span{in.Span},
						Adds:          []analysis.Addition{{Stage: in.Stage.Index, Text: text}}}
				}
				p.Report(f)
			}
		}
	},
}

// linkedShell returns the shell that an ln links /bin/sh to, "" where it makes another link.
func linkedShell(in *dockerfile.Instruction, c *dockerfile.Command) string {
	call := shell.Read(in, c)
	if len(call.Unknown) > 0 || len(call.Operands) != 2 {
		return ""
	}
	if to := call.Operands[1].Text; to != "/bin/sh" && to != "/usr/bin/sh" {
		return ""
	}
	return path.Join("/bin", path.Base(call.Operands[0].Text))
}
