package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var cdInRun = &analysis.Rule{
	Name:       "cd-in-run",
	Doc:        "RUN that ends with cd, which has no effect on the next instruction",
	Topic:      analysis.Shell,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice for a cd that only goes back",
	Aliases:    []string{"DL3003", "DS-0013"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			run := in.Inner()
			if run.Name != "RUN" || run.Script == nil || run.Script.File == nil {
				continue
			}
			if cd := lastCd(run.Script); cd != nil {
				reportLostCd(p, in, cd)
			}
		}
	},
}

// lastCd returns the cd with which the script ends, nil where it ends otherwise.
func lastCd(s *dockerfile.Script) *dockerfile.Command {
	stmts := s.Stmts()
	if len(stmts) == 0 {
		return nil
	}
	last := stmts[len(stmts)-1]
	for {
		b, ok := last.Cmd.(*syntax.BinaryCmd)
		if !ok || b.Op != syntax.AndStmt {
			break
		}
		last = b.Y
	}
	cd := s.Command(last)
	if cd == nil || cd.Name != "cd" || len(cd.Wrapper) > 0 || last.Negated || last.Background || len(last.Redirs) > 0 ||
		len(cd.Call.Assigns) > 0 {
		return nil
	}
	return cd
}

func reportLostCd(p *analysis.Pass, in *dockerfile.Instruction, cd *dockerfile.Command) {
	f := analysis.Finding{
		In: in, Span: cd.Span,
		Message: analysis.Say("%s has no effect: the RUN ends here, and the next instruction starts in "+
			"the WORKDIR again",
			shellText(in, cd)),
		Why: analysis.Say("%s changes the directory for everything after it, and creates it if needed.", "WORKDIR"),
	}
	if len(shell.Calls(in, "cd")) > 1 {
		f.AtMost = analysis.Notice // it only goes back to where the RUN came from
		f.Why = analysis.Say("Each RUN starts in the WORKDIR, so there is nothing to go back to.")
	}
	if p.File.InstructionCount() > longFile {
		p.Report(f)
		return
	}
	if f.Fix = workdirFor(in, cd); f.Fix == nil {
		f.Fix = withoutCd(in, cd)
	}
	p.Report(f)
}

// workdirFor sets the directory with WORKDIR where a RUN consists of the cd and at most a mkdir of the
// same directory. It returns nil for any other RUN, and where the directory is not certain.
func workdirFor(in *dockerfile.Instruction, cd *dockerfile.Command) *analysis.Fix {
	steps, plain := shell.Chain(in)
	if !plain || len(steps) > 2 || len(in.Flags) > 0 || in.Stage == nil || len(cd.Words) != 2 || !cd.Words[1].Literal {
		return nil
	}
	to := cd.Words[1].Text
	if len(steps) == 2 && !onlyMakes(steps[0].Cmd, to) || !plainPath(to) || in.File().CommentIn(in.Span) {
		return nil
	}
	if !strings.HasPrefix(to, "/") || relativeLater(in) {
		return nil
	}
	caveat := analysis.Say("Later instructions and the container then run in %s, not in the directory set before.", to)
	if at := in.Workdir(); strings.HasPrefix(at, "/") {
		caveat = analysis.Say("Later instructions and the container then run in %s, not in %s.", to, at)
	}
	return &analysis.Fix{
		Title:         "Use WORKDIR",
		Applicability: analysis.Unsafe,
		Caveat:        caveat,
		Edits:         []analysis.Edit{{Span: in.Span, New: edit.Keyword(in, "WORKDIR") + " " + to}},
		Drops:         []dockerfile.Span{in.Span},
		Adds:          []analysis.Addition{{Stage: in.Stage.Index, Text: "WORKDIR " + to}},
	}
}

// relativeLater reports whether an instruction after this one, other than a RUN, uses a path relative to the
// working directory: such a path would move with it.
func relativeLater(in *dockerfile.Instruction) bool {
	for _, x := range in.File().Instructions()[in.Index+1:] {
		if !x.Stage.BuiltOn(in.Stage) {
			continue
		}
		switch x.Name {
		case "WORKDIR":
			if v := x.Expand(x.Args.String()); !strings.HasPrefix(v.Text, "/") {
				return true
			} else if x.Stage == in.Stage {
				return false
			}
		case "COPY", "ADD":
			if v := x.Expand(lastWord(x).Text); !strings.HasPrefix(v.Text, "/") {
				return true
			}
		case "ONBUILD":
			return true
		case "CMD", "ENTRYPOINT":
			if len(x.Words) > 0 && strings.HasPrefix(x.Words[0].Text, ".") {
				return true
			}
		}
	}
	return false
}

// withoutCd removes the cd, which changes nothing.
func withoutCd(in *dockerfile.Instruction, cd *dockerfile.Command) *analysis.Fix {
	steps, plain := shell.Chain(in)
	if !plain || in.Trigger != nil || in.Stage == nil || len(steps) == 0 || steps[len(steps)-1].Cmd != cd ||
		len(cd.Words) != 2 || !cd.Words[1].Literal {
		return nil
	}
	fix := edit.DropCommand(in, cd)
	if fix != nil {
		fix.Title, fix.Applicability = "Remove the cd", analysis.Safe
	}
	return fix
}

// onlyMakes reports whether the command makes that folder and does nothing else.
func onlyMakes(c *dockerfile.Command, folder string) bool {
	if c.Name != "mkdir" || len(c.Wrapper) > 0 || len(c.Call.Assigns) > 0 {
		return false
	}
	made := false
	for _, w := range c.Args() {
		switch {
		case !w.Literal:
			return false
		case w.Text == "-p" || w.Text == "--parents" || w.Text == "-v" || w.Text == "-pv" || w.Text == "-vp":
		case strings.TrimSuffix(w.Text, "/") == strings.TrimSuffix(folder, "/") && !made:
			made = true
		default:
			return false
		}
	}
	return made
}

// plainPath reports whether the path means the same to a shell and to the builder, unquoted.
func plainPath(p string) bool {
	return p != "" && !strings.HasPrefix(p, "-") &&
		strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+") == ""
}
