// Package shell answers questions about the shell code of a Dockerfile: which commands a RUN has, what && and `set -e`
// make of them, which pipelines there are, and what a command line says (Read: subcommand, flags, operands, and what
// is unknown). It never runs anything, knows no program of its own, and never guesses a word that it cannot know.
package shell

import (
	"path"
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

// Wrapper returns the call of a wrapper that has been taken off the command, as a command of its own: that of sudo in
// `sudo -u app npm ci`. It is nil where there is no such wrapper.
func Wrapper(in *dockerfile.Instruction, c *dockerfile.Command, name string) *dockerfile.Command {
	script := Script(in)
	if script == nil {
		return nil
	}
	args := c.Call.Args
	i := slices.IndexFunc(args, func(w *syntax.Word) bool {
		text, ok := dockerfile.Literal(w)
		return ok && path.Base(text) == name
	})
	if i < 0 || c.Name != name && !slices.Contains(c.Wrapper, name) {
		return nil
	}
	wrapper := &dockerfile.Command{Name: name, Call: c.Call, Span: c.Span}
	for _, w := range args[i:] {
		text, ok := dockerfile.Literal(w)
		wrapper.Words = append(wrapper.Words,
			dockerfile.ShellWord{Text: text, Literal: ok, Span: script.Span(w), Node: w})
	}
	return wrapper
}

// Values lists the values that ARGs and ENVs give to words of the instruction's code.
func Values(in *dockerfile.Instruction, words ...dockerfile.ShellWord) []dockerfile.Value {
	in = in.Inner()
	var all []dockerfile.Value
	for _, w := range words {
		if !w.Literal {
			all = append(all, in.Expand(in.File().Text(w.Span)))
		}
	}
	return all
}
