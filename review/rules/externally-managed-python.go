package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

var externallyManagedPython = &analysis.Rule{
	Name:     "externally-managed-python",
	Doc:      "pip install into a Python that the system manages, which pip refuses",
	Topic:    analysis.Language,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error, warning where the RUN goes on all the same, in a stage that the final image does not need, " +
		"and for the default of an ARG",
	Run: func(p *analysis.Pass) {
		ends := make([]pipState, p.File.StageCount())
		for i, s := range p.File.Stages() {
			ref, ok := baseOf(s)
			if !ok || !ref.ManagesPython() {
				continue
			}
			state := noPip
			if s.Parent != nil {
				state = ends[s.Parent.Index]
			}
			for _, in := range s.Instructions() {
				state = state.after(p, in)
			}
			ends[i] = state
		}
	},
}

// pipState is which pip the image has.
type pipState uint8

const (
	noPip     pipState = iota
	systemPip          // that of the system's packages, certainly
	otherPip           // perhaps another, or one that may install there
)

// after is the state after the instruction. It reports what pip refuses.
func (st pipState) after(p *analysis.Pass, in *dockerfile.Instruction) pipState {
	switch in.Name {
	case "ENV", "ARG":
		if slices.ContainsFunc(in.Pairs, func(x dockerfile.Pair) bool {
			return strings.HasPrefix(x.Key, "PIP_") || x.Key == "PATH" || x.Key == "VIRTUAL_ENV"
		}) {
			return otherPip
		}
	case "COPY", "ADD":
		if mayPut(in, "/etc/pip.conf") || (bringing{name: "pip3"}).copied(in) {
			return otherPip
		}
	case "RUN":
		return st.afterRun(p, in)
	}
	return st
}

// afterRun goes through the commands of a RUN.
func (st pipState) afterRun(p *analysis.Pass, in *dockerfile.Instruction) pipState {
	s := in.Script
	if st == otherPip || s == nil || s.File == nil || s.Shell == "" || (bringing{name: "pip3"}).mounted(in) {
		return otherPip
	}
	text := s.Text.String()
	in.File().Charge(len(text))
	if containsAny(text, "EXTERNALLY-MANAGED", "pip.conf", "pip config", "venv", "virtualenv", "conda", "pyenv", "PIP_",
		"PATH=", "activate", "get-pip", "break-system-packages") {
		return otherPip
	}
	sure := map[*dockerfile.Command]bool{}
	for _, r := range reachedCommands(s) {
		sure[r.cmd] = r.fatal
	}
	var refused []refusedInstall
	for _, c := range s.Commands() {
		name, _ := shell.Program(c)
		fatal, reached := sure[c]
		switch {
		case packageWrites[c.Name] != nil:
			if installsPip(in, c) {
				st = systemPip
			}
		case name == "pip" || name == "pip3":
			if call := shell.Read(in, c); reached && st == systemPip && intoSystem(&call) {
				refused = append(refused, refusedInstall{c, call.Sub, fatal})
			}
		case unforeseeable(c):
			st = otherPip
		}
	}
	if len(refused) > 0 {
		reportRefused(p, in, refused)
	}
	return st
}

// refusedInstall is a call of pip that pip refuses.
type refusedInstall struct {
	cmd   *dockerfile.Command
	sub   shell.Word
	fatal bool
}

// installsPip reports whether the call of a package manager installs the system's pip.
func installsPip(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	for _, pm := range []*ecosystem.System{ecosystem.Apt, ecosystem.Apk} {
		if slices.Contains(pm.Programs, c.Name) {
			return slices.ContainsFunc(readSystem(pm, in, c).Operands, func(w shell.Word) bool {
				name := packageName(w.Text)
				return w.Known && (name == "python3-pip" || name == "py3-pip")
			})
		}
	}
	return false
}

// intoSystem reports whether the call installs where the system's packages are.
func intoSystem(call *shell.Call) bool {
	return call.Sub.Text == "install" && !call.Open() && !call.Has("--break-system-packages", "-t", "--target",
		"--prefix", "--root", "--dry-run", "--python", "-h", "--help")
}

func reportRefused(p *analysis.Pass, in *dockerfile.Instruction, all []refusedInstall) {
	image := in.Stage.Root().Image
	f := analysis.Finding{
		In: in, Span: all[0].cmd.Span, Because: in.Stage.SetBy(nil),
		Message: analysis.Say("pip refuses to install into the Python of %s, which the system manages", image.Text),
		Why:     analysis.Say("The build fails here with `externally-managed-environment`."),
		Fix:     &analysis.Fix{Title: "Install there all the same", Applicability: analysis.Unsafe},
	}
	fatal := false
	for _, r := range all {
		fatal = fatal || r.fatal
		f.Fix.Edits = append(f.Fix.Edits, analysis.Insert(r.sub.Span.End, " --break-system-packages"))
	}
	f.Fix.Assume("no package of the system needs another version of what pip installs")
	if !fatal {
		f.Why = analysis.Say("It fails with `externally-managed-environment`, and the RUN goes on.")
	}
	if !fatal || !in.Stage.Needed() || image.Default {
		f.AtMost = analysis.Warning
	}
	p.Report(f)
}
