package rules

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// versionControl reports an install that calls git where the image has none.
func (m *missingCommands) versionControl(a absent) bool {
	a.by, a.elsewhere = m.callsGit(a.in, a.cmd)
	if a.by == "" || !m.lacks(a.in, "git", a.cmd.Span.Start) {
		return false
	}
	a.names = []string{"git"}
	m.report(a)
	return true
}

// callsGit says of a command that it certainly calls git, and which line of a file makes it: an install of a package
// from a repository (https://pip.pypa.io/en/stable/topics/vcs-support/,
// https://docs.npmjs.com/cli/v11/commands/npm-install, https://go.dev/ref/mod#private-modules).
func (m *missingCommands) callsGit(
	in *dockerfile.Instruction, c *dockerfile.Command,
) (by string, at analysis.Location) {
	name, _ := shell.Program(c)
	switch name {
	case "pip", "pip3", "npm", "yarn", "pnpm", "go":
	default:
		return "", at
	}
	call := shell.Read(in, c)
	verb := call.Verb()
	if name == "go" {
		proxy := in.Var("GOPROXY")
		fetches := slices.Contains([]string{"mod", "install", "get"}, c.Words[min(1, len(c.Words)-1)].Text)
		if proxy.Known && proxy.Text == "direct" && fetches {
			return "go with GOPROXY=direct", at
		}
		return "", at
	}
	if !slices.Contains([]string{"install", "add", "i"}, verb) {
		return "", at
	}
	for _, w := range call.Operands {
		if w.Known && fromRepository.MatchString(w.Text) {
			return name + " " + verb, at
		}
	}
	if name == "pip" || name == "pip3" {
		return m.requiresGit(in, &call)
	}
	return "", at
}

// fromRepository is a requirement that is fetched with git. npm gets one of GitHub, GitLab or Bitbucket as an archive.
var fromRepository = regexp.MustCompile(`^(?:[\w.\-\[\],]+ ?@ ?)?git\+(?:https|http|ssh|git)://|^git://`)

// requiresGit looks for such a requirement in the files that pip reads.
func (m *missingCommands) requiresGit(in *dockerfile.Instruction, call *shell.Call) (by string, at analysis.Location) {
	for _, f := range call.Flags {
		if f.Name != "-r" && f.Name != "--requirement" || !f.Value.Known {
			continue
		}
		file, ok := m.p.Context.Brought(in, in.Resolve(in.Workdir(), f.Value.Text))
		if !ok {
			continue
		}
		data, _ := m.p.Context.Read(file)
		m.p.File.Charge(len(data) / 4)
		line := 0
		for text := range bytes.Lines(data) {
			line++
			requirement := strings.TrimPrefix(strings.TrimSpace(string(text)), "-e ")
			if fromRepository.MatchString(strings.TrimSpace(requirement)) && !strings.Contains(requirement, ";") {
				return file, analysis.Location{Path: m.p.Context.FromRoot(file), Line: line}
			}
		}
	}
	return "", at
}

// packageAfterAnd reports the name of a package that && makes a command, after an install of packages.
func (m *missingCommands) packageAfterAnd(in *dockerfile.Instruction) {
	links := shell.Links(in.Script)
	for i := 1; i < len(links); i++ {
		install, c := in.Script.Command(links[i-1]), in.Script.Command(links[i])
		if install == nil || c == nil || len(c.Wrapper) > 0 || !installsSystem(in, install) || !namesPackages(c) {
			continue
		}
		between := dockerfile.Span{Start: install.Span.End, End: c.Span.Start}
		text := in.File().Text(between)
		at := strings.Index(text, "&&")
		if at < 0 || strings.Contains(text, ";") {
			continue
		}
		f := analysis.Finding{
			In: in, Span: c.Words[0].Span, Subject: c.Words[0].Text,
			Message: analysis.Say("%s is a package, but after %s it is a command", c.Words[0].Text, "&&"),
			Why:     analysis.Say("The build fails here with `not found`."),
		}
		if !in.Stage.Needed() {
			f.AtMost = analysis.Warning
		}
		drop := dockerfile.Span{Start: between.Start + at, End: between.Start + at + len("&&")}
		if rest := text[at+len("&&"):]; strings.HasPrefix(rest, " ") {
			drop.End++
		}
		f.Fix = &analysis.Fix{Title: "Remove the &&", Applicability: analysis.Unsafe,
			Edits: []analysis.Edit{{Span: drop}}}
		f.Fix.Assume("the packages are to be installed")
		m.p.Report(f)
	}
}

// installsSystem reports whether the command installs packages of the system that it names.
func installsSystem(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	switch c.Name {
	case "apt-get", "apt", "apk", "dnf", "yum", "microdnf":
		call := shell.Read(in, c)
		return slices.Contains([]string{"install", "add"}, call.Verb())
	}
	return false
}

var (
	packageWord = regexp.MustCompile(`^[a-z0-9][a-z0-9+.\-]*(?:=[^=]+)?$`)
	// packageOnly are names that packages have and programs have not: with a version, or of headers and libraries.
	packageOnly = regexp.MustCompile(`^[a-z0-9]+[+.\-][a-z0-9+.\-]*=[^=]+$|^[a-z0-9][a-z0-9+.\-]*-dev$|` +
		`^lib[a-z0-9+.\-]*\d$|` +
		`^(?:build-essential|build-base|ca-certificates|software-properties-common|apt-transport-https|xz-utils|` +
		`python3-(?:pip|venv|setuptools|distutils)|openssh-(?:client|server)|iputils-ping|netcat-openbsd|dnsutils|` +
		`net-tools|linux-headers|gettext-base|iproute2|fonts-[a-z\-]+)$`)
)

// namesPackages reports whether the words of the command are names of packages, of which the first is certainly no
// program.
func namesPackages(c *dockerfile.Command) bool {
	return packageOnly.MatchString(c.Words[0].Text) && !slices.ContainsFunc(c.Words, func(w dockerfile.ShellWord) bool {
		return !w.Literal || !packageWord.MatchString(w.Text) && !strings.HasPrefix(w.Text, "-")
	})
}
