package rules

import (
	"errors"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

var shellSyntaxError = &analysis.Rule{
	Name:     "shell-syntax-error",
	Doc:      "Shell code with a syntax error, such as a quote that is not closed",
	Topic:    analysis.Shell,
	Since:    "0.1",
	Severity: analysis.Error,
	Aliases:  []string{"SC1009", "SC1072", "SC1073", "SC1078"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if s := in.Inner().Script; s != nil && s.Err != nil {
				reportSyntax(p, in, s)
			}
		}
	},
}

// reportSyntax reports the error of a script, unless another dialect of the shell can parse it.
func reportSyntax(p *analysis.Pass, in *dockerfile.Instruction, s *dockerfile.Script) {
	var broken syntax.ParseError
	text := s.Text.String()
	if !errors.As(s.Err, &broken) || !readable(s.Shell) || strings.HasPrefix(text, "#!") || otherHeredoc(in.Inner()) {
		return
	}
	for _, lang := range []syntax.LangVariant{syntax.LangPOSIX, syntax.LangMirBSDKorn} {
		if _, err := syntax.NewParser(syntax.Variant(lang)).Parse(strings.NewReader(text), ""); err == nil {
			return
		}
	}
	at := min(int(broken.Pos.Offset()), len(text))
	f := analysis.Finding{
		In: in, Span: s.Text.Span(at, min(at+1, len(text))), Because: in.Inner().ShellBy(),
		Message: analysis.Say("No shell can parse this: %s", inWords(broken.Text)),
		Why:     analysis.Say("The build stops here."),
	}
	switch in.Inner().Name {
	case "CMD", "ENTRYPOINT":
		f.Why = analysis.Say("The container stops as soon as it starts.")
	case "HEALTHCHECK":
		f.Why = analysis.Say("The check fails every time, so the container is never healthy.")
	}
	p.Report(f)
}

// backtick names what the parser puts between quotes where a backtick is meant.
var backtick = strings.NewReplacer("closing quote \"`\"", "closing backtick", "\"`\"", "a backtick", "`", "")

// inWords is the parser's error without its backticks around code, because a renderer puts them around the whole.
func inWords(text string) string { return backtick.Replace(text) }

// readable reports whether the parser knows all of the shell's language.
func readable(shell string) bool {
	return slices.Contains([]string{"sh", "bash", "ash", "dash", "busybox"}, shell)
}

// otherHeredoc reports whether the instruction has a heredoc that is the input of a command, which
// may be in any language.
func otherHeredoc(in *dockerfile.Instruction) bool {
	return len(in.Heredocs) > 0 && !strings.HasPrefix(in.Args.String(), "<<")
}
