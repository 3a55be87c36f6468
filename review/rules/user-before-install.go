package rules

import (
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

var userBeforeInstall = &analysis.Rule{
	Name:       "user-before-install",
	Doc:        "Install of system packages by a user other than root",
	Topic:      analysis.Users,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning where the base image sets the user",
	Run: func(p *analysis.Pass) {
		found := map[account]*privileged{}
		var order []*privileged
		eachUser(p.File, func(in *dockerfile.Instruction, who account) {
			c := needsRoot(in)
			if c == nil || !who.other() {
				return
			}
			key := who
			if who.set == nil {
				key.set = in.Stage.From
			}
			if found[key] == nil {
				found[key] = &privileged{who: who, in: in, cmd: c}
				order = append(order, found[key])
				return
			}
			found[key].more = append(found[key].more, in)
		})
		for _, f := range order {
			f.report(p)
		}
	},
}

// privileged is a step that needs root and runs as another user.
type privileged struct {
	who  account
	in   *dockerfile.Instruction
	cmd  *dockerfile.Command
	more []*dockerfile.Instruction // further ones under the same user
}

// changesUser reports whether the wrapper runs its command as a user of its own choice.
func changesUser(wrapper string) bool {
	return slices.Contains([]string{"sudo", "gosu", "su-exec", "chroot"}, wrapper)
}

// needsRoot returns the first command of the RUN that changes the system's packages without becoming
// root.
func needsRoot(in *dockerfile.Instruction) *dockerfile.Command {
	if in.Trigger != nil {
		return nil
	}
	for _, c := range shell.Commands(in) {
		if slices.ContainsFunc(c.Wrapper, changesUser) {
			return nil
		}
		words, ok := packageWrites[c.Name]
		if !ok {
			continue
		}
		call := shell.Read(in, c)
		harmless := call.Has("--root", "--installroot", "--usermode", "--simulate", "--dry-run", "--print-uris")
		if !harmless && slices.Contains(words, call.Verb()) {
			return c
		}
	}
	return nil
}

// packageWrites are the subcommands of package managers that only root may use.
var packageWrites = map[string][]string{
	"apt-get":  {"update", "install", "upgrade", "dist-upgrade", "remove", "purge", "autoremove"},
	"apt":      {"update", "install", "upgrade", "full-upgrade", "remove", "purge", "autoremove"},
	"apk":      {"add", "del", "update", "upgrade"},
	"yum":      {"install", "update", "upgrade", "remove", "erase", "groupinstall"},
	"dnf":      {"install", "update", "upgrade", "remove", "group"},
	"microdnf": {"install", "update", "upgrade", "remove"},
	"zypper":   {"install", "in", "update", "up", "remove", "rm", "refresh"},
}

func (f *privileged) report(p *analysis.Pass) {
	out := analysis.Finding{
		In: f.in, Span: f.cmd.Span, With: f.more, Because: f.in.Stage.SetBy(f.who.set),
		Message: analysis.Say("%s needs root, but this step runs as %s", f.cmd.Name, f.who.name),
		Why:     analysis.Say("The build fails here: move the %s after the installs.", "USER"),
	}
	if f.who.set == nil {
		out.AtMost = analysis.Warning // images change their user from one version to another
		out.Why = analysis.Say("The build fails here, because the base image runs as %s. Put %s before the "+
			"installs, and switch back after them.", f.who.name, "USER root")
	} else {
		out.With = append([]*dockerfile.Instruction{f.who.set}, f.more...)
	}
	if len(f.more) == 0 && onlyPackages(f.in) {
		out.Fix = f.asRoot(p.File)
	}
	p.Report(out)
}

// onlyPackages reports whether the RUN does nothing but manage packages and clean up.
func onlyPackages(in *dockerfile.Instruction) bool {
	for _, c := range shell.Commands(in) {
		if _, ok := packageWrites[c.Name]; !ok && c.Name != "rm" && c.Name != "set" && c.Name != "echo" &&
			c.Name != "true" {
			return false
		}
	}
	return in.JSON || in.Script != nil && in.Script.File != nil
}

// asRoot puts the step between two USERs.
func (f *privileged) asRoot(file *dockerfile.File) *analysis.Fix {
	back := "USER " + f.who.written()
	return &analysis.Fix{
		Title: "Install as root and switch back", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("The step then runs as root instead of %s: check that it does nothing else.", f.who.name),
		Adds: []analysis.Addition{{Stage: f.in.Stage.Index, Text: "USER root"},
			{Stage: f.in.Stage.Index, Text: back}},
		Edits: edit.All(edit.InsertAbove(f.in, "USER root"), edit.InsertBelow(f.in, back)).Edits,
	}
}
