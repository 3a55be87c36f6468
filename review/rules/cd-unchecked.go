package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var cdUnchecked = &analysis.Rule{
	Name:       "cd-unchecked",
	Doc:        "cd whose failure is ignored, so the commands after it run in the wrong directory",
	Topic:      analysis.Shell,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: unseenShellSeverities,
	Aliases:    []string{"SC2164"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			s := in.Inner().Script
			if in.Inner().Name != "RUN" || s == nil || s.File == nil || len(shell.Calls(in, "cd", "pushd")) == 0 {
				continue
			}
			for _, c := range uncheckedIn(s) {
				reportCd(p, in, c)
			}
		}
	},
}

// uncheckedIn returns the cds of a script after which more statements run whether or not the cd succeeds.
func uncheckedIn(s *dockerfile.Script) []*dockerfile.Command {
	errexit := shell.ReadErrexit(s)
	var all []*dockerfile.Command
	s.Walk(func(n syntax.Node) bool {
		stmts := statementsOf(n)
		for i := 0; i+1 < len(stmts); i++ {
			c := cdOf(s, stmts[i])
			if c != nil && !errexit.At(c) && !surelyThere(c) && !madeBefore(s, stmts[:i], c) &&
				!looksAtStatus(s, stmts[i+1]) {
				all = append(all, c)
			}
		}
		return true
	})
	return all
}

// statementsOf returns the statements that the node runs one after the other.
func statementsOf(n syntax.Node) []*syntax.Stmt {
	switch n := n.(type) {
	case *syntax.File:
		return n.Stmts
	case *syntax.Subshell:
		return n.Stmts
	case *syntax.Block:
		return n.Stmts
	case *syntax.CmdSubst:
		return n.Stmts
	case *syntax.IfClause:
		return n.Then
	case *syntax.ForClause:
		return n.Do
	case *syntax.WhileClause:
		return n.Do
	}
	return nil
}

// cdOf returns the cd or pushd that the statement is; nil for any other.
func cdOf(s *dockerfile.Script, st *syntax.Stmt) *dockerfile.Command {
	c := s.Command(st)
	if c == nil || c.Name != "cd" && c.Name != "pushd" || st.Background || st.Negated {
		return nil
	}
	return c
}

// madeBefore reports whether one of the last statements before the cd has made its folder.
func madeBefore(s *dockerfile.Script, before []*syntax.Stmt, cd *dockerfile.Command) bool {
	if len(cd.Words) != 2 || !cd.Words[1].Literal {
		return false
	}
	for i := len(before) - 1; i >= 0 && i >= len(before)-8; i-- {
		c := s.Command(before[i])
		if c == nil || c.Name != "mkdir" {
			continue
		}
		for _, w := range c.Args() {
			if w.Literal && w.Text == cd.Words[1].Text {
				return true
			}
		}
	}
	return false
}

// surelyThere reports whether the cd goes to a directory that every system has, or up.
func surelyThere(c *dockerfile.Command) bool {
	if len(c.Words) == 1 {
		return true // home
	}
	w := c.Words[len(c.Words)-1]
	if !w.Literal {
		return false
	}
	switch strings.TrimRight(w.Text, "/") {
	case "", "/bin", "/dev", "/etc", "/home", "/lib", "/opt", "/proc", "/root", "/srv", "/sys", "/tmp", "/usr",
		"/usr/bin",
		"/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/local/src", "/usr/share", "/usr/src",
		"/var", "/var/lib", "/var/tmp",
		"-", "~", ".", "..", "../..":
		return true
	}
	return false
}

// looksAtStatus reports whether the statement asks how the one before has ended.
func looksAtStatus(s *dockerfile.Script, next *syntax.Stmt) bool {
	text := s.Text.String()
	return strings.Contains(text[min(int(next.Pos().Offset()), len(text)):min(int(next.End().Offset()), len(text))],
		"$?")
}

func reportCd(p *analysis.Pass, in *dockerfile.Instruction, c *dockerfile.Command) {
	f := analysis.Finding{
		In: in, Span: c.Span, Because: in.Inner().ShellBy(),
		Message: analysis.Say("If %s fails, the commands after it run in the wrong directory", in.File().Text(c.Span)),
		Why: analysis.Say("After a semicolon or a new line the shell goes on even if a command failed, " +
			"and only the last command decides whether the step succeeds."),
		Fix: stopHere(in, c),
	}
	if unseenShell(in) {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("If %s fails, the commands after it run in the wrong directory, unless the base "+
			"image sets a %s with %s", in.File().Text(c.Span), "SHELL", "-e")
		f.Because = append(f.Because, in.Stage.SetBy(nil)...)
	}
	p.Report(f)
}

// stopHere joins the cd to the next statement with &&, where that is the last one, and ends the shell elsewhere.
func stopHere(in *dockerfile.Instruction, c *dockerfile.Command) *analysis.Fix {
	fix := &analysis.Fix{
		Title: "Stop if cd fails", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("A build in which the directory has always been missing now stops here."),
		Edits:  []analysis.Edit{analysis.Insert(c.Span.End, " || exit 1")},
	}
	s := in.Inner().Script
	st := shell.Statement(s, c)
	if st == nil || !st.Semicolon.IsValid() || !lastButOne(s, st) {
		return fix
	}
	at := s.Span(st).End - 1
	if src := in.File().Src; at < c.Span.End || src[at] != ';' {
		return fix
	}
	fix.Edits = []analysis.Edit{{Span: dockerfile.Span{Start: c.Span.End, End: at + 1}, New: " &&"}}
	return fix
}

// lastButOne reports whether one more statement comes after this one, and then the script or the subshell ends.
func lastButOne(s *dockerfile.Script, st *syntax.Stmt) bool {
	found := false
	s.Walk(func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.File, *syntax.Subshell:
			all := statementsOf(n)
			found = found || len(all) > 1 && all[len(all)-2] == st
		}
		return !found
	})
	return found
}
