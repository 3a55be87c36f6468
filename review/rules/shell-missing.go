package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var shellMissing = &analysis.Rule{
	Name:     "shell-missing",
	Doc:      "command in shell form, in an image without a shell",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error, warning for a HEALTHCHECK, in a stage that the final image does not need, and for the " +
		"default of an ARG",
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			if ref, ok := baseOf(s); ok && shellless(ref) {
				inShellForm(p, s)
			}
		}
	},
}

// shellless reports whether the image certainly has no shell.
func shellless(ref baseimage.Ref) bool {
	distroless := ref.Registry == "gcr.io" && strings.HasPrefix(ref.Name, "distroless/")
	return ref.Family() == baseimage.Scratch || distroless && !strings.HasPrefix(ref.Tag, "debug")
}

// needsShell reports whether the instruction is in shell form, for the shell that images have on their own.
func needsShell(in *dockerfile.Instruction) bool {
	return in.Script != nil && in.Script.SetBy == nil && strings.TrimSpace(in.Args.String()) != "" &&
		!in.HasMount("bind", "cache")
}

// inShellForm reports what the stage gives to a shell, up to the first COPY that may bring one.
func inShellForm(p *analysis.Pass, s *dockerfile.Stage) {
	if s.Parent != nil && hasShell(s.Parent) {
		return
	}
	for _, in := range s.Instructions() {
		switch in.Name {
		case "COPY", "ADD":
			if mayBringShell(in) {
				return
			}
		case "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK":
			if needsShell(in) && (in.Name == "RUN" || lastOfItsKind(in)) {
				reportShell(p, in)
			}
		}
	}
}

// hasShell reports whether a stage, or one that it is built on, may have got a shell.
func hasShell(s *dockerfile.Stage) bool {
	for in := range s.All() {
		if (in.Name == "COPY" || in.Name == "ADD") && mayBringShell(in) {
			return true
		}
	}
	return false
}

// mayBringShell reports whether the COPY may bring a program of the system: it writes to the root, to a folder where
// programs are, or to an unknown one.
func mayBringShell(in *dockerfile.Instruction) bool {
	if len(in.Words) < 2 {
		return true
	}
	to := in.Resolve(in.Workdir(), lastWord(in).Text)
	if !strings.HasPrefix(to, "/") || to == "/" {
		return true
	}
	for _, dir := range []string{"/bin", "/usr", "/lib", "/busybox", "/sbin"} {
		if _, below := dockerfile.Below(dir, to); below {
			return true
		}
	}
	return false
}

func reportShell(p *analysis.Pass, in *dockerfile.Instruction) {
	image := in.Stage.Root().Image
	f := analysis.Finding{
		In: in, Span: in.Head(), Because: in.Stage.SetBy(nil), Subject: in.Name,
		Message: analysis.Say("This %s needs a shell, which %s does not have", in.Name, image.Text),
		Why:     analysis.Say("The container cannot start it. Write it as a JSON array, which needs no shell."),
	}
	switch in.Name {
	case "RUN":
		f.Why = analysis.Say("The build fails here. Do this in an earlier stage, and copy the result.")
	case "HEALTHCHECK":
		f.AtMost = analysis.Warning // the container runs
		f.Why = analysis.Say("The check always fails, so the container is unhealthy. Write it as a JSON array.")
		if name := firstMissing(in); name != "" {
			f.Why = analysis.Say("The check always fails, so the container is unhealthy. The image has no %s either: "+
				"let the program itself do the check, in a JSON array.", name)
		}
	}
	if in.Name == "CMD" || in.Name == "ENTRYPOINT" {
		if v := shellVariable.FindString(in.Args.String()); v != "" {
			f.Why = analysis.Say("The container cannot start it, and nothing would read %s in a JSON array either: "+
				"let the program read the variable itself.", v)
		}
		f.Fix = withoutShell(p, in)
	}
	if !in.Stage.Needed() || image.Default {
		f.AtMost = analysis.Warning
	}
	p.Report(f)
}

// withoutShell writes the command as a JSON array; nil where a shell has more to do than to split it, and where the
// base image starts a program of its own, whose arguments the words of a CMD would be.
func withoutShell(p *analysis.Pass, in *dockerfile.Instruction) *analysis.Fix {
	ref, _ := baseOf(in.Stage)
	words := plainWords(in.Script)
	if len(words) == 0 || in.Name == "CMD" && (in.Stage.Last("ENTRYPOINT") != nil ||
		containsAny(ref.Name, "java", "nodejs", "python")) {
		return nil
	}
	fix := execForm(p, in, words, nil)
	if fix != nil {
		fix.Caveat = analysis.Say("This assumes that %s is a program that needs no shell.", words[0].Text)
	}
	return fix
}

// firstMissing is the first program of the HEALTHCHECK's code that the image does not have.
func firstMissing(in *dockerfile.Instruction) string {
	for _, r := range checkedCommands(in.Script) {
		if noProgram(in, r.cmd.Name, r.cmd.Span.Start) {
			return r.cmd.Name
		}
	}
	return ""
}
