package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// packageCall is a call of a system package manager that changes the image.
type packageCall struct {
	*shell.Call
	in  *dockerfile.Instruction
	cmd *dockerfile.Command
}

// name is the call as people speak of it: `apt-get install`.
func (c *packageCall) name() string { return c.cmd.Name + " " + c.Sub.Text }

// readSystem reads a command as a call of one of the family's programs. Many rules ask for it, so the instruction keeps
// it.
func readSystem(pm *ecosystem.System, in *dockerfile.Instruction, c *dockerfile.Command) *shell.Call {
	return in.Keep(systemKey{pm, c}, func() any {
		call := shell.ReadAs(in, c, pm.Spec())
		return &call
	}).(*shell.Call)
}

type systemKey struct {
	pm *ecosystem.System
	c  *dockerfile.Command
}

// packageCallOf reads a command as a call of one of the family's programs that changes the image; nil for any other.
func packageCallOf(pm *ecosystem.System, in *dockerfile.Instruction, c *dockerfile.Command) *packageCall {
	if !slices.Contains(pm.Programs, c.Name) {
		return nil
	}
	call := readSystem(pm, in, c)
	if call.Sub.Text == "" || call.Has(pm.Apart...) {
		return nil
	}
	return &packageCall{call, in, c}
}

// called reports whether a RUN of the Dockerfile calls one of the family's programs.
func called(pm *ecosystem.System, f *dockerfile.File) bool {
	for _, in := range f.Instructions() {
		for _, c := range shell.Commands(in) {
			if slices.Contains(pm.Programs, c.Name) {
				return true
			}
		}
	}
	return false
}

// packageCalls returns the calls of the family's programs in a RUN, or in the RUN of an ONBUILD.
func packageCalls(in *dockerfile.Instruction, pm *ecosystem.System) []*packageCall {
	var all []*packageCall
	for _, c := range shell.Commands(in) {
		if call := packageCallOf(pm, in, c); call != nil {
			all = append(all, call)
		}
	}
	return all
}

// listsMounted reports whether the folders of lists and caches are mounts of the RUN, which do not
// stay in the image; also where a mount's place is not known.
func listsMounted(pm *ecosystem.System, in *dockerfile.Instruction) bool {
	for _, m := range in.Mounts() {
		if m.Type != "cache" && m.Type != "tmpfs" {
			continue
		}
		if strings.Contains(m.Target, "$") || pm.Covers(m.Target) {
			return true
		}
	}
	return false
}

// emptiesLists reports whether the command removes what is in the family's folders.
func emptiesLists(pm *ecosystem.System, in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if slices.Contains(pm.Programs, c.Name) {
		return slices.Contains(pm.Cleans, readSystem(pm, in, c).Sub.Text)
	}
	switch c.Name {
	case "rm", "find", "unlink":
		for _, w := range c.Args() {
			if w.Literal && pm.Holds(w.Text) || pm.MayName(in.File().Text(w.Span)) {
				return true
			}
		}
	case "sh", "bash", "ash", "dash", "eval", "xargs", "":
		text := in.File().Text(c.Span)
		return strings.Contains(text, "rm ") && pm.Named(text)
	}
	return false
}

// mayClean reports whether the command is one that dfbot cannot look into, and whose name
// says that it cleans up.
func mayClean(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if !opaque(in, c) && !strings.Contains(c.Name, "clean") {
		return false
	}
	return strings.Contains(in.File().Text(c.Span), "clean")
}

// opaque reports whether the command may install packages unseen: it runs a script, or
// its name is not known.
func opaque(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	switch c.Name {
	case "", "sh", "bash", "ash", "dash", "zsh", ".", "source", "eval", "xargs", "ansible-playbook", "rosdep", "puppet",
		"chef-client", "salt-call", "nala", "tasksel", "gdebi", "mk-build-deps", "add-apt-repository",
		"apt-add-repository", "playwright":
		return true
	}
	w := c.Words[0].Text
	return strings.HasSuffix(w, ".sh") || strings.HasSuffix(w, ".bash") || strings.HasPrefix(w, "./") ||
		strings.HasPrefix(w, "/") && !strings.Contains(w, "/bin/") && !strings.Contains(w, "/sbin/") ||
		strings.Contains(w, "install")
}
