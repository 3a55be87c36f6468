package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/secrets"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var secretInRun = &analysis.Rule{
	Name:       "secret-in-run",
	Doc:        "Token, password or private key in the commands of the Dockerfile",
	Topic:      analysis.Secrets,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error for a token or a key, warning for a password",
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			switch in.Inner().Name {
			case "ENV", "ARG": // have rules of their own
			case "RUN":
				if !reportTokens(p, in) {
					reportPasswords(p, in)
					reportAssigned(p, in)
				}
			default:
				reportTokens(p, in)
			}
		}
	},
}

// reportTokens reports the credentials that are known by their form, in the instruction's words
// and in its heredocs, and whether there were any.
func reportTokens(p *analysis.Pass, in *dockerfile.Instruction) bool {
	found := false
	report := func(t secrets.Token, span dockerfile.Span) {
		found = true
		what, shown := described(t)
		p.Report(analysis.Finding{
			In: in, Span: span, Subject: in.File().Text(span),
			Message: analysis.Say("This %s contains "+what, append([]any{in.Inner().Name}, shown...)...),
			Why:     remedy(in.Inner().Name),
		})
	}
	args := in.Args
	for _, t := range secrets.Tokens(args.String()) {
		report(t, args.Span(t.Start, t.End))
	}
	for _, h := range in.Heredocs {
		for _, t := range secrets.Tokens(in.File().Text(h.Body)) {
			report(t, dockerfile.Span{Start: h.Body.Start + t.Start, End: h.Body.Start + t.End})
		}
	}
	return found
}

// remedy says what to do about a credential in an instruction of that name.
func remedy(name string) analysis.Message {
	switch name {
	case "RUN", "COPY", "ADD":
		return analysis.Say(withdraw)
	}
	return analysis.Say("The repository keeps it too, so revoke it. Set the new one when the container starts.")
}

// reportPasswords reports passwords by their place on a command line.
func reportPasswords(p *analysis.Pass, in *dockerfile.Instruction) {
	for _, c := range shell.Commands(in) {
		if w := passwordWord(in, c); w != nil {
			p.Report(analysis.Finding{
				In: in, Span: w.Span, AtMost: analysis.Warning, Subject: in.File().Text(w.Span),
				Message: analysis.Say("This %s contains a password for %s", "RUN", c.Name),
				Why:     analysis.Say("The repository and the image's history keep it, so change it. " + passesOn),
			})
		}
	}
}

// reportAssigned reports secrets by the name of the variable that the shell code sets to them. A
// value that does not look generated usually only satisfies a program that asks for one at build time.
func reportAssigned(p *analysis.Pass, in *dockerfile.Instruction) {
	script := in.Inner().Script
	if script == nil || script.File == nil {
		return
	}
	script.Walk(func(n syntax.Node) bool {
		a, ok := n.(*syntax.Assign)
		if !ok || a.Name == nil || a.Value == nil || !secrets.Name(a.Name.Value) {
			return true
		}
		if value, ok := dockerfile.Literal(a.Value); ok && secrets.Random(value) && !secrets.Harmless(value) {
			p.Report(analysis.Finding{
				In: in, Span: script.Span(a), AtMost: analysis.Warning, Subject: a.Name.Value + "=" + value,
				Message: analysis.Say("%s is set to a fixed value in this %s", a.Name.Value, "RUN"),
				Why:     analysis.Say("The repository and the image's history keep it, so change it. " + passesOn),
			})
		}
		return true
	})
}

// passwordFlags are the flags whose value is a password.
var passwordFlags = map[string][]string{
	"curl":    {"-u", "--user", "--proxy-user", "-U"},
	"wget":    {"--password", "--http-password", "--ftp-password", "--proxy-password"},
	"docker":  {"-p", "--password"},
	"podman":  {"-p", "--password"},
	"buildah": {"-p", "--password"},
	"helm":    {"--password"},
	"sshpass": {"-p"},
	"twine":   {"-p", "--password"},
	"svn":     {"--password"},
	"az":      {"-p", "--password"},
	"dotnet":  {"-p", "--password"},
	"nuget":   {"-Password"},
}

// passwordSubs are the subcommands, for programs whose flags mean something else elsewhere.
var passwordSubs = map[string]string{"docker": "login", "podman": "login", "buildah": "login", "az": "login",
	"dotnet": "nuget"}

// passwordWord returns the word of the command that holds a literal password, nil where none does.
func passwordWord(in *dockerfile.Instruction, c *dockerfile.Command) *dockerfile.ShellWord {
	flags := passwordFlags[c.Name]
	given := func(w dockerfile.ShellWord) bool {
		return slices.ContainsFunc(flags, func(f string) bool { return strings.HasPrefix(w.Text, f) })
	}
	if flags == nil || !slices.ContainsFunc(c.Args(), given) { // as almost always
		return nil
	}
	call := shell.ReadAs(in, c, ecosystem.Spec{Valued: flags})
	if sub := passwordSubs[c.Name]; sub != "" && call.Verb() != sub {
		return nil
	}
	for _, f := range call.Flags {
		if w := &c.Words[f.Value.At]; f.Valued && slices.Contains(flags, f.Name) && w.Literal &&
			!secrets.Harmless(passwordOf(c.Name, f)) {
			return w
		}
	}
	return nil
}

// passwordOf is the password in the value of a flag; "" for another value. Only some programs take one without a blank
// after a short flag, and curl takes the user's name before it.
func passwordOf(program string, f shell.Flag) string {
	value, glued := f.Value.Text, f.Value.At == f.Word.At && !strings.HasPrefix(f.Word.Text, f.Name+"=")
	switch {
	case program == "curl":
		_, value, _ = strings.Cut(value, ":")
	case glued && program != "sshpass":
		return ""
	}
	return value
}
