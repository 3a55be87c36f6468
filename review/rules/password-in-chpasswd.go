package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var passwordInChpasswd = &analysis.Rule{
	Name:       "password-in-chpasswd",
	Doc:        "User password that is written in the Dockerfile",
	Topic:      analysis.Secrets,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning for a password, notice for its hash",
	Aliases:    []string{"CKV2_DOCKER_17"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if len(shell.Calls(in, "chpasswd", "passwd", "usermod", "useradd")) == 0 {
				continue
			}
			script := in.Inner().Script
			for _, pipe := range shell.Pipelines(script) {
				if c := script.Command(pipe.Last()); c != nil && takesPassword(in, c) {
					reportPassword(p, in, c, shell.Within(script, pipe.Node.X))
				}
			}
			for _, c := range shell.Calls(in, "useradd", "usermod") {
				if w := passwordFlag(in, c); w != nil {
					f := passwordFinding(in, w.Span, c.Name, true)
					if !hash(w.Text) {
						f.Message = analysis.Say("%s expects a password hash, and this is not one, so no "+
							"password works", c.Name+" -p")
						f.Why = analysis.Say("Leave %s out: the account is then locked too, without a text that "+
							"looks like its password.", "-p")
					}
					p.Report(f)
				}
			}
		}
	},
}

// takesPassword reports whether the command reads passwords from its input.
func takesPassword(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if c.Name != "passwd" {
		return c.Name == "chpasswd"
	}
	call := shell.Read(in, c)
	return call.Has("--stdin")
}

// reportPassword reports a literal password that is written into the pipe.
func reportPassword(p *analysis.Pass, in *dockerfile.Instruction, to *dockerfile.Command, from []*dockerfile.Command) {
	call := shell.Read(in, to)
	hashed := call.Has("-e", "--encrypted")
	for _, c := range from {
		if c.Name != "echo" && c.Name != "printf" {
			continue
		}
		for _, w := range shell.Read(in, c).Operands {
			if user, password, ok := strings.Cut(w.Text, ":"); !w.Literal || to.Name == "chpasswd" &&
				(!ok || user == "" || password == "") {
				continue
			}
			f := passwordFinding(in, w.Span, to.Name, hashed || strings.Contains(w.Text, ":$"))
			f.Values = shell.Values(in, to.Words...)
			p.Report(f)
			return
		}
	}
}

func passwordFinding(in *dockerfile.Instruction, span dockerfile.Span, program string, hashed bool) analysis.Finding {
	f := analysis.Finding{
		In: in, Span: span, Subject: in.File().Text(span),
		Message: analysis.Say("The password that %s sets is written in the Dockerfile", program),
		Why: analysis.Say("%s shows it to everyone who can pull the image. Set none, or set one when the "+
			"container starts.",
			"docker history"),
	}
	if hashed {
		f.Message = analysis.Say("The hash of the password that %s sets is written in the Dockerfile", program)
		f.Why = analysis.Say("%s shows it to everyone who can pull the image, and they can try passwords against it.",
			"docker history")
		f.AtMost = analysis.Notice
	}
	return f
}

// hash reports whether the word may be the hash of a password (crypt(5)): one that names its method,
// or one of DES.
func hash(word string) bool { return strings.HasPrefix(word, "$") || len(word) == 13 }

// passwordFlag returns the hash that useradd or usermod is given, unless it is one that no password
// has (crypt(5)).
func passwordFlag(in *dockerfile.Instruction, c *dockerfile.Command) *dockerfile.ShellWord {
	call := shell.Read(in, c)
	f := call.Flag("-p", "--password")
	if f == nil || !f.Value.Literal || f.Value.At == f.Word.At || strings.Trim(f.Value.Text, "!*x") == "" {
		return nil
	}
	return &f.Value.ShellWord
}
