package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var pipefailMissing = &analysis.Rule{
	Name:       "pipefail-missing",
	Doc:        "Pipe that hides the failure of one of its parts",
	Topic:      analysis.Shell,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: unseenShellSeverities,
	Aliases:    []string{"DL4006"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			run := in.Inner()
			if run.Name != "RUN" || run.Script == nil || run.Script.File == nil || shellHasPipefail(run.Script) {
				continue
			}
			if l := firstLoss(in); l != nil {
				reportLoss(p, in, l)
			}
		}
	},
}

// shellHasPipefail reports whether SHELL or the script's first line starts the shell with pipefail.
func shellHasPipefail(s *dockerfile.Script) bool {
	if s.SetBy != nil {
		for _, w := range s.SetBy.Words {
			if strings.Contains(w.Text, "pipefail") {
				return true
			}
		}
	}
	line, _, _ := strings.Cut(s.Text.String(), "\n")
	return strings.HasPrefix(line, "#!") && strings.Contains(line, "pipefail")
}

// loss is a pipeline in which a failure gets lost.
type loss struct {
	pipe    shell.Pipeline
	failing *dockerfile.Command // whose failure
}

// firstLoss returns the first pipeline of the script that hides the failure of something that may well
// fail; nil where there is none.
func firstLoss(in *dockerfile.Instruction) *loss {
	s := shell.Script(in)
	all := shell.Pipelines(s)
	if len(all) == 0 {
		return nil
	}
	from, set := pipefailFrom(s)
	for _, p := range all {
		if p.Asked || set && from < s.Span(p.Node).Start || noticesCutInput(in, p.Last()) {
			continue
		}
		logged := s.Command(p.Last())
		for _, part := range p.Parts[:len(p.Parts)-1] {
			for _, c := range decidingCommands(s, part) {
				if mayFail(c) || logged != nil && logged.Name == "tee" && !slices.Contains(steadyPrograms, c.Name) {
					return &loss{p, c}
				}
			}
		}
	}
	return nil
}

// decidingCommands returns the simple commands whose exit status may decide that of a part of a pipeline, without
// those whose output is only put into a word.
func decidingCommands(s *dockerfile.Script, part *syntax.Stmt) []*dockerfile.Command {
	var all []*dockerfile.Command
	syntax.Walk(part, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			return false
		case *syntax.Stmt:
			if c := s.Command(n); c != nil {
				all = append(all, c)
			}
		}
		return true
	})
	return all
}

// mayFail reports whether the command depends on the network, or does the main work of a step.
func mayFail(c *dockerfile.Command) bool {
	subs, ok := fallible[c.Name]
	if !ok || len(c.Words) == 1 && subs != "" {
		return false
	}
	switch last := c.Words[len(c.Words)-1].Text; last {
	case "--version", "-V", "version", "--help":
		return false
	}
	return subs == "" || hasSub(subs, c.Words)
}

// fallible are programs that may well fail in a build, with the subcommands that do; "" for all.
var fallible = map[string]string{
	"curl": "", "wget": "", "wget2": "", "aria2c": "", "gsutil": "", "skopeo": "", "aws": "s3 ecr",
	"git": "clone fetch pull ls-remote submodule checkout archive", "svn": "checkout co export", "gh": "release api",
	"make": "", "ninja": "", "cmake": "", "pytest": "", "tox": "", "mvn": "", "mvnw": "", "gradle": "", "gradlew": "",
	"npm": "install i ci run test", "yarn": "", "pnpm": "install i run test", "pip": "install", "pip3": "install",
	"go": "build install test get run generate mod", "cargo": "build install test run",
	"dotnet": "restore build publish test", "apt-get": "install update", "apt": "install update", "apk": "add",
	"dnf": "install", "yum": "install", "tar": "", "bsdtar": "", "unzip": "",
}

// steadyPrograms do not fail in a build, or their failure means nothing.
var steadyPrograms = []string{"", "echo", "printf", "yes", "true", ":", "cat", "seq", "date", "uname", "id", "whoami",
	"pwd", "env", "nproc", "arch",
	"dpkg", "hostname", "head", "tail", "tr", "cut", "sort", "uniq", "sed", "awk", "grep", "egrep", "find", "ls",
	"envsubst", "test", "[", "cd", "set", "exit"}

// noticesCutInput reports whether the last part fails on its own on empty or incomplete input: archives
// end with a mark, keys and checksums have a form, grep must find something.
func noticesCutInput(in *dockerfile.Instruction, last *syntax.Stmt) bool {
	c := in.Inner().Script.Command(last)
	if c == nil {
		return false
	}
	switch c.Name {
	case "tar", "bsdtar", "gunzip", "gzip", "unxz", "xz", "bunzip2", "bzip2", "unzstd", "zstd", "zcat", "xzcat",
		"unlzma", "cpio", "gpg", "gpg2", "apt-key", "grep", "egrep", "docker":
		return true
	}
	return verifies(in, c)
}

// pipefailFrom returns the offset in the file from which on the script itself has switched pipefail
// on; false where it does not.
func pipefailFrom(s *dockerfile.Script) (int, bool) {
	for _, c := range s.Commands() {
		if c.Name == "set" || c.Name == "shopt" || c.Name == "setopt" {
			for _, w := range c.Args() {
				if strings.Contains(w.Text, "pipefail") {
					return c.Span.Start, true
				}
			}
		}
	}
	return 0, false
}

const lossCosts = "The image is then built from incomplete output, or from none."

func reportLoss(p *analysis.Pass, in *dockerfile.Instruction, l *loss) {
	run := in.Inner()
	f := analysis.Finding{
		In: in, Span: run.Script.Span(l.pipe.Node), Because: run.ShellBy(),
		Message: analysis.Say("A failure of %s does not stop the build: a pipe has the exit status of its last part",
			l.failing.Name),
		Why: analysis.Say(lossCosts),
		Fix: setPipefail(in, l),
	}
	switch {
	case f.Fix != nil || closesEarly(in):
	case run.Script.Inner != "" || knowsPipefail(run):
		f.Why = analysis.Say(lossCosts+" %s at the start of the script makes every part count.", "set -eo pipefail")
	default:
		f.Why = analysis.Say(lossCosts+" %s above the step makes every part count.",
			`SHELL ["/bin/bash", "-o", "pipefail", "-c"]`)
	}
	if unseenShell(in) {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("A failure of %s does not stop the build, unless the base image sets %s: a pipe has "+
			"the exit status of its last part", l.failing.Name, "pipefail")
		f.Because = append(f.Because, in.Stage.SetBy(nil)...)
	}
	p.Report(f)
}

// setPipefail switches pipefail on at the head of the script, where its shell certainly knows that.
func setPipefail(in *dockerfile.Instruction, l *loss) *analysis.Fix {
	run := in.Inner()
	s := run.Script
	stmts := s.Stmts()
	if !knowsPipefail(run) || closesEarly(in) || len(run.Heredocs) > 0 &&
		!run.Heredocs[0].Body.Contains(s.Span(stmts[0])) {
		return nil
	}
	fix := &analysis.Fix{Title: "Stop the build when any part of the pipe fails", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("Failures that went unnoticed now stop the build, including a %s that finds nothing.",
			"grep")}
	insert := func(at int, text string) *analysis.Fix {
		fix.Edits = []analysis.Edit{analysis.Insert(at, text)}
		return fix
	}
	first := s.Command(leftmost(stmts[0]))
	if first != nil && first.Name == "set" {
		call := shell.Read(in, first)
		if f := call.Flag("-e"); f != nil && f.Word.Literal && !strings.Contains(f.Word.Text, "o") &&
			in.File().Text(f.Word.Span) == f.Word.Text {
			return insert(f.Word.Span.End, "o pipefail")
		}
	}
	switch {
	case len(stmts) > 1:
		return nil // without errexit only the last statement counts
	case len(run.Heredocs) > 0:
		return insert(s.Span(stmts[0]).Start, "set -o pipefail"+in.File().EOL())
	}
	return insert(s.Span(stmts[0]).Start, "set -o pipefail && ")
}

// leftmost is the statement with which a chain begins.
func leftmost(st *syntax.Stmt) *syntax.Stmt {
	for {
		b, ok := st.Cmd.(*syntax.BinaryCmd)
		if !ok || b.Op == syntax.Pipe || b.Op == syntax.PipeAll {
			return st
		}
		st = b.X
	}
}

// knowsPipefail reports whether the shell of a RUN certainly knows the option: bash, zsh, ksh and
// busybox do; dash, the sh of Debian and Ubuntu, does not.
func knowsPipefail(run *dockerfile.Instruction) bool {
	return !strings.HasPrefix(run.Script.Text.String(), "#!") && slices.Contains(richShells, shellOf(run))
}

// closesEarly reports whether some part of a pipeline stops reading before the end, which kills the
// parts before it: under pipefail that is a failure.
func closesEarly(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(shell.Commands(in), func(c *dockerfile.Command) bool {
		switch c.Name {
		case "head", "yes":
			return true
		case "grep", "egrep", "sed", "awk", "gawk", "perl", "python", "python3":
			return mayStopReading(in, c)
		}
		return false
	})
}

// mayStopReading reports whether a filter may stop before the end of its input.
func mayStopReading(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if strings.HasSuffix(c.Name, "grep") {
		call := shell.ReadAs(in, c, ecosystem.SpecOf("grep"))
		if call.Has("-q", "--quiet", "--silent", "-m", "--max-count") {
			return true
		}
	}
	return slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool {
		return !w.Literal || strings.Contains(w.Text, "exit") || c.Name == "sed" && strings.Contains(w.Text, "q")
	})
}
