package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var sudoInRun = &analysis.Rule{
	Name:       "sudo-in-run",
	Doc:        "RUN calls sudo, which a build does not need",
	Topic:      analysis.Users,
	Severity:   analysis.Warning,
	Severities: "warning as root, notice as another user",
	Aliases:    []string{"DL3004", "DS-0010", "CKV2_DOCKER_1"},
	Run: func(p *analysis.Pass) {
		said := map[*dockerfile.Stage]bool{} // once for a user who lives by it
		eachUser(p.File, func(in *dockerfile.Instruction, who account) {
			var calls []sudo
			for _, c := range shell.Commands(in) {
				if s, ok := sudoCall(in, c); ok {
					calls = append(calls, s)
				}
			}
			if len(calls) > 0 && (who.root() || who.other() && !said[in.Stage]) {
				said[in.Stage] = said[in.Stage] || who.other()
				reportSudo(p, in, who, calls)
			}
		})
	},
}

// sudo is a call of sudo that makes its user root.
type sudo struct {
	span dockerfile.Span // of the whole command
	drop dockerfile.Span // sudo with its flags, up to the command; empty where a flag has a meaning of its own
}

// sudoCall reads a command as a call of sudo; false for any other, and for sudo that takes a user
// other than root.
func sudoCall(in *dockerfile.Instruction, c *dockerfile.Command) (sudo, bool) {
	if c.Name != "sudo" && !slices.Contains(c.Wrapper, "sudo") {
		return sudo{}, false
	}
	target := in.Inner()
	words := c.Call.Args
	i := slices.IndexFunc(words, func(w *syntax.Word) bool {
		text, ok := dockerfile.Literal(w)
		return ok && path.Base(text) == "sudo"
	})
	if i < 0 {
		return sudo{}, false
	}
	s := sudo{span: c.Span}
	plain := true
	for j := i + 1; j < len(words); j++ {
		text, ok := dockerfile.Literal(words[j])
		switch {
		case ok && (text == "-u" || text == "--user" || text == "-g" || text == "--group"):
			if j++; j < len(words) {
				if user, ok := dockerfile.Literal(words[j]); !ok || user != "root" {
					return sudo{}, false
				}
			}
		case ok && strings.HasPrefix(text, "-u") || ok && strings.HasPrefix(text, "--user="):
			return sudo{}, false
		case ok && strings.HasPrefix(text, "-"):
			plain = plain && slices.Contains(environmentFlags, text)
		default:
			if plain {
				s.drop = dockerfile.Span{Start: target.Script.Span(words[i]).Start, End: target.Script.Span(words[j]).Start}
			}
			return s, true
		}
	}
	return s, true
}

// environmentFlags are sudo's flags that mean nothing without sudo (sudo(8)).
var environmentFlags = []string{"-E", "--preserve-env", "-H", "--set-home", "-n", "--non-interactive", "-S", "--stdin", "-EH", "-HE", "-nE", "-En", "--"}

func reportSudo(p *analysis.Pass, in *dockerfile.Instruction, who account, calls []sudo) {
	f := analysis.Finding{In: in, Span: calls[0].span, Because: setBy(in.Stage, who.set)}
	if who.root() {
		f.Message = analysis.Say("%s is not needed: this step works as root already", "sudo")
		f.Why = analysis.Say("It must be installed for this alone, stays in the image, and hides the environment from what it starts.")
		f.Fix = withoutSudo(in, calls)
	} else {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("%s makes %s root within a step; %s before the step says it for all to see", "sudo", who.name, "USER root")
		f.Why = analysis.Say("The rule by which this user may do so without a password stays in the image, for whoever breaks into the program.")
	}
	p.Report(f)
}

// withoutSudo takes sudo out of all the calls; nil where one of them means more than root.
func withoutSudo(in *dockerfile.Instruction, calls []sudo) *analysis.Fix {
	fix := &analysis.Fix{Title: "Leave sudo out", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("%s clears the environment; without it the command also sees what %s and %s set.", "sudo", "ENV", "ARG")}
	f := in.File()
	for _, s := range calls {
		if s.drop.Len() == 0 || strings.ContainsAny(f.Text(s.drop), "\r\n") {
			return nil
		}
		fix.Edits = append(fix.Edits, analysis.Edit{Span: s.drop})
	}
	return fix
}
