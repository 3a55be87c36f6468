package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/shell"
)

// relayer is a command that changes the owner or the mode of files which a COPY has put into a
// layer before, so that the layer above holds all of them again.
type relayer struct {
	in     *dockerfile.Instruction
	steps  []shell.Step // of the RUN
	plain  bool         // the RUN is a chain
	at     int          // which of the steps it is
	value  string       // the owner or the mode, as written
	path   string       // what it is done to, as Workdir gives it
	copies []*dockerfile.Instruction
	word   dockerfile.ShellWord // path, as written
}

// by says what makes the path what it is: of the word, and of what the COPYs bring below it.
func (r *relayer) by() (because []*dockerfile.Instruction, values []dockerfile.Value) {
	because = r.in.PathBy(r.word.Text)
	for _, c := range r.copies {
		because = append(append(because, c), c.PathBy(lastWord(copyIn(c)).Text)...)
	}
	return because, shell.Values(r.in, r.word)
}

// longFile is the number of instructions beyond which rules do not compare each with all others.
const longFile = 500

// relayers lists the recursive calls of the program in a RUN, with the COPYs before whose files
// they touch.
func relayers(in *dockerfile.Instruction, program string) []relayer {
	if in.Name != "RUN" || in.Stage == nil || in.File().InstructionCount() > longFile ||
		len(shell.Calls(in, program)) == 0 {
		return nil
	}
	steps, plain := shell.Chain(in)
	var all []relayer
	for i, st := range steps {
		if st.Cmd.Name != program || len(st.Cmd.Wrapper) > 0 {
			continue
		}
		r := relayer{in: in, steps: steps, plain: plain, at: i}
		if r.read() {
			all = append(all, r)
		}
	}
	return all
}

// read reads the step, and reports whether it is recursive and touches files of a COPY before it.
func (r *relayer) read() bool {
	st := r.steps[r.at]
	call := shell.Read(r.in, st.Cmd)
	if !call.Has("-R", "--recursive") || len(call.Operands) < 2 {
		return false
	}
	if value := call.Operands[0]; value.Literal {
		r.value = value.Text
	}
	for _, w := range call.Operands[1:] {
		r.path, r.word = locate(st, w), w.ShellWord
		if r.path == "" || r.path == "/" {
			continue
		}
		if r.copies = copiesBelow(r.in, r.path); len(r.copies) > 0 {
			return true
		}
	}
	return false
}

// locate returns the path that the word means to the step, "" where that is not certain.
func locate(st shell.Step, w shell.Word) string {
	if !w.Known || w.Text == "" || strings.ContainsAny(w.Text, "*?[~") {
		return ""
	}
	return dockerfile.Join(st.Cwd, w.Text)
}

// copiesBelow lists the COPYs and ADDs of the stage, before the instruction, that write to the
// path or below it.
func copiesBelow(in *dockerfile.Instruction, p string) []*dockerfile.Instruction {
	var all []*dockerfile.Instruction
	for _, c := range in.Stage.Instructions() {
		if c.Index >= in.Index {
			break
		}
		m := copyIn(c)
		if m == nil || c.Trigger != nil {
			continue
		}
		if _, ok := dockerfile.Below(p, c.Resolve(c.Workdir(), lastWord(m).Text)); ok {
			all = append(all, c)
		}
	}
	return all
}

// bulky reports whether one of the COPYs brings more than single files, as far as dfbot can see.
func bulky(ctx *buildcontext.Context, copies []*dockerfile.Instruction) bool {
	for _, in := range copies {
		for _, s := range meantSources(in) {
			switch {
			case strings.HasPrefix(s.Word.Text, "<<"), !s.Path.Known:
			case s.Local && s.Whole():
				return true
			case s.Local && ctx.Known():
				if len(ctx.Match(s.Path.Text)) > 1 {
					return true
				}
			case path.Ext(s.Path.Text) == "" && !slices.Contains(plainNames, strings.ToLower(path.Base(s.Path.Text))):
				return true
			}
		}
	}
	return false
}

// withoutFlag returns the COPYs without the flag.
func withoutFlag(copies []*dockerfile.Instruction, flag string) []*dockerfile.Instruction {
	var all []*dockerfile.Instruction
	for _, c := range copies {
		if c.Flag(flag) == nil {
			all = append(all, c)
		}
	}
	return all
}

// onlyCopied reports whether nothing but the COPYs puts files below the path, as far as the file
// tells: then the COPYs can do what the command does.
func (r *relayer) onlyCopied() bool {
	if !r.plain || !strings.HasPrefix(r.path, "/") {
		return false
	}
	for _, in := range r.in.Stage.Before(r.in) {
		if !slices.Contains(r.copies, in) && !leavesNothing(in, r.path) {
			return false
		}
	}
	return !slices.ContainsFunc(r.steps[:r.at], func(st shell.Step) bool { return !stepLeavesNothing(st, r.path) })
}

// leavesNothing reports whether the instruction certainly puts no file below the folder.
func leavesNothing(in *dockerfile.Instruction, dir string) bool {
	switch in.Name {
	case "COPY", "ADD":
		c := copyIn(in)
		if c == nil {
			return false
		}
		to := in.Resolve(in.Workdir(), lastWord(c).Text)
		return to != "" && reorder.Outside(to, []string{dir})
	case "RUN":
		steps, plain := shell.Chain(in)
		return !in.JSON && plain &&
			!slices.ContainsFunc(steps, func(st shell.Step) bool { return !stepLeavesNothing(st, dir) })
	}
	return in.Name != "ONBUILD"
}

func stepLeavesNothing(st shell.Step, dir string) bool {
	if reorder.Independent(st, []string{dir}) {
		return true
	}
	c := st.Cmd
	if len(st.Stmt.Redirs) > 0 {
		return false
	}
	call := shell.Read(st.In, c)
	if call.Program != "pip" && call.Program != "pip3" || call.Sub.Text != "install" {
		return false
	}
	for _, w := range c.Args() {
		if !w.Literal || w.Text == "." {
			return false
		}
	}
	return !call.Has("-e", "--editable", "-t", "--target", "--prefix", "--root", "--src")
}

// without takes the command out of its RUN, and the RUN out of the file where it does nothing else. The comments on it
// go to the first of the COPYs, which do its work from now on.
func (r *relayer) without() *analysis.Fix {
	if len(r.steps) == 1 && r.in.File().CommentIn(r.in.Span) {
		return nil
	}
	part := r.cut()
	if part == nil {
		return nil
	}
	comments := edit.TakeComments(r.in.File(), part)
	return edit.All(part, edit.CommentAbove(r.copies[0], comments))
}

// cut takes the command out of its RUN, or the RUN out of the file, with the comments on it.
func (r *relayer) cut() *analysis.Fix {
	if len(r.in.Script.Stmts()) != 1 {
		return nil
	}
	return edit.DropStatement(r.in, r.steps[r.at].Stmt)
}
