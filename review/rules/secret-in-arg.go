package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/secrets"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var secretInArg = &analysis.Rule{
	Name:       "secret-in-arg",
	Doc:        "Secret in a build argument, which the image's history keeps",
	Topic:      analysis.Secrets,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error for a token, warning for a name like that of a secret, notice in a build stage",
	Aliases:    []string{"DL3064", "SecretsUsedInArgOrEnv", "DS-0031"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			arg := in.Inner()
			if arg.Name != "ARG" {
				continue
			}
			for _, pair := range arg.Pairs {
				if f, ok := secretArg(in, pair); ok && !takenUp(in, pair.Key) {
					f.In, f.Span, f.Subject = in, pair.Span, assigned(arg, pair)
					p.Report(f)
				}
			}
		}
	},
}

// secretArg checks one build argument.
func secretArg(in *dockerfile.Instruction, pair dockerfile.Pair) (analysis.Finding, bool) {
	var f analysis.Finding
	if all := secrets.Tokens(pair.Value); len(all) > 0 {
		what, shown := described(all[0])
		f.Message = analysis.Say("The default of %s is "+what+": "+historians(in), append([]any{pair.Key}, shown...)...)
		f.Why = analysis.Say(withdraw)
		return f, true
	}
	v := in.Inner().Expand(pair.Value)
	if !secrets.Name(pair.Key) || pair.HasValue && v.Text != "" && notSecret(v) {
		return f, false
	}
	f.AtMost = analysis.Warning
	if endOf(in) == inCache {
		f.AtMost = analysis.Notice
	}
	f.Message = analysis.Say("%s passes a secret as a build argument: "+historians(in), pair.Key)
	f.Why = analysis.Say(passesOn)
	if pair.HasValue && v.Known && !secrets.Harmless(v.Text) {
		f.Why = analysis.Say("The default is in the repository too, so change this secret. " + passesOn)
	}
	mountArg(&f, in, pair)
	return f, true
}

// notSecret reports whether the default of an argument shows that it is no secret, or is not known.
func notSecret(v dockerfile.Value) bool {
	return !v.Known || secrets.Harmless(v.Text) && !secrets.Placeholder(v.Text)
}

// mountArg adds the fix that mounts the argument, or says why that is not enough.
func mountArg(f *analysis.Finding, in *dockerfile.Instruction, pair dockerfile.Pair) {
	fix, run := secretMount(in, pair)
	if run == nil {
		return
	}
	f.Fix, f.With, f.Why = fix, []*dockerfile.Instruction{run}, analysis.Message{}
	if fix == nil {
		f.Why = analysis.Say("The RUN that uses it also writes it to a file in its layer. Mount that file, or the " +
			"variable that it refers to (`RUN --mount=type=secret`), and build with `docker build --secret`.")
	}
}

// historians says who can read a build argument. BuildKit writes it into the history of the ARG
// and of every RUN after it (dockerfile2llb, commitToHistory).
func historians(in *dockerfile.Instruction) string {
	switch endOf(in) {
	case inImage:
		return "`docker history` shows it to everyone who can pull the image"
	case inOthers:
		return "`docker history` shows it to everyone who can pull an image built on this one"
	}
	return "it does not reach the final image, but the build cache and the build's provenance record keep it"
}

// takenUp reports whether another finding covers the argument: in the stage that declares a global
// one again, or at the ENV that copies it.
func takenUp(in *dockerfile.Instruction, name string) bool {
	for _, x := range in.File().Instructions()[in.Index+1:] {
		switch {
		case in.Stage == nil && x.Name == "ARG" && x.Stage != nil && declares(x, name):
			return true
		case in.Stage != nil && x.Name == "ENV":
			for _, pair := range x.Pairs {
				if secrets.Name(pair.Key) && secretArgument(x, pair) == in {
					return true
				}
			}
		}
	}
	return false
}

func declares(arg *dockerfile.Instruction, name string) bool {
	for _, p := range arg.Pairs {
		if p.Key == name {
			return true
		}
	}
	return false
}

// secretMount is the fix that removes a build argument and mounts it as a secret into the one RUN
// that uses it. It is nil where more than that RUN may need the argument.
func secretMount(in *dockerfile.Instruction, pair dockerfile.Pair) (*analysis.Fix, *dockerfile.Instruction) {
	if in.Stage == nil || in.Trigger != nil || strings.Trim(pair.Value, `"'`) != "" || in.File().Arg(pair.Key) != nil {
		return nil, nil
	}
	run := onlyUser(in, pair.Key)
	if run == nil {
		return nil, nil
	}
	if keepsInFile(run, pair.Key) {
		return nil, run
	}
	fix, part := mountInto(run, pair.Key), edit.DropPair(in, slices.Index(in.Pairs, pair))
	if fix == nil || part == nil {
		return nil, nil
	}
	comments := edit.TakeComments(in.File(), part)
	edit.Add(fix, edit.All(part, edit.CommentAbove(run, comments)))
	return fix, run
}

// mountInto mounts the secret into the RUN: as a variable where the frontend knows that, else as a file from which the
// RUN sets it. It is nil where the RUN could not read the file, which is root's.
func mountInto(run *dockerfile.Instruction, name string) *analysis.Fix {
	fix := &analysis.Fix{Title: "Mount it as a secret", Applicability: analysis.Unsafe}
	mount := " --mount=type=secret,id=" + name
	build := "docker build --secret id=" + name
	if knownSince(run.File().Syntax, 10) {
		fix.Caveat = analysis.Say("Build with %s instead of %s, which needs Docker 27.3 or newer and reads the "+
			"environment variable %s.", build, "--build-arg", name)
		fix.Edits = []analysis.Edit{analysis.Insert(run.Keyword.End, mount+",env="+name)}
		return fix
	}
	if len(run.Heredocs) > 0 || lastBefore(run, "USER") != nil {
		return nil
	}
	fix.Caveat = analysis.Say("Build with %s instead of %s, which reads the environment variable %s.",
		build, "--build-arg", name)
	fix.Edits = []analysis.Edit{
		analysis.Insert(run.Args.Pos(0), "export "+name+`="$(cat /run/secrets/`+name+`)" && `),
		analysis.Insert(run.Keyword.End, mount),
	}
	return fix
}

// onlyUser returns the one RUN that uses the argument, when all its uses are expansions of the
// shell; nil where anything else mentions the name.
func onlyUser(arg *dockerfile.Instruction, name string) *dockerfile.Instruction {
	var run *dockerfile.Instruction
	for _, x := range arg.File().Instructions()[arg.Index+1:] {
		if !x.Stage.BuiltOn(arg.Stage) || mentions(x, name) == 0 {
			continue
		}
		if run != nil || x.Name != "RUN" || x.Script == nil || x.Script.File == nil {
			return nil
		}
		run = x
	}
	if run == nil || run.Stage != arg.Stage || mentions(run, name) != expansions(run.Script, name) {
		return nil
	}
	return run
}

// mentions counts the places at which the name is a word of its own in the instruction.
func mentions(in *dockerfile.Instruction, name string) int {
	return countName(in.File().Text(in.Span), name)
}

func mentionsName(text, name string) bool { return countName(text, name) > 0 }

func countName(text, name string) int {
	n := 0
	for rest := text; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return n
		}
		end := i + len(name)
		if (i == 0 || !nameByte(rest[i-1])) && (end == len(rest) || !nameByte(rest[end])) {
			n++
		}
		rest = rest[end:]
	}
}

// expansions counts the places at which the shell puts the variable in.
func expansions(script *dockerfile.Script, name string) int {
	n := 0
	script.Walk(func(node syntax.Node) bool {
		if p, ok := node.(*syntax.ParamExp); ok && p.Param != nil && p.Param.Value == name {
			n++
		}
		return true
	})
	return n
}

// settingCalls are the calls that write what they are given to a file.
var settingCalls = map[string][]string{
	"git": {"clone", "config", "remote", "submodule"}, "npm": {"config", "set"}, "yarn": {"config"},
	"pnpm": {"config", "set"}, "composer": {"config"}, "bundle": {"config"}, "poetry": {"config"}, "pip": {"config"},
	"pip3": {"config"}, "dotnet": {"nuget"}, "go": {"env"},
}

// keepsInFile reports whether the RUN writes the variable's value to a file that it does not remove.
func keepsInFile(run *dockerfile.Instruction, name string) bool {
	script, file := run.Script, run.File()
	found := false
	script.Walk(func(n syntax.Node) bool {
		st, ok := n.(*syntax.Stmt)
		if !ok || found || !mentionsName(file.Text(script.Span(st)), name) {
			return !found
		}
		for _, r := range st.Redirs {
			target, _ := dockerfile.Literal(r.Word)
			if (r.Op == syntax.RdrOut || r.Op == syntax.AppOut || r.Op == syntax.RdrAll) &&
				!strings.HasPrefix(target, "/dev/") && !removesFile(run, target) {
				found = true
			}
		}
		if cmd := script.Command(st); cmd != nil {
			call := shell.Read(run, cmd)
			found = found || cmd.Name == "tee" || slices.Contains(settingCalls[cmd.Name], call.Verb())
		}
		return !found
	})
	return found
}

// removesFile reports whether a command of the RUN removes the file.
func removesFile(run *dockerfile.Instruction, target string) bool {
	for _, cmd := range shell.Calls(run, "rm", "shred") {
		for _, w := range cmd.Args() {
			if target != "" && strings.HasSuffix(w.Text, path.Base(target)) {
				return true
			}
		}
	}
	return false
}
