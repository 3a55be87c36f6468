package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var pipeToShell = &analysis.Rule{
	Name:       "pipe-to-shell",
	Doc:        "Download that is run without a check of what it contains",
	Topic:      analysis.Network,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning over http, notice over https",
	Aliases:    []string{"DF021"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Inner().Name != "RUN" {
				continue
			}
			reportInvoked(p, in)
			script := in.Inner().Script
			if script == nil || script.File == nil || len(shell.Calls(in, "curl", "wget")) == 0 {
				continue
			}
			for _, e := range executions(in) {
				reportExecuted(p, in, e.interpreter.Name, e.span, addresses(in, e.download),
					shell.Values(in, e.download.Args()...)...)
			}
		}
	},
}

// execution is a download that an interpreter runs at once.
type execution struct {
	download, interpreter *dockerfile.Command
	span                  dockerfile.Span
}

// executions finds the downloads that are run at once: through a pipe, as a substituted process, or as
// text of `sh -c "$(...)"`.
func executions(in *dockerfile.Instruction) []execution {
	s := shell.Script(in)
	var all []execution
	for _, p := range shell.Pipelines(s) {
		to := s.Command(p.Last())
		if to == nil || !readsProgram(in, to) {
			continue
		}
		for _, part := range p.Parts[:len(p.Parts)-1] {
			if from := s.Command(part); from != nil && fetchesToStdout(in, from) {
				all = append(all, execution{from, to, s.Span(p.Node)})
			}
		}
	}
	for _, c := range s.Commands() {
		if from := evaluatedDownload(in, c); from != nil {
			all = append(all, execution{from, c, c.Span})
		}
	}
	s.Walk(func(n syntax.Node) bool {
		if st, ok := n.(*syntax.Stmt); ok && len(st.Redirs) > 0 {
			if to, from := s.Command(st), redirectedDownload(in, st); to != nil && from != nil && readsProgram(in, to) {
				all = append(all, execution{from, to, s.Span(st)})
			}
		}
		return true
	})
	return all
}

// redirectedDownload returns the download that is the input of the statement: `bash < <(curl ...)`,
// `bash <<< "$(curl ...)"`; nil for any other.
func redirectedDownload(in *dockerfile.Instruction, st *syntax.Stmt) *dockerfile.Command {
	for _, r := range st.Redirs {
		switch r.Op {
		case syntax.RdrIn:
			return substitutedDownload(in, r.Word, true)
		case syntax.WordHdoc:
			return substitutedDownload(in, r.Word, false)
		}
	}
	return nil
}

// interpreters run a program that they read from their input.
var interpreters = []string{"sh", "bash", "ash", "dash", "zsh", "ksh", "python", "python2", "python3", "perl", "ruby",
	"node", "php"}

var posixShells = interpreters[:6]

// interpreterSpec: -c takes code, and -o the name of an option.
var interpreterSpec = ecosystem.Spec{Bundles: true, Leading: true, Valued: []string{"-c", "-o", "-O"}}

// readsProgram reports whether the command is an interpreter that takes its program from standard
// input. The words after the one that says so are arguments of that program, known or not.
func readsProgram(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if !slices.Contains(interpreters, c.Name) {
		return false
	}
	call := shell.ReadAs(in, c, interpreterSpec)
	posix, at := slices.Contains(posixShells, c.Name), len(c.Words)
	switch f := call.Flag("-s"); {
	case call.Has("-c") || call.First > 0: // python -m runs a module
		return false
	case posix && f != nil:
		at = f.Word.At
	case !posix && slices.ContainsFunc(call.Flags, func(f shell.Flag) bool { return f.Name != "-u" }):
		return false // a module, or a program in an argument
	case len(call.Operands) > 0:
		at = call.Operands[0].At
		if !namesStdin(call.Operands[0]) && c.Words[at-1].Text != "--" {
			return false // a file
		}
	}
	return !slices.ContainsFunc(call.Unknown, func(w shell.Word) bool { return w.At < at })
}

func namesStdin(w shell.Word) bool { return w.Known && (w.Text == "-" || w.Text == "/dev/stdin") }

// evaluatedDownload returns the download whose output the command runs: `sh -c "$(curl ...)"`,
// `eval "$(curl ...)"`, `bash <(curl ...)`, `. <(curl ...)`; nil for any other command.
func evaluatedDownload(in *dockerfile.Instruction, c *dockerfile.Command) *dockerfile.Command {
	args := c.Args()
	if slices.Contains(interpreters, c.Name) {
		call := shell.ReadAs(in, c, interpreterSpec)
		if f := call.Flag("-c"); f != nil && f.Valued {
			return substitutedDownload(in, f.Value.Node, false)
		}
	}
	switch {
	case c.Name == "eval" && len(args) > 0:
		return substitutedDownload(in, args[0].Node, false)
	case (slices.Contains(interpreters, c.Name) || c.Name == "." || c.Name == "source") && len(args) > 0:
		return substitutedDownload(in, args[0].Node, true)
	}
	return nil
}

// substitutedDownload returns the download that a word is substituted with: as its text, or as a file.
func substitutedDownload(in *dockerfile.Instruction, w *syntax.Word, file bool) *dockerfile.Command {
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
	if c := in.Inner().Script.Command(stmts[0]); c != nil && fetchesToStdout(in, c) {
		return c
	}
	return nil
}

// commitHash is a git commit in a path; GitHub and its like answer with that commit's file or none.
var commitHash = regexp.MustCompile(`^https://\S*/[0-9a-f]{40}/`)

func reportExecuted(p *analysis.Pass, in *dockerfile.Instruction, interpreter string, span dockerfile.Span,
	urls []string, values ...dockerfile.Value) {
	f := analysis.Finding{
		In: in, Span: span, Values: values,
		Message: analysis.Say("%s runs whatever the server sends at build time", interpreter),
		Why: analysis.Say("The next build can run something else, and an attacker who controls the server " +
			"controls the image. Save the file, check its checksum, then run it."),
		AtMost: analysis.Notice,
	}
	for _, url := range urls {
		if commitHash.MatchString(url) {
			return // the commit's name is its checksum
		}
		if strings.HasPrefix(url, "http://") && !thisMachine(strings.TrimPrefix(url, "http://")) {
			f.AtMost = analysis.Off
			f.Message = analysis.Say("%s runs whatever %s returns over an unencrypted connection",
				interpreter, url)
			f.Why = analysis.Say("Anyone on the network path can replace it with commands of their own.")
		}
	}
	p.Report(f)
}

// invoked are the ways in which PowerShell runs a download: `iex (... .DownloadString(...))`,
// `iwr ... | iex`.
var invoked = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(?:iex|Invoke-Expression)\b[^;|&]*` +
		`(?:DownloadString\s*\(|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b)[^;|&"]*`),
	regexp.MustCompile(`(?i)(?:\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b|DownloadString\s*\()` +
		`[^;|&]*\|\s*(?:iex|Invoke-Expression)\b`),
}

var quotedURL = regexp.MustCompile(`https?://[^\s'"()|;]+`)

// reportInvoked looks for them in the words of the instruction, because the code of PowerShell is
// not parsed.
func reportInvoked(p *analysis.Pass, in *dockerfile.Instruction) {
	args := in.Inner().Args
	text := args.String()
	if low := strings.ToLower(text); !strings.Contains(low, "iex") && !strings.Contains(low, "invoke-expression") {
		return // costs little; the forms below do not
	}
	for _, form := range invoked {
		for _, at := range form.FindAllStringIndex(text, -1) {
			found := strings.TrimRight(text[at[0]:at[1]], " \t`\\")
			reportExecuted(p, in, "iex", args.Span(at[0], at[0]+len(found)), quotedURL.FindAllString(found, -1))
		}
	}
}

// fetchesToStdout reports whether the command downloads something and writes it to its output.
func fetchesToStdout(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if c.Name != "curl" && c.Name != "wget" {
		return false
	}
	call := shell.Read(in, c)
	if c.Name == "wget" {
		to := call.Flag("-O", "--output-document")
		return to != nil && isStdout(to.Value.Text)
	}
	return !slices.ContainsFunc(call.Flags, func(f shell.Flag) bool {
		switch f.Name {
		case "-o", "--output":
			return !isStdout(f.Value.Text)
		}
		return f.Name == "-O" || f.Name == "--remote-name"
	})
}

func isStdout(file string) bool { return file == "-" || file == "/dev/stdout" }

// addresses returns the words of the command that are URLs, as written, without quotes.
func addresses(in *dockerfile.Instruction, c *dockerfile.Command) []string {
	var all []string
	for _, w := range c.Args() {
		text := w.Text
		if !w.Literal {
			text = strings.Trim(in.File().Text(w.Span), `"`)
			if v := in.Expand(text); v.Known {
				text = v.Text
			}
		}
		if strings.Contains(text, "://") {
			all = append(all, text)
		}
	}
	return all
}
