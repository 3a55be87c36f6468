package rules

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

var pipeToShell = &analysis.Rule{
	Name:     "pipe-to-shell",
	Doc:      "A download is run as it comes, whatever it is on that day",
	Topic:    analysis.Network,
	Severity: analysis.Warning,
	Aliases:  []string{"DF021"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions {
			script := target(in).Script
			if target(in).Name != "RUN" || script == nil || script.File == nil || len(calls(in, "curl", "wget")) == 0 {
				continue
			}
			for _, e := range executed(script) {
				reportExecuted(p, in, e)
			}
		}
	},
}

// execution is a download that an interpreter runs at once.
type execution struct {
	download, interpreter *dockerfile.Command
	span                  dockerfile.Span
}

// executed finds the downloads that are run at once: through a pipe, as a substituted process, or as
// text of `sh -c "$(...)"`.
func executed(s *dockerfile.Script) []execution {
	var all []execution
	for _, p := range pipelines(s) {
		to := s.Command(p.last())
		if to == nil || !readsProgram(to) {
			continue
		}
		for _, part := range p.parts[:len(p.parts)-1] {
			if from := s.Command(part); from != nil && fetchesToStdout(from) {
				all = append(all, execution{from, to, s.Span(p.node)})
			}
		}
	}
	for _, c := range s.Commands {
		if from := evaluated(s, c); from != nil {
			all = append(all, execution{from, c, c.Span})
		}
	}
	return all
}

// interpreters run a program that they read from their input.
var interpreters = []string{"sh", "bash", "ash", "dash", "zsh", "ksh", "python", "python2", "python3", "perl", "ruby", "node", "php"}

var posixShells = interpreters[:6]

// readsProgram reports whether the command is an interpreter that takes its program from standard
// input.
func readsProgram(c *dockerfile.Command) bool {
	if !listed(interpreters, c.Name) {
		return false
	}
	shell := listed(posixShells, c.Name)
	for i := 1; i < len(c.Words); i++ {
		w := c.Words[i]
		switch {
		case !w.Literal:
			return false
		case w.Text == "-" || w.Text == "/dev/stdin" || w.Text == "--":
			return true
		case shell && isFlag(w) && !strings.HasPrefix(w.Text, "--"):
			if strings.Contains(w.Text, "c") {
				return false
			}
			if strings.Contains(w.Text, "s") {
				return true
			}
			if strings.HasSuffix(w.Text, "o") {
				i++ // -o pipefail
			}
		case isFlag(w) && (shell || w.Text == "-u"):
		default:
			return false // a file, a module, a program in an argument
		}
	}
	return true
}

// evaluated returns the download whose output the command runs: `sh -c "$(curl ...)"`,
// `eval "$(curl ...)"`, `bash <(curl ...)`, `. <(curl ...)`; nil for any other command.
func evaluated(s *dockerfile.Script, c *dockerfile.Command) *dockerfile.Command {
	args := c.Args()
	switch {
	case listed(interpreters, c.Name) && len(args) > 1 && args[0].Literal && isFlag(args[0]) && strings.HasSuffix(args[0].Text, "c"):
		return substituted(s, args[1].Node, false)
	case c.Name == "eval" && len(args) > 0:
		return substituted(s, args[0].Node, false)
	case (listed(posixShells, c.Name) || c.Name == "." || c.Name == "source") && len(args) > 0:
		return substituted(s, args[0].Node, true)
	}
	return nil
}

// substituted returns the download that a word is substituted with: as its text, or as a file.
func substituted(s *dockerfile.Script, w *syntax.Word, file bool) *dockerfile.Command {
	if len(w.Parts) != 1 {
		return nil
	}
	part := w.Parts[0]
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) == 1 {
		part = q.Parts[0]
	}
	var stmts []*syntax.Stmt
	switch part := part.(type) {
	case *syntax.CmdSubst:
		if !file {
			stmts = part.Stmts
		}
	case *syntax.ProcSubst:
		if file && part.Op == syntax.CmdIn {
			stmts = part.Stmts
		}
	}
	if len(stmts) != 1 {
		return nil
	}
	if c := s.Command(stmts[0]); c != nil && fetchesToStdout(c) {
		return c
	}
	return nil
}

// commitHash is a git commit in a path; GitHub and its like answer with that commit's file or none.
var commitHash = regexp.MustCompile(`^https://\S*/[0-9a-f]{40}/`)

func reportExecuted(p *analysis.Pass, in *dockerfile.Instruction, e execution) {
	f := analysis.Finding{
		In: in, Span: e.span,
		Message: analysis.Say("%s runs whatever the server answers at the time of the build", e.interpreter.Name),
		Why:     analysis.Say("The same Dockerfile can give another image tomorrow, and who takes over the server takes over the image: save the file, compare its checksum, then run it."),
		AtMost:  analysis.Notice,
	}
	for _, url := range addresses(in, e.download) {
		if commitHash.MatchString(url) {
			return // whoever answers, the commit's name is its checksum
		}
		if strings.HasPrefix(url, "http://") && !thisMachine(strings.TrimPrefix(url, "http://")) {
			f.AtMost = analysis.Off
			f.Message = analysis.Say("%s runs whatever answers for %s, which is fetched without encryption", e.interpreter.Name, url)
			f.Why = analysis.Say("Anybody between the build and the server can put commands of their own into the answer, and they run as root.")
		}
	}
	p.Report(f)
}
