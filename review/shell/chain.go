package shell

import (
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

// Step is one command of a RUN that runs its commands one after the other.
type Step struct {
	In   *dockerfile.Instruction
	Cmd  *dockerfile.Command
	Stmt *syntax.Stmt
	Cwd  string // the folder it works in, as Instruction.Workdir gives it; "" where a cd leads to an unknown one
}

// Chain returns the commands that a RUN runs one after the other, and whether it does nothing else: every command is
// part of a chain of &&, or the shell ends at the first failure, so that each runs only where all before it have
// succeeded. Code in a heredoc is never read as a chain.
func Chain(in *dockerfile.Instruction) (steps []Step, plain bool) {
	c := in.Keep(chainKey{}, func() any {
		steps, plain := readChain(in)
		return chain{steps, plain}
	}).(chain)
	return c.steps, c.plain
}

// chain is what an instruction keeps under chainKey.
type chain struct {
	steps []Step
	plain bool
}

type chainKey struct{}

func readChain(in *dockerfile.Instruction) (steps []Step, plain bool) {
	if in.Script == nil || in.Script.File == nil || len(in.Heredocs) > 0 {
		return nil, false
	}
	cwd, top := in.Workdir(), in.Script.Stmts()
	plain = len(top) < 2 || ReadErrexit(in.Script).Always
	for _, st := range Links(in.Script) {
		cmd := in.Script.Command(st)
		if cmd == nil || st.Background || st.Negated {
			plain = false
			continue
		}
		steps = append(steps, Step{in, cmd, st, cwd})
		if cmd.Name == "cd" { // each may make the path longer
			in.File().Charge(2 * len(cwd))
			cwd = changed(cwd, cmd)
		}
	}
	return steps, plain
}

// Links returns the statements at the top of the script, chains of && taken apart: dockerfile.Links of each.
func Links(s *dockerfile.Script) []*syntax.Stmt {
	if s == nil || s.File == nil {
		return nil
	}
	return s.Links()
}

// changed is the folder to which a cd leads, "" for one that is not known.
func changed(cwd string, cd *dockerfile.Command) string {
	if len(cd.Words) != 2 || !cd.Words[1].Literal || len(cwd) > maxChanged {
		return ""
	}
	to := cd.Words[1].Text
	if strings.HasPrefix(to, "-") || strings.HasPrefix(to, "~") {
		return ""
	}
	return dockerfile.Join(cwd, to)
}

// maxChanged is the most bytes of a folder from which a cd is followed: each may make the path longer, and all of them
// are copied.
const maxChanged = 512
