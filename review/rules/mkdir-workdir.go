package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var mkdirWorkdir = &analysis.Rule{
	Name:     "mkdir-workdir",
	Doc:      "mkdir of the directory that the next WORKDIR creates anyway",
	Topic:    analysis.Cache,
	Since:    "0.1",
	Severity: analysis.Notice,
	Run: func(p *analysis.Pass) {
		all := p.File.Instructions()
		if len(all) > longFile {
			return
		}
		for i := 1; i < len(all); i++ {
			run, next := all[i-1], all[i]
			if next.Name == "WORKDIR" && run.Name == "RUN" && run.Stage == next.Stage && run.Stage != nil &&
				len(run.Flags) == 0 {
				reportMkdir(p, run, next)
			}
		}
	},
}

func reportMkdir(p *analysis.Pass, run, next *dockerfile.Instruction) {
	steps, plain := shell.Chain(run)
	if !plain || len(steps) != 1 || len(steps[0].Stmt.Redirs) > 0 {
		return
	}
	c := steps[0].Cmd
	words := shell.Read(run, c).Operands
	if len(words) != 1 || !onlyMakes(c, words[0].Text) || !plainPath(words[0].Text) {
		return
	}
	to := next.Resolve(next.Workdir(), next.Args.String())
	if made := dockerfile.Join(run.Workdir(), words[0].Text); made == "" || made != to {
		return
	}
	if !byRoot(run) {
		return // in builders other than BuildKit, root owns the folder that WORKDIR creates
	}
	f := analysis.Finding{
		In: run, Span: run.Span, With: []*dockerfile.Instruction{next}, Because: run.PathBy(words[0].Text),
		Message: analysis.Say("%s is not needed: %s creates the directory", shellText(run, c), next.OneLine()),
		Why:     analysis.Say("The RUN adds a layer and starts a container for nothing."),
	}
	if !run.File().CommentIn(run.Span) {
		f.Fix = &analysis.Fix{ // a comment above it describes the WORKDIR as well
			Title:         "Remove the RUN",
			Applicability: analysis.Safe,
			Edits:         []analysis.Edit{{Span: p.File.LineSpan(run.Lines())}},
			Drops:         []dockerfile.Span{run.Span},
		}
	}
	p.Report(f)
}

// byRoot reports whether no USER before the instruction names anyone but root.
func byRoot(in *dockerfile.Instruction) bool {
	user := "root"
	for _, x := range in.Stage.Before(in) {
		if x.Name == "USER" {
			user = x.Args.String()
		}
	}
	return user == "root" || user == "0"
}
