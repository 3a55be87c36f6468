package shell

import (
	"path"
	"sort"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Errexit is where in a script a failing command ends it: by the options of SHELL, by a line `#!/bin/sh -e`, or by
// `set -e` and `set -o errexit`. A `set` in a subshell or under a condition counts for all code below it.
type Errexit struct {
	Always bool // from the first command to the last
	Ever   bool // somewhere in the script

	started bool // the shell itself is started so
	changes []change
}

// change is a `set` in the code.
type change struct {
	at int // offset in the file
	on bool
}

// At reports whether a failure ends the script where the command is.
func (e Errexit) At(c *dockerfile.Command) bool {
	if n := sort.Search(len(e.changes), func(i int) bool { return e.changes[i].at >= c.Span.Start }); n > 0 {
		return e.changes[n-1].on
	}
	return e.started
}

// ReadErrexit works it out for the script, which has to be parsed.
func ReadErrexit(s *dockerfile.Script) Errexit {
	e := Errexit{started: startsErrexit(s)}
	e.Always, e.Ever = e.started, e.started
	for _, c := range s.Commands() {
		if c.Name != "set" {
			continue
		}
		switch errexitOption(literals(c.Args())) {
		case '-':
			e.changes = append(e.changes, change{c.Span.Start, true})
			e.Ever = true
			e.Always = e.Always || len(e.changes) == 1 && first(s) == c
		case '+':
			e.changes = append(e.changes, change{c.Span.Start, false})
		}
	}
	for _, c := range e.changes {
		e.Always = e.Always && c.on
	}
	return e
}

// first returns the command that the script begins with; nil where it begins with anything else.
func first(s *dockerfile.Script) *dockerfile.Command {
	stmts := s.Stmts()
	if len(stmts) == 0 || stmts[0].Background {
		return nil
	}
	return s.Command(dockerfile.Links(stmts[0])[0])
}

// startsErrexit reports whether the shell is started with the option. A script with a #! line is a program of its own,
// to which SHELL does not apply, but the line is a comment to a shell that reads the script from its input.
func startsErrexit(s *dockerfile.Script) bool {
	line, _, _ := strings.Cut(s.Text.String(), "\n")
	if strings.HasPrefix(line, "#!") && s.Inner == "" {
		return errexitOption(interpreterArgs(strings.Fields(line[2:]))) == '-'
	}
	if s.SetBy == nil || len(s.SetBy.Words) == 0 {
		return false
	}
	var words []string
	for _, w := range s.SetBy.Words[1:] {
		words = append(words, w.Text)
	}
	return errexitOption(words) == '-'
}

// interpreterArgs returns the words after the program that a #! line names, perhaps by `/usr/bin/env -S`.
func interpreterArgs(words []string) []string {
	if len(words) > 0 && path.Base(words[0]) == "env" {
		words = words[1:]
		for len(words) > 0 && strings.HasPrefix(words[0], "-") {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		return nil
	}
	return words[1:]
}

// errexitOption reads the options of a shell, or of `set`: '-' where they switch errexit on, '+' where they switch it
// off, 0 where they do neither.
func errexitOption(words []string) (sign byte) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w == "--" || len(w) < 2 || w[0] != '-' && w[0] != '+' {
			return sign
		}
		if strings.HasPrefix(w, "--") {
			continue // --norc
		}
		named := strings.Contains(w, "o") && i+1 < len(words) // -o errexit, -uo pipefail
		if strings.Contains(w, "e") || named && words[i+1] == "errexit" {
			sign = w[0]
		}
		if named {
			i++
		}
	}
	return sign
}

// literals returns the words up to the first that is not literal.
func literals(words []dockerfile.ShellWord) []string {
	var all []string
	for _, w := range words {
		if !w.Literal {
			break
		}
		all = append(all, w.Text)
	}
	return all
}
