package reorder

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// indirect reads the steps of a RUN that install the dependencies along with something else: pip, where it installs the
// project itself, and make, where the recipe of a target runs an install.
func indirect(ctx *buildcontext.Context, in *dockerfile.Instruction) (all []Install) {
	if in.Name != "RUN" || in.JSON || in.HasMount("cache", "bind") {
		return nil
	}
	steps, _ := shell.Chain(in)
	for _, st := range steps {
		read := projectInstall
		if st.Cmd.Name == "make" {
			read = madeInstall
		}
		if c, ok := read(ctx, in, st); ok && !c.advice.Empty() {
			all = append(all, c)
		}
	}
	return all
}

// projectInstall reads a call of pip, or of uv in its place, that installs a project with its dependencies.
func projectInstall(ctx *buildcontext.Context, in *dockerfile.Instruction, st shell.Step) (c Install, ok bool) {
	name, _ := shell.Program(st.Cmd)
	for _, m := range ecosystem.Managers {
		if m.Name != "pip" && m.Name != "uv" || !m.Program(name) {
			continue
		}
		call := shell.ReadAs(in, st.Cmd, m.Spec())
		c = Install{Manager: m, In: in, Step: st, Dir: st.Cwd, sub: call.Sub, unclear: len(call.Unknown) > 0}
		if !call.Has("--no-deps", "-r", "--requirement", "-h", "--help") && c.installsProject(&call) {
			c.advice = projectAdvice(ctx, &c)
			return c, true
		}
	}
	return Install{}, false
}

// projectAdvice says how the dependencies of a Python project can be installed before its sources are copied; it is
// empty where it is not known that there are any.
func projectAdvice(ctx *buildcontext.Context, c *Install) analysis.Message {
	if !ctx.Known() || c.unclear {
		return analysis.Message{}
	}
	for _, manifest := range []string{"pyproject.toml", "setup.py", "setup.cfg"} {
		at, ok := ctx.Brought(c.In, dockerfile.Join(c.Step.Cwd, manifest))
		if !ok {
			continue
		}
		folder := Folder{ctx: ctx, Dir: path.Dir(at)}
		names := ecosystem.ProjectDependencies(folder)
		switch {
		case names == "":
		case folder.Exists("requirements.txt"):
			return analysis.Say("It needs the sources, but its dependencies do not. If %s lists what %s does: copy it "+
				"first, run %s, then copy the rest and install the project with %s.", "requirements.txt", names,
				"pip install -r requirements.txt", "--no-deps")
		case names == "pyproject.toml":
			return analysis.Say("It needs the sources, but its dependencies do not: copy %s first, run %s, then copy "+
				"the rest and install the project with %s. pip itself cannot install the dependencies alone.", names,
				"uv pip install --system -r pyproject.toml", "--no-deps")
		default:
			return analysis.Say("It needs the sources, but the dependencies in %s do not: in a %s they can be "+
				"installed before the sources are copied, and the project after that with %s.", names,
				"requirements.txt", "--no-deps")
		}
		return analysis.Message{}
	}
	return analysis.Message{}
}

// madeInstall reads a call of make for one target whose recipe runs an install.
func madeInstall(ctx *buildcontext.Context, in *dockerfile.Instruction, st shell.Step) (Install, bool) {
	words := st.Cmd.Args()
	if !ctx.Known() || len(words) != 1 || !words[0].Literal || strings.ContainsAny(words[0].Text, "=-") {
		return Install{}, false
	}
	at, ok := ctx.Brought(in, dockerfile.Join(st.Cwd, "Makefile"))
	data, read := ctx.Read(at)
	if !ok || !read {
		return Install{}, false
	}
	ctx.Charge(len(data))
	recipe := recipeOf(string(data), words[0].Text)
	for _, line := range recipe {
		m := installedBy(strings.Fields(line))
		if m == nil {
			continue
		}
		c := Install{Manager: m, In: in, Step: st, Dir: st.Cwd}
		c.advice = analysis.Say("In %s, the recipe of %s runs %s. Copy what that reads first, run it, then copy the "+
			"rest.", at, words[0].Text, line)
		return c, true
	}
	return Install{}, false
}

// plainRecipe is a line of a recipe without variables or shell code.
var plainRecipe = regexp.MustCompile(`^\t\s*[@+]*([\w./ =@:,-]+)$`)

// recipeOf returns the commands of the target's recipe; none where it has prerequisites, or lines that are more than a
// plain command.
func recipeOf(makefile, target string) (commands []string) {
	found := false
	for line := range strings.Lines(makefile) {
		line = strings.TrimRight(line, "\r\n")
		name, after, rule := strings.Cut(line, ":")
		switch {
		case found && strings.HasPrefix(line, "\t"):
			m := plainRecipe.FindStringSubmatch(line)
			if m == nil {
				return nil
			}
			commands = append(commands, strings.TrimSpace(m[1]))
		case found && line == "":
		case found:
			return commands
		case rule && strings.TrimSpace(name) == target && strings.TrimSpace(after) == "":
			found = true
		}
	}
	return commands
}

// installedBy returns the manager whose project's dependencies the command installs; nil where it is no such command.
func installedBy(words []string) *ecosystem.Manager {
	if len(words) == 0 {
		return nil
	}
	for _, m := range ecosystem.Managers {
		if m.Program(words[0]) && slices.ContainsFunc(m.Installs, func(row ecosystem.Install) bool {
			return spelled(m, row, words[1:])
		}) {
			return m
		}
	}
	return nil
}

// spelled reports whether the words are an install of the row, with nothing but flags.
func spelled(m *ecosystem.Manager, row ecosystem.Install, words []string) bool {
	n := len(row.Words)
	if n == 0 || len(words) < n || !slices.Equal(words[:n], row.Words) || row.Code != nil {
		return false
	}
	if rest := words[n:]; row.Files != nil {
		return len(rest) > 1 && slices.Contains(row.Files, rest[len(rest)-2])
	}
	return !slices.ContainsFunc(words[n:], func(w string) bool {
		return !strings.HasPrefix(w, "-") || slices.Contains(m.Elsewhere, w)
	})
}

// pythonManagers install the packages of a Python project.
var pythonManagers = []string{"pip", "uv", "poetry", "pdm", "pipenv", "pip-sync", "conda", "pixi"}

// installed reports whether the packages that the call installs may be there.
func (c *Install) installed(done map[string]bool) bool {
	if slices.Contains(pythonManagers, c.Manager.Name) {
		return slices.ContainsFunc(pythonManagers, func(name string) bool { return done[name] })
	}
	return done[c.Manager.Name]
}

// pythonTools are packages that build others.
var pythonTools = []string{"pip", "setuptools", "wheel", "build", "poetry", "uv", "hatch", "hatchling", "pdm", "pipenv",
	"pip-tools", "flit", "tox", "nox", "virtualenv", "cython", "numpy"}

// installsByName reports whether the RUN installs packages of Python by their names, which a project may need as well.
func installsByName(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(shell.Commands(in), func(c *dockerfile.Command) bool {
		name, _ := shell.Program(c)
		if name != "uv" && !strings.HasPrefix(name, "pip") {
			return false
		}
		call := shell.Read(in, c)
		return slices.ContainsFunc(call.Operands, func(w shell.Word) bool {
			tool, _, _ := strings.Cut(strings.Map(plainName, w.Text), " ")
			return w.Text != "install" && w.Text != "pip" && !projectPath(w.Text) && !slices.Contains(pythonTools, tool)
		})
	})
}

// plainName makes blanks of what follows the name of a package: setuptools>=80.
func plainName(r rune) rune {
	if strings.ContainsRune("=<>!~[;", r) {
		return ' '
	}
	return unicode.ToLower(r)
}
