package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var sudoInRun = &analysis.Rule{
	Name:       "sudo-in-run",
	Doc:        "sudo in a RUN, which a build does not need",
	Topic:      analysis.Users,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning as root, notice as another user",
	Aliases:    []string{"DL3004", "DS-0010", "CKV2_DOCKER_1"},
	Run: func(p *analysis.Pass) {
		said := map[*dockerfile.Stage]bool{} // report once per stage when the user is not root
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

// sudoCall reads a command as a call of sudo; false for any other, and for sudo to a user other than root.
func sudoCall(in *dockerfile.Instruction, c *dockerfile.Command) (sudo, bool) {
	wrapper := shell.Wrapper(in, c, "sudo")
	if wrapper == nil {
		return sudo{}, false
	}
	call := shell.Read(in, wrapper)
	s, plain := sudo{span: c.Span}, true
	for _, f := range call.Flags {
		apart := f.Value.At != f.Word.At
		switch f.Name {
		case "-u", "--user", "-g", "--group":
			if f.Valued && f.Value.Text != "root" || !apart && (f.Name == "-u" || f.Name == "--user") {
				return sudo{}, false
			}
			plain = plain && apart
		default:
			plain = plain && !f.Valued && slices.Contains(environmentFlags, f.Name)
		}
	}
	if plain && len(call.Operands) > 0 {
		s.drop = dockerfile.Span{Start: wrapper.Words[0].Span.Start, End: call.Operands[0].Span.Start}
	}
	return s, true
}

// environmentFlags are sudo's flags that mean nothing without sudo (sudo(8)).
var environmentFlags = []string{"-E", "--preserve-env", "-H", "--set-home", "-n", "--non-interactive", "-S", "--stdin"}

func reportSudo(p *analysis.Pass, in *dockerfile.Instruction, who account, calls []sudo) {
	f := analysis.Finding{In: in, Span: calls[0].span, Because: in.Stage.SetBy(who.set)}
	if who.root() {
		f.Message = analysis.Say("%s is not needed: this step already runs as root", "sudo")
		f.Why = analysis.Say("It has to be installed and patched only for this, and it hides the environment from " +
			"the command.")
		f.Fix = withoutSudo(in, calls)
	} else {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("%s runs this command as root, although the user is %s", "sudo", who.name)
		f.Why = analysis.Say("The image keeps the rule that allows it without a password, for an attacker too. "+
			"Put %s before the step instead.", "USER root")
	}
	p.Report(f)
}

// withoutSudo removes sudo from all the calls; nil where one of them means more than root.
func withoutSudo(in *dockerfile.Instruction, calls []sudo) *analysis.Fix {
	fix := &analysis.Fix{Title: "Remove sudo", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("Without %s, the command also sees the variables that %s and %s set.", "sudo", "ENV",
			"ARG")}
	f := in.File()
	for _, s := range calls {
		if s.drop.Len() == 0 || strings.ContainsAny(f.Text(s.drop), "\r\n") {
			return nil
		}
		fix.Edits = append(fix.Edits, analysis.Edit{Span: s.drop})
	}
	return fix
}
