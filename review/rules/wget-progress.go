package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var wgetProgress = &analysis.Rule{
	Name:     "wget-progress",
	Doc:      "wget without a progress flag, which fills the build log",
	Topic:    analysis.Network,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL3047"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, c := range shell.Calls(in, "wget") {
				if len(c.Words) == 1 || quietWget(in, c) {
					continue
				}
				f := analysis.Finding{
					In: in, Span: c.Span,
					Message: analysis.Say("%s writes a line to the build log for every 50 kB", "wget"),
					Why:     analysis.Say("A large download buries everything else in the log."),
				}
				if name := c.Words[0]; gnuWget(in) && (name.Text == "wget" || strings.HasSuffix(name.Text, "/wget")) {
					at := name.Span.End
					f.Fix = &analysis.Fix{Title: "Show a line for every 32 MB", Applicability: analysis.Safe,
						Edits: []analysis.Edit{analysis.Insert(at, " --progress=dot:giga")}}
					st := shell.Statement(shell.Script(in), c)
					if st == nil || slices.ContainsFunc(st.Redirs, messages) {
						f.Fix.Assume("nothing reads the messages of %s", "wget")
					}
				}
				p.Report(f)
			}
		}
	},
}

// messages reports whether the redirection is that of a program's messages.
func messages(r *syntax.Redirect) bool {
	return r.N != nil && r.N.Value == "2" || r.Op == syntax.RdrAll || r.Op == syntax.AppAll
}

// quietWget reports whether a flag decides what happens to wget's messages (wget(1)).
func quietWget(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	call := shell.Read(in, c)
	if call.Has("-q", "-o", "-a", "-V", "--progress", "--quiet", "--no-verbose", "--output-file",
		"--append-output", "--version", "--help") {
		return true
	}
	return slices.ContainsFunc(call.Flags, func(f shell.Flag) bool { return f.Name == "-n" && f.Value.Text == "v" })
}

// gnuWget reports whether the image's wget is certainly GNU's, which has --progress; busybox's does
// not.
func gnuWget(in *dockerfile.Instruction) bool {
	ref, ok := baseOf(in.Stage)
	if !ok {
		return false
	}
	switch ref.Family() {
	case baseimage.Debian, baseimage.Ubuntu, baseimage.SUSE, baseimage.Arch:
		return true
	}
	return false
}
