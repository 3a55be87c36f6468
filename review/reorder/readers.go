package reorder

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// Readers returns the commands of a RUN that read the project's manifests and all that these name: its Installs, what
// builds a module of Go or a package of Rust, and what installs a Python project itself. plain is as for Installs.
func Readers(in *dockerfile.Instruction) (all []Install, plain bool) {
	all, steps, plain := Installs(in)
	for _, st := range steps {
		name, _ := shell.Program(st.Cmd)
		for _, m := range ecosystem.Managers {
			if !m.Program(name) {
				continue
			}
			call := shell.ReadAs(in, st.Cmd, m.Spec())
			i := Install{Manager: m, In: in, Step: st, Dir: st.Cwd, sub: call.Sub, unclear: len(call.Unknown) > 0}
			if i.buildsModule(&call) || i.installsProject(&call) {
				all = append(all, i)
			}
		}
	}
	return all, plain
}

// moduleBuilds are the subcommands that read all manifests of a module or package and of what it names.
var moduleBuilds = map[string][]string{
	"go":    {"build", "install", "list", "run", "test", "vet"},
	"cargo": {"build", "check", "clippy", "run", "test"},
}

// buildsModule reports whether the call builds the module or package in the folder, and takes its flags in. What has a
// version after an @ is another module.
func (c *Install) buildsModule(call *shell.Call) bool {
	another := func(w shell.Word) bool { return strings.Contains(w.Text, "@") }
	if !slices.Contains(moduleBuilds[c.Manager.Name], call.Sub.Text) || slices.ContainsFunc(call.Operands, another) {
		return false
	}
	for _, f := range call.Flags {
		c.flag(f)
		if f.Name == "-modfile" || f.Name == "-overlay" || f.Name == "--manifest-path" {
			return false
		}
	}
	return true
}

// installsProject reports whether pip, or uv in its place, installs the project of a folder.
func (c *Install) installsProject(call *shell.Call) bool {
	operands := call.Operands
	switch name := c.Manager.Name; {
	case name == "uv" && call.Sub.Text == "pip" && len(operands) > 0 && operands[0].Text == "install":
		operands = operands[1:]
	case name != "pip" || call.Sub.Text != "install":
		return false
	}
	for _, f := range call.Flags {
		if f.Name == "-e" || f.Name == "--editable" {
			operands = append(operands[:len(operands):len(operands)], f.Value)
		}
	}
	for _, w := range operands {
		dir, _, _ := strings.Cut(w.Text, "[")
		if w.Known && (dir == "." || strings.HasPrefix(dir, "./") && strings.TrimRight(dir, "./") == "") {
			c.files, c.project = []string{dockerfile.Join(c.Step.Cwd, "pyproject.toml")}, true
		}
	}
	return c.project
}
