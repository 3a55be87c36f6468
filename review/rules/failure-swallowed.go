package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var failureSwallowed = &analysis.Rule{
	Name:       "failure-swallowed",
	Doc:        "Install, build or download whose failure does not end the build",
	Topic:      analysis.Shell,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: unseenShellSeverities,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			s := in.Inner().Script
			if in.Inner().Name != "RUN" || s == nil || s.File == nil {
				continue
			}
			if c := passedOver(s); c != nil {
				reportPassedOver(p, in, c)
			} else if st := forgiven(s); st != nil {
				reportForgiven(p, in, st)
			}
		}
	},
}

// passedOver is the first command of weight in a statement after which another one runs whether or not it succeeds; nil
// where there is none.
func passedOver(s *dockerfile.Script) *dockerfile.Command {
	stmts, errexit := s.Stmts(), shell.ReadErrexit(s)
	if errexit.Ever || hasTrap(s) {
		return nil
	}
	var update *dockerfile.Command // of the lists, without which the install after it fails too
	for i := 0; i+1 < len(stmts); i++ {
		st := stmts[i]
		if st.Background || st.Negated || looksAtStatus(s, stmts[i+1]) {
			continue
		}
		c := lastOfChain(s, st)
		switch {
		case c == nil:
		case weighty(c):
			return cmp.Or(update, c)
		case (c.Name == "apt-get" || c.Name == "apt") && len(c.Words) > 1 && c.Words[1].Text == "update":
			update = cmp.Or(update, c)
		}
	}
	return nil
}

// hasTrap reports whether the script asks to be called on a failure.
func hasTrap(s *dockerfile.Script) bool {
	return slices.ContainsFunc(s.Commands(), func(c *dockerfile.Command) bool { return c.Name == "trap" })
}

// lastOfChain is the first command of weight in a chain of && alone; nil for any other statement.
func lastOfChain(s *dockerfile.Script, st *syntax.Stmt) *dockerfile.Command {
	for {
		b, ok := st.Cmd.(*syntax.BinaryCmd)
		if !ok {
			return s.Command(st)
		}
		if b.Op != syntax.AndStmt {
			return nil
		}
		if c := s.Command(b.Y); c != nil && weighty(c) {
			return c
		}
		st = b.X
	}
}

// verbs are the first words after programs with which these install, build or fetch; an empty list is for programs that
// always do.
var verbs = map[string][]string{
	"apt-get": {"install", "build-dep"}, "apt": {"install"}, "apk": {"add"},
	"dnf": {"install"}, "yum": {"install"}, "microdnf": {"install"}, "zypper": {"install", "in"},
	"pip": {"install"}, "pip3": {"install"}, "uv": {"sync", "pip"}, "poetry": {"install"},
	"npm": {"ci", "install", "i", "run"}, "yarn": {"install", "build", "run"}, "pnpm": {"install", "i", "run"},
	"bundle": {"install"}, "gem": {"install"}, "composer": {"install"}, "go": {"build", "install", "mod"},
	"cargo": {"build", "install", "fetch"}, "dotnet": {"build", "publish", "restore"}, "git": {"clone", "checkout"},
	"mvn": nil, "gradle": nil, "make": nil, "cmake": nil, "ninja": nil, "configure": nil,
	"curl": nil, "wget": nil, "tar": nil, "unzip": nil,
}

// weighty reports whether an image without the command's work is not the one that was asked for: it installs, builds,
// fetches or unpacks, or is a program of the project itself.
func weighty(c *dockerfile.Command) bool {
	if len(c.Words) > 0 && c.Words[0].Literal && strings.HasPrefix(c.Words[0].Text, "./") {
		return true
	}
	of, known := verbs[c.Name]
	if !known || upgradesPip(c) {
		return false
	}
	if len(of) == 0 {
		return true
	}
	return slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool {
		return w.Literal && slices.Contains(of, w.Text)
	})
}

// upgradesPip reports whether the command only brings what installs the packages up to date.
func upgradesPip(c *dockerfile.Command) bool {
	own := []string{"install", "pip", "setuptools", "wheel"}
	return (c.Name == "pip" || c.Name == "pip3") && !slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool {
		return !strings.HasPrefix(w.Text, "-") && !slices.Contains(own, w.Text)
	})
}

func reportPassedOver(p *analysis.Pass, in *dockerfile.Instruction, c *dockerfile.Command) {
	text := in.File().Text(c.Span)
	f := analysis.Finding{
		In: in, Span: c.Span, Because: in.Inner().ShellBy(),
		Message: analysis.Say("If %s fails, the build goes on", text),
		Why: analysis.Say("After a semicolon or a new line the shell goes on even if a command failed, and only the " +
			"last command decides whether the step succeeds."),
		Fix: stopOnFailure(in),
	}
	if unseenShell(in) {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("If %s fails, the build goes on, unless the base image sets a %s with %s", text,
			"SHELL", "-e")
		f.Because = append(f.Because, in.Stage.SetBy(nil)...)
	}
	p.Report(f)
}

// stopOnFailure joins the statements of a RUN with &&, or starts a heredoc with set -e; nil for other code.
func stopOnFailure(in *dockerfile.Instruction) *analysis.Fix {
	fix := &analysis.Fix{
		Title: "Stop at the first failure", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("A build in which a command has always failed now stops there."),
	}
	run, s := in.Inner(), in.Inner().Script
	stmts := s.Stmts()
	if len(run.Heredocs) > 0 {
		at := s.Span(stmts[0]).Start
		if s.SetBy != nil || s.Inner == "" && len(run.Heredocs) > 1 || strings.HasPrefix(s.Text.String(), "#!") {
			return nil
		}
		fix.Edits = []analysis.Edit{analysis.Insert(at, "set -e"+in.File().EOL())}
		return fix
	}
	src := in.File().Src
	for i, st := range stmts {
		end := s.Span(st).End
		if _, plain := st.Cmd.(*syntax.CallExpr); !plain || len(st.Redirs) > 0 || st.Background {
			return nil
		}
		if !st.Semicolon.IsValid() {
			continue
		}
		if src[end-1] != ';' {
			return nil
		}
		joined := analysis.Edit{Span: dockerfile.Span{Start: end - 1, End: end}, New: " &&"}
		if i == len(stmts)-1 {
			joined.New = ""
		}
		fix.Edits = append(fix.Edits, joined)
	}
	return fix
}

// forgiven is a chain of && with a command of weight before its last part, and `|| true` after all of it; nil where
// there is none.
func forgiven(s *dockerfile.Script) (found *syntax.Stmt) {
	s.Walk(func(n syntax.Node) bool {
		b, ok := n.(*syntax.BinaryCmd)
		if !ok || b.Op != syntax.OrStmt || found != nil {
			return found == nil
		}
		left, chain := b.X.Cmd.(*syntax.BinaryCmd)
		nothing := s.Command(b.Y)
		if !chain || left.Op != syntax.AndStmt || nothing == nil || nothing.Name != "true" && nothing.Name != ":" {
			return true
		}
		if c := lastOfChain(s, left.X); c != nil && weighty(c) {
			found = b.Y
		}
		return true
	})
	return found
}

func reportForgiven(p *analysis.Pass, in *dockerfile.Instruction, st *syntax.Stmt) {
	s := in.Inner().Script
	p.Report(analysis.Finding{
		In: in, Span: s.Span(st), Because: in.Inner().ShellBy(),
		Message: analysis.Say("%s is for the whole chain, so the build goes on whichever of its commands fails",
			"|| true"),
		Why: analysis.Say("An install or build that failed leaves an image without what it was to bring. Put the " +
			"command that may fail into braces with it, or leave it out."),
	})
}
