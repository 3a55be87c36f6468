// Package shell answers questions about the shell code of a Dockerfile: which commands a RUN has, what && and `set -e`
// make of them, which pipelines there are, and what a command line says (Read: subcommand, flags, operands, and what
// is unknown). It never runs anything, knows no program of its own, and never guesses a word that it cannot know.
package shell

import (
	"slices"

	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

// Script returns the parsed shell code of a RUN, or of the RUN that an ONBUILD holds; nil where there is none, or none
// that could be parsed.
func Script(in *dockerfile.Instruction) *dockerfile.Script {
	in = in.Inner()
	if in.Name != "RUN" || in.Script == nil || in.Script.File == nil {
		return nil
	}
	return in.Script
}

// Commands returns the simple commands of a RUN, or of the RUN that an ONBUILD holds, in the order of the source.
func Commands(in *dockerfile.Instruction) []*dockerfile.Command {
	if s := Script(in); s != nil {
		return s.Commands()
	}
	return nil
}

// Calls returns those of the Commands that run one of the programs.
func Calls(in *dockerfile.Instruction, programs ...string) []*dockerfile.Command {
	var all []*dockerfile.Command
	for _, c := range Commands(in) {
		if slices.Contains(programs, c.Name) {
			all = append(all, c)
		}
	}
	return all
}

// Within returns the simple commands that are part of the node, nested ones included.
func Within(s *dockerfile.Script, n syntax.Node) []*dockerfile.Command {
	span := s.Span(n)
	var all []*dockerfile.Command
	for _, c := range s.Commands() {
		if span.Contains(c.Span) {
			all = append(all, c)
		}
	}
	return all
}

// Statement returns the statement that consists of the command; nil where there is none.
func Statement(s *dockerfile.Script, c *dockerfile.Command) *syntax.Stmt {
	var found *syntax.Stmt
	s.Walk(func(n syntax.Node) bool {
		if st, ok := n.(*syntax.Stmt); ok && st.Cmd == syntax.Command(c.Call) {
			found = st
		}
		return found == nil
	})
	return found
}
