package rules

import (
	"math"
	"slices"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// reached is a command that certainly runs, unless a step before it fails.
type reached struct {
	cmd *dockerfile.Command
	// fatal: where it fails, so does the whole code.
	fatal bool
}

// reachedCommands lists the commands of the code that certainly run, in order: those at the top, in chains of && and in
// pipelines, and those whose output is assigned there. Nothing after a possible exit is among them.
func reachedCommands(s *dockerfile.Script) (all []reached) {
	if s == nil || s.File == nil {
		return nil
	}
	errexit, top, end := shell.ReadErrexit(s), s.Stmts(), leavesAt(s)
	for i, st := range top {
		for _, link := range dockerfile.Links(st) {
			if s.Span(link).Start > end {
				return all
			}
			r := reader{s, errexit, i == len(top)-1}
			all = append(all, r.read(link)...)
		}
	}
	return all
}

// leavesAt returns where in the file a command first may end the shell, or put another program in its place.
func leavesAt(s *dockerfile.Script) int {
	for _, c := range s.Commands() {
		if c.Name == "exit" || c.Name == "return" || c.Name == "exec" || slices.Contains(c.Wrapper, "exec") {
			return c.Span.Start
		}
	}
	return math.MaxInt
}

// checkedCommands lists the commands of a HEALTHCHECK that certainly run. What `|| exit 1` does is not among them.
func checkedCommands(s *dockerfile.Script) []reached {
	if s == nil || s.File == nil || len(s.Stmts()) != 1 {
		return nil
	}
	st := s.File.Stmts[0]
	or, ok := st.Cmd.(*syntax.BinaryCmd)
	if !ok || or.Op != syntax.OrStmt {
		return reachedCommands(s)
	}
	fails := s.Command(or.Y)
	if fails == nil || fails.Name != "false" && (fails.Name != "exit" || len(fails.Words) != 2 ||
		fails.Words[1].Text == "0") {
		return nil
	}
	var all []reached
	for _, link := range dockerfile.Links(or.X) {
		all = append(all, reader{s, shell.Errexit{}, true}.read(link)...)
	}
	return all
}

// reader reads a statement at the top of a script.
type reader struct {
	script  *dockerfile.Script
	errexit shell.Errexit
	last    bool // its exit status is that of the script
}

func (r reader) read(st *syntax.Stmt) []reached {
	if st.Negated || st.Background {
		return nil
	}
	switch node := st.Cmd.(type) {
	case *syntax.CallExpr:
		if c := r.script.Command(st); c != nil {
			return []reached{{c, r.last || r.errexit.At(c)}}
		}
		return r.assigned(node)
	case *syntax.BinaryCmd:
		if node.Op != syntax.Pipe {
			return nil
		}
		all := r.read(node.Y)
		before := r.read(node.X)
		for i := range before {
			before[i].fatal = false
		}
		return append(before, all...)
	}
	return nil
}

// assigned lists the commands whose output the assignments take; the status of the last is that of the statement.
func (r reader) assigned(call *syntax.CallExpr) (all []reached) {
	for i, a := range call.Assigns {
		if a.Value == nil || len(a.Value.Parts) != 1 {
			continue
		}
		part := a.Value.Parts[0]
		if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
			part = quoted.Parts[0]
		}
		subst, ok := part.(*syntax.CmdSubst)
		if !ok || len(subst.Stmts) != 1 {
			continue
		}
		if c := r.script.Command(subst.Stmts[0]); c != nil && !subst.Stmts[0].Negated {
			all = append(all, reached{c, i == len(call.Assigns)-1 && (r.last || r.errexit.At(c))})
		}
	}
	return all
}
