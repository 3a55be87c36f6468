package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

var unpinnedPackage = &analysis.Rule{
	Name:     "unpinned-package",
	Doc:      "System package without a version, so each build installs whatever the mirrors have",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL3008", "DL3018", "DL3033", "DL3037", "DL3041"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, row := range pinnings {
				for _, call := range packageCalls(in, row.pm) {
					if slices.Contains(row.installs, call.Sub.Text) {
						row.check(p, call)
					}
				}
			}
		}
	},
}

// pinning is how one manager's install command names a version.
type pinning struct {
	pm       *ecosystem.System
	installs []string
	file     string // the suffix of package files, which are versions themselves
	pinned   func(in *dockerfile.Instruction, name string) bool
	code     string // hadolint's; yum has one of its own
}

var pinnings = []pinning{
	{ecosystem.Apt, []string{"install", "reinstall", "satisfy"}, ".deb", holding("=", "/", "("), "DL3008"},
	{ecosystem.Apk, []string{"add"}, ".apk", holding("=", "~", ">", "<"), "DL3018"},
	{ecosystem.Zypper, []string{"install", "in"}, ".rpm", holding("=", "<", ">"), "DL3037"},
	{ecosystem.RPM, []string{"install", "in", "module"}, ".rpm", rpmPinned, "DL3041"},
}

// check reports the packages of one call that have no version, all together.
func (row pinning) check(p *analysis.Pass, call *packageCall) {
	bare := row.unpinned(call)
	if len(bare) == 0 {
		return
	}
	f := analysis.Finding{
		In: call.in, Span: call.cmd.Span, Alias: row.code,
		Message: analysis.Say("%s is installed in whatever version the mirrors have", bare[0].Text),
		Why:     analysis.Say("Two builds of the same commit may contain different versions."),
	}
	for _, w := range bare {
		f.Values = append(f.Values, shell.Values(call.in, w.ShellWord)...)
	}
	if call.cmd.Name == "yum" {
		f.Alias = "DL3033"
	}
	if n := len(bare) - 1; n > 0 {
		f.Message = analysis.Say("%s and %d more are installed in whatever version the mirrors have", bare[0].Text, n)
	}
	p.Report(f)
}

// unpinned lists the packages of the call that have no version. Those of `dnf module install` have it after a colon.
func (row pinning) unpinned(call *packageCall) []shell.Word {
	names, pinned := call.Operands, func(name string) bool { return row.pinned(call.in, name) }
	if call.Sub.Text == "module" {
		if len(names) == 0 || names[0].Text != "install" {
			return nil
		}
		names, pinned = names[1:], func(name string) bool { return strings.Contains(name, ":") }
	}
	var bare []shell.Word
	for _, w := range names {
		name := w.Text
		if w.Known && name != "" && !strings.HasPrefix(name, "-") && !strings.HasSuffix(name, row.file) &&
			!pinned(name) {
			bare = append(bare, w)
		}
	}
	return bare
}

// holding returns a test on names that hold one of the marks.
func holding(marks ...string) func(*dockerfile.Instruction, string) bool {
	return func(_ *dockerfile.Instruction, name string) bool {
		for _, m := range marks {
			if strings.Contains(name, m) {
				return true
			}
		}
		return false
	}
}

// rpmVersion is a name followed by a version: name-1:2.3-4.el9, where every part after the name's
// first may belong to the version and one begins with a digit.
var rpmVersion = regexp.MustCompile(`^[^-]+(-[0-9A-Za-z.~^_:+]+)*-[0-9][0-9A-Za-z.~^_:+]*(-[0-9A-Za-z.~^_:+]+)*$`)

func rpmPinned(_ *dockerfile.Instruction, name string) bool {
	return rpmVersion.MatchString(name) || strings.Contains(name, "://") || strings.HasPrefix(name, "@")
}
