package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

var pathOverwritten = &analysis.Rule{
	Name:       "path-overwritten",
	Doc:        "ENV that gives PATH a new value without the folders of the system's programs",
	Topic:      analysis.Runtime,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error where a later RUN calls a program of the system, otherwise warning",
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Stage == nil || in.Name != "ENV" {
				continue
			}
			for _, pair := range in.Pairs {
				if pair.Key == "PATH" && losesPrograms(in, pair) {
					reportPath(p, in, pair)
				}
			}
		}
	},
}

// losesPrograms reports whether the PATH has no folder of the programs that the base image is known to have.
func losesPrograms(in *dockerfile.Instruction, pair dockerfile.Pair) bool {
	ref, ok := baseOf(in.Stage)
	systems := []baseimage.Family{baseimage.Debian, baseimage.Ubuntu, baseimage.Alpine, baseimage.RedHat,
		baseimage.SUSE, baseimage.Arch, baseimage.Wolfi, baseimage.BusyBox}
	if !ok || !slices.Contains(systems, ref.Family()) ||
		slices.Contains(references(pair.Value, in.File().Escape), "PATH") {
		return false
	}
	value := in.Expand(pair.Value)
	if !value.Known || value.Text == "" {
		return false
	}
	for _, dir := range strings.Split(value.Text, ":") {
		if dir = path.Clean(dir); dir == "/bin" || dir == "/usr/bin" {
			return false
		}
	}
	return true
}

func reportPath(p *analysis.Pass, in *dockerfile.Instruction, pair dockerfile.Pair) {
	f := analysis.Finding{
		In: in, Span: pair.Span, Because: in.Stage.SetBy(nil), AtMost: analysis.Warning,
		Message: analysis.Say("This %s does not contain %s, so the system's programs are not found any more",
			"PATH", "/bin"),
		Why: analysis.Say("An ENV replaces the old value: put %s at the end to keep it.", "$PATH"),
		Fix: keptPath(in, pair),
	}
	if run, program := firstLost(in); run != nil {
		f.AtMost, f.With = analysis.Never, []*dockerfile.Instruction{run}
		f.Why = analysis.Say("The build stops at %s with %s, unless %s at the end keeps the old value.",
			run.Short(), program+": not found", "$PATH")
	}
	p.Report(f)
}

// keptPath is the fix that keeps the old value; nil where a quote keeps the builder from expanding it.
func keptPath(in *dockerfile.Instruction, pair dockerfile.Pair) *analysis.Fix {
	if strings.ContainsAny(pair.Value, "'\\`\n") || strings.Trim(pair.Value, `"`) == "" {
		return nil
	}
	add := ":$PATH"
	if strings.HasSuffix(strings.TrimSuffix(pair.Value, `"`), ":") {
		add = "$PATH"
	}
	return &analysis.Fix{
		Title: "Keep the old value of PATH", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("Programs of the base image are found again: check that none is meant to be hidden."),
		Edits:  edit.AppendTo(in.File(), dockerfile.Word{Span: pair.Span}, add).Edits,
	}
}

// firstLost finds the first RUN of the stage after the ENV that surely calls a program of /bin by its name alone,
// before anything else sets PATH.
func firstLost(env *dockerfile.Instruction) (*dockerfile.Instruction, string) {
	for _, in := range env.Stage.Instructions() {
		if in.Span.Start <= env.Span.Start {
			continue
		}
		if in.Name == "ENV" && slices.ContainsFunc(in.Pairs, func(p dockerfile.Pair) bool { return p.Key == "PATH" }) {
			return nil, ""
		}
		s := shell.Script(in)
		if in.Name != "RUN" || s == nil {
			continue
		}
		if strings.Contains(s.Text.String(), "PATH") || strings.Contains(s.Text.String(), "ln ") {
			return nil, ""
		}
		steps, _ := shell.Chain(in)
		for _, st := range steps {
			if len(st.Cmd.Wrapper) == 0 && systemPrograms[in.File().Text(st.Cmd.Words[0].Span)] {
				return in, st.Cmd.Name
			}
			break // what comes later may not run
		}
	}
	return nil, ""
}

// systemPrograms are programs that the systems have in /bin or /usr/bin, and that no shell has itself.
var systemPrograms = setOf("apk apt apt-get cat chmod chown cp cut date dnf dpkg env find grep head id install ls " +
	"microdnf mkdir mktemp mv rm rmdir sed sleep sort tail tar touch tr uname yum")
