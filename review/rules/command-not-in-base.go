package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var commandNotInBase = &analysis.Rule{
	Name:     "command-not-in-base",
	Doc:      "Command that the base image does not hold, and that no earlier step brings",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error, warning for a HEALTHCHECK, where the RUN goes on all the same, for a CMD whose image may " +
		"have an ENTRYPOINT, in a stage that the final image does not need, and for the default of an ARG",
	Run: func(p *analysis.Pass) {
		m := missingCommands{p: p, settled: map[stageProgram]bool{}}
		for _, in := range p.File.Instructions() {
			if windows, known := stageWindows(in); windows || !known {
				continue
			}
			m.check(in)
		}
		for _, l := range launches(p) {
			m.interpreter(l)
		}
	},
}

// stageWindows is Stage.Windows of the instruction's stage; true where it has none.
func stageWindows(in *dockerfile.Instruction) (yes, known bool) {
	if in.Stage == nil || in.Name == "FROM" {
		return true, true
	}
	return in.Stage.Windows()
}

// missingCommands looks for the commands of a file that are not there.
type missingCommands struct {
	p       *analysis.Pass
	settled map[stageProgram]bool // of a stage, programs that are there, may be, or have been reported
}

type stageProgram struct {
	stage *dockerfile.Stage
	name  string
	start bool // by what starts in the finished image
}

// lacks reports whether the program is certainly missing where the instruction runs it, and notes that it has been
// asked.
func (m *missingCommands) lacks(in *dockerfile.Instruction, name string, at int) bool {
	if name == "" || name == "sudo" && in.Name == "RUN" { // sudo-in-run speaks of it
		return false
	}
	start := in.Name == "CMD" || in.Name == "ENTRYPOINT" || in.Name == "HEALTHCHECK"
	for _, s := range in.Stage.Lineage() {
		if m.settled[stageProgram{s, name, start}] {
			return false
		}
	}
	missing := noProgram(in, name, at)
	m.settled[stageProgram{in.Stage, name, start}] = !missing || accountMakers[name] == ""
	return missing
}

func (m *missingCommands) check(in *dockerfile.Instruction) {
	switch in.Name {
	case "RUN":
		if in.JSON {
			m.array(in, in.Words)
			return
		}
		m.packageAfterAnd(in)
		m.code(in, reachedCommands(in.Script))
	case "SHELL":
		m.shell(in)
	case "HEALTHCHECK":
		if lastOfItsKind(in) && in.JSON {
			m.array(in, in.Words[1:])
		} else if lastOfItsKind(in) {
			m.code(in, checkedCommands(in.Script))
		}
	case "CMD", "ENTRYPOINT":
		if lastOfItsKind(in) && (in.Name == "ENTRYPOINT" || in.Stage.Last("ENTRYPOINT") == nil) {
			m.array(in, in.Words)
			if !in.JSON {
				m.code(in, reachedCommands(in.Script))
			}
		}
	}
}

// code looks at commands that certainly run.
func (m *missingCommands) code(in *dockerfile.Instruction, all []reached) {
	ref, ok := baseOf(in.Stage)
	if !ok || in.Script == nil || in.Script.Shell == "" || shellless(ref) { // shell-missing speaks of those
		return
	}
	a, accounts := absent{in: in}, absent{in: in}
	for _, r := range all {
		c := r.cmd
		at := absent{in: in, span: c.Span, cmd: c, fatal: r.fatal || in.Name == "HEALTHCHECK"}
		if m.versionControl(at) || m.account(at, &accounts) {
			continue
		}
		for _, name := range append(slices.Clone(c.Wrapper), c.Name) {
			if inSearchPath(c.Words[0].Text) && m.lacks(in, name, c.Span.Start) {
				a.add(at, name)
			}
		}
	}
	if accounts.cmd != nil {
		m.reportAccounts(accounts)
	}
	if a.cmd != nil {
		m.report(a)
	}
}

// add takes in a further program that is not there.
func (a *absent) add(at absent, name string) {
	fatal, names := a.fatal || at.fatal, append(a.names, name)
	if a.cmd == nil {
		*a = at
	}
	a.fatal, a.names = fatal, names
}

// inSearchPath reports whether a program of that path is one of the system, or is looked for in PATH.
func inSearchPath(program string) bool {
	return !strings.Contains(program, "/") || slices.Contains(searched, path.Dir(program))
}

// array looks at the programs that the words of an instruction in exec form start.
func (m *missingCommands) array(in *dockerfile.Instruction, words []dockerfile.Word) {
	if !in.JSON {
		return
	}
	for len(words) > 0 {
		name := path.Base(words[0].Text)
		if inSearchPath(words[0].Text) && m.lacks(in, name, in.Span.End) {
			m.report(absent{in: in, span: words[0].Span, names: []string{name}, fatal: true})
			return
		}
		if !inits[name] {
			return
		}
		i := slices.IndexFunc(words[1:], func(w dockerfile.Word) bool { return !strings.HasPrefix(w.Text, "-") })
		if i < 0 {
			return
		}
		words = words[1+i:]
	}
}

// shell looks at the program of a SHELL that a later step uses before anything may bring it.
func (m *missingCommands) shell(in *dockerfile.Instruction) {
	if len(in.Words) == 0 || !inSearchPath(in.Words[0].Text) {
		return
	}
	name := path.Base(in.Words[0].Text)
	for _, later := range in.Stage.Instructions() {
		if later.Index > in.Index && later.Script != nil && later.Script.SetBy == in {
			if m.lacks(later, name, later.Span.Start) {
				m.report(absent{in: in, span: in.Words[0].Span, names: []string{name}, fatal: true, with: later})
			}
			return
		}
	}
}

// interpreter looks at the program that a script of the build context names in its first line.
func (m *missingCommands) interpreter(l launch) {
	found, at := l.find(m.p.Context)
	if l.script || found.file == "" || found.touched(m.p, at) {
		return
	}
	data, _ := m.p.Context.Read(found.file)
	line, _, _ := strings.Cut(string(data[:min(len(data), 128)]), "\n")
	words := strings.Fields(strings.TrimPrefix(line, "#!"))
	if !strings.HasPrefix(line, "#!") || len(words) == 0 || strings.HasSuffix(line, "\r") {
		return
	}
	name := words[0]
	if path.Base(name) == "env" && len(words) == 2 {
		name = words[1]
	}
	if inSearchPath(name) && m.lacks(l.in, path.Base(name), l.word.Span.Start) {
		m.report(absent{in: l.in, span: l.word.Span, names: []string{path.Base(name)}, fatal: true, by: found.file,
			elsewhere: analysis.Location{Path: m.p.Context.FromRoot(found.file), Line: 1}})
	}
}

// absent is a command that is not there.
type absent struct {
	in        *dockerfile.Instruction
	span      dockerfile.Span
	names     []string                // of the programs, at least one
	foreign   bool                    // they are there, or others of their names, but without these flags
	by        string                  // the program that calls it; "" where the instruction itself does
	cmd       *dockerfile.Command     // nil in exec form
	fatal     bool                    // the build or the container fails
	with      *dockerfile.Instruction // that needs it too
	elsewhere analysis.Location       // the line of another file that needs it
	why       analysis.Message        // what to do, where that is not to install it
	fix       *analysis.Fix
}

func (m *missingCommands) report(a absent) {
	image := a.in.Stage.Root().Image
	f := analysis.Finding{
		In: a.in, Span: a.span, Subject: strings.Join(a.names, " "), Because: a.in.Stage.SetBy(nil), Fix: a.fix,
		Message: a.message(image.Text), Why: a.why, Elsewhere: a.elsewhere,
	}
	if a.with != nil {
		f.With = []*dockerfile.Instruction{a.with}
	}
	if f.Why.Format == "" {
		f.Why = a.cost()
	}
	if f.Fix == nil {
		f.Fix = m.remedy(a)
	}
	unknownStart := a.in.Name == "CMD" && !a.ref().WithoutEntrypoint()
	if !a.fatal || a.in.Name == "HEALTHCHECK" || !a.in.Stage.Needed() || image.Default || unknownStart {
		f.AtMost = analysis.Warning
	}
	m.p.Report(f)
}

// message says what is missing in the image.
func (a absent) message(image string) analysis.Message {
	var args []any
	format := ""
	for i, name := range a.names {
		switch {
		case i > 0 && i == len(a.names)-1:
			format += " and "
		case i > 0:
			format += ", "
		}
		format, args = format+"%s", append(args, name)
	}
	args = append(args, image)
	switch {
	case a.foreign:
		return analysis.Say("These flags of "+format+" are BusyBox's, which %s does not have", args...)
	case a.by != "":
		return analysis.Say("%s needs "+format+", which is not in %s, and no step installs it",
			append([]any{a.by}, args...)...)
	case len(a.names) > 1:
		return analysis.Say(format+" are not in %s, and no step before installs them", args...)
	}
	return analysis.Say(format+" is not in %s, and no step before installs it", args...)
}

func (a absent) ref() baseimage.Ref {
	ref, _ := baseOf(a.in.Stage)
	return ref
}

// effect says what happens, without a full stop.
func (a absent) effect() string {
	switch {
	case a.in.Name == "HEALTHCHECK":
		return "The check always fails, so the container is unhealthy"
	case a.in.Name == "CMD", a.in.Name == "ENTRYPOINT":
		return "The container cannot start"
	case !a.fatal:
		return "The RUN goes on without it"
	}
	return "The build fails here"
}

// cost says what happens, and what the image has instead.
func (a absent) cost() analysis.Message {
	family := a.ref().Family()
	name, other := a.names[0], a.fetcher()
	pkg := family.Package(name)
	switch {
	case family == baseimage.Scratch || family == baseimage.Distroless:
		return analysis.Say(a.effect() +
			". Nothing can be installed there: use a program that you copy into the image.")
	case slices.Contains(a.names, "apt-key"):
		return analysis.Say(a.effect()+". Put the key into %s, and name it with %s in the list of sources.",
			"/etc/apt/keyrings", "signed-by")
	case len(a.names) == 1 && (name == "curl" || name == "wget") && a.in.Name == "HEALTHCHECK" && other != "":
		return analysis.Say(a.effect()+"; the image has %s.", other)
	case len(a.names) == 1 && pkg != "" && pkg != name:
		return analysis.Say(a.effect()+"; it is in the package %s.", pkg)
	}
	return analysis.Say(a.effect() + ".")
}
