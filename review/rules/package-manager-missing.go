package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var packageManagerMissing = &analysis.Rule{
	Name:       "package-manager-missing",
	Doc:        "package manager that the base image does not have",
	Topic:      analysis.Packages,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning in a stage that the final image does not need, and for the default of an ARG",
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			if ref, ok := baseOf(s); ok && systems[ref.Family()] != "" {
				foreignManagers(p, s, ref.Family())
			}
		}
	},
}

// systems are the package managers of the systems that have one, between blanks, the one to use first.
var systems = map[baseimage.Family]string{
	baseimage.Debian: "apt-get apt dpkg", baseimage.Ubuntu: "apt-get apt dpkg", baseimage.Alpine: "apk",
	baseimage.Wolfi: "apk", baseimage.RedHat: "dnf yum microdnf tdnf", baseimage.SUSE: "zypper",
	baseimage.Arch: "pacman",
}

// foreign are the programs that no system has but those whose row names them.
var foreign = setOf("apt-get apt apk dnf yum microdnf zypper pacman")

// foreignManagers reports the first command of the stage that calls another system's package manager.
func foreignManagers(p *analysis.Pass, s *dockerfile.Stage, family baseimage.Family) {
	own := strings.Fields(systems[family])
	for _, in := range s.Instructions() {
		steps, plain := shell.Chain(in)
		for _, st := range steps {
			name, _ := shell.Program(st.Cmd)
			if plain && foreign[name] && !slices.Contains(own, name) && !mayHave(s, in, name) {
				reportForeign(p, in, st.Cmd, name, own[0])
				return
			}
		}
		if !plain && in.Name == "RUN" {
			return // it may look for what is there
		}
	}
}

// mayHave reports whether an instruction before may have brought the program.
func mayHave(s *dockerfile.Stage, at *dockerfile.Instruction, name string) bool {
	return slices.ContainsFunc(s.Before(at), func(in *dockerfile.Instruction) bool {
		switch in.Name {
		case "COPY", "ADD":
			return mayBringShell(in)
		case "RUN":
			return strings.Contains(in.Args.String(), strings.TrimSuffix(name, "-get"))
		}
		return false
	})
}

func reportForeign(p *analysis.Pass, in *dockerfile.Instruction, c *dockerfile.Command, name, own string) {
	image := in.Stage.Root().Image
	if image.Default && !in.Stage.Needed() {
		return // a build of this stage may name another image too
	}
	f := analysis.Finding{
		In: in, Span: c.Span, Because: in.Stage.SetBy(nil), Subject: name,
		Message: analysis.Say("%s is not in %s, whose package manager is %s", name, image.Text, own),
		Why:     analysis.Say("The build fails here with `not found`. The packages may have other names there."),
	}
	if !in.Stage.Needed() || image.Default {
		f.AtMost = analysis.Warning
	}
	p.Report(f)
}
