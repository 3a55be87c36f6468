package rules

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

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
	if knowsSecretEnv(run.File().Syntax) {
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

// lastBefore returns the last instruction of that name before in, in its stage or one that it is
// built from.
func lastBefore(in *dockerfile.Instruction, name string) *dockerfile.Instruction {
	before := in.Stage.Before(in)
	for i := len(before) - 1; i >= 0; i-- {
		if before[i].Name == name {
			return before[i]
		}
	}
	return nil
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

// knowsSecretEnv reports whether the frontend of the syntax directive knows env= in a secret mount, as
// Dockerfile 1.10 does (https://docs.docker.com/reference/dockerfile/#run---mounttypesecret). It is
// taken for a new one where the file names none.
func knowsSecretEnv(directive string) bool {
	image, _, _ := strings.Cut(directive, "@")
	_, tag, ok := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	if !ok {
		return true
	}
	tag, _, _ = strings.Cut(tag, "-")
	major, rest, minor := strings.Cut(tag, ".")
	if major != "1" || !minor {
		return major == "1" || tag == "latest" || tag == "labs"
	}
	rest, _, _ = strings.Cut(rest, ".")
	n, err := strconv.Atoi(rest)
	return err == nil && n >= 10
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
				!strings.HasPrefix(target, "/dev/") && !removed(run, target) {
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

// removed reports whether a command of the RUN removes the file.
func removed(run *dockerfile.Instruction, target string) bool {
	for _, cmd := range shell.Calls(run, "rm", "shred") {
		for _, w := range cmd.Args() {
			if target != "" && strings.HasSuffix(w.Text, path.Base(target)) {
				return true
			}
		}
	}
	return false
}
