package reorder

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// fetchingBuilds reads the steps of a RUN that build and, where no install came before, fetch the dependencies as well,
// such as a bare `go build`.
func fetchingBuilds(in *dockerfile.Instruction) (all []Install) {
	if in.Name != "RUN" || in.JSON || in.HasMount("cache", "bind") {
		return nil
	}
	steps, _ := shell.Chain(in)
	for _, st := range steps {
		for _, m := range ecosystem.Managers {
			if len(m.Builds.Words) == 0 || !m.Program(st.Cmd.Name) {
				continue
			}
			call := shell.ReadAs(in, st.Cmd, m.Spec())
			c := Install{Manager: m, In: in, Step: st, Dir: st.Cwd, sub: call.Sub, build: true}
			if c.readBuild(&call) {
				all = append(all, c)
			}
		}
	}
	return all
}

// readBuild takes the call's flags and operands in; false means that it fetches nothing.
func (c *Install) readBuild(call *shell.Call) bool {
	rule := &c.Manager.Builds
	words := slices.DeleteFunc(append([]shell.Word{call.Sub}, call.Operands...), func(w shell.Word) bool {
		return !w.Known || strings.HasPrefix(w.Text, "+") && !rule.Further // cargo +nightly
	})
	at := slices.IndexFunc(words, func(w shell.Word) bool { return endsLike(w.Text, rule.Words) })
	if at < 0 || at > 0 && !rule.Further || elsewhereByVersion(call) {
		return false
	}
	if flag := rule.With[words[at].Text]; flag != "" && !call.Has(flag) {
		return false
	}
	if c.fetch = strings.Fields(rule.Command); len(c.fetch) > 0 {
		c.fetch = slices.Replace(c.fetch, 0, 1, c.programWords()...)
	}
	for _, f := range call.Flags {
		if slices.Contains(rule.Without, f.Name) || slices.Contains(rule.Without, f.Word.Text) {
			return false
		}
		c.buildFlag(f)
	}
	if rule.Project {
		c.projects(words[at+1:])
	}
	return true
}

// programWords are the program as the build calls it: ./mvnw, cargo +nightly.
func (c *Install) programWords() []string {
	words := []string{c.Step.Cmd.Words[0].Text}
	if chain := c.Step.Cmd.Args()[0].Text; strings.HasPrefix(chain, "+") && !c.Manager.Builds.Further {
		words = append(words, chain)
	}
	return words
}

// endsLike reports whether the word is one of the list, where *x stands for every word that ends in x.
func endsLike(word string, list []string) bool {
	return slices.ContainsFunc(list, func(l string) bool {
		end, pattern := strings.CutPrefix(l, "*")
		return word == l || pattern && strings.HasSuffix(word, end)
	})
}

// elsewhereByVersion: what has a version after an @ is another module (https://go.dev/ref/mod#version-queries).
func elsewhereByVersion(call *shell.Call) bool {
	return slices.ContainsFunc(call.Operands, func(w shell.Word) bool { return strings.Contains(w.Text, "@") })
}

// plainWord is a word that the shell leaves alone.
var plainWord = regexp.MustCompile(`^[\w./:=,+-]+$`)

// buildFlag takes in a flag of a build: the fetch may need it too, or it leads elsewhere.
func (c *Install) buildFlag(f shell.Flag) {
	rule, written := &c.Manager.Builds, f.Word.Text
	switch {
	case slices.Contains(c.Manager.Elsewhere, f.Name):
		c.elsewhere = f.Name
	case slices.Contains(c.Manager.Dirs, f.Name) && f.Value.Known:
		c.Dir, c.elsewhere = dockerfile.Join(c.Step.Cwd, f.Value.Text), f.Name
	case slices.ContainsFunc(rule.Takes, func(t string) bool {
		return t == f.Name || len(t) > 2 && strings.HasPrefix(written, t+"=")
	}):
		c.takes(f.Word)
		if f.Valued && f.Value.Span != f.Word.Span {
			c.takes(f.Value)
		}
	}
}

// takes adds a word of the build to the fetch.
func (c *Install) takes(w shell.Word) {
	if !w.Known || !plainWord.MatchString(w.Text) {
		c.unclear = true
	}
	c.fetch = append(c.fetch, w.Text)
}

// projects takes in the operands of a build that are a project, a solution or the folder of one.
func (c *Install) projects(operands []shell.Word) {
	for _, w := range operands {
		ext := path.Ext(w.Text)
		switch {
		case w.Known && (strings.HasPrefix(w.Text, "/p:") || strings.HasPrefix(w.Text, "/t:") ||
			w.Text == "true" || w.Text == "false"):
			continue // settings for MSBuild, and values of flags that need none
		case strings.HasSuffix(ext, "proj") || ext == ".sln" || ext == ".slnx":
			c.files = append(c.files, dockerfile.Join(c.Step.Cwd, w.Text))
		default:
			c.Dir = dockerfile.Join(c.Step.Cwd, w.Text)
		}
		c.takes(w)
	}
}

// mayFetch returns the managers with builds that a RUN calls, other than to ask or set something: whatever else they
// do may fetch the dependencies.
func mayFetch(in *dockerfile.Instruction) (all []*ecosystem.Manager) {
	if in.Name != "RUN" {
		return nil
	}
	commands := shell.Commands(in)
	for _, m := range ecosystem.Managers {
		switch {
		case len(m.Builds.Words) == 0:
		case in.JSON && len(in.Words) > 0 && m.Program(path.Base(in.Words[0].Text)),
			slices.ContainsFunc(commands, func(c *dockerfile.Command) bool { return m.Program(c.Name) && !asks(m, c) }):
			all = append(all, m)
		}
	}
	return all
}

// asks reports whether the call of a manager is about something other than the project, and has no need of its
// packages.
func asks(m *ecosystem.Manager, c *dockerfile.Command) bool {
	words := slices.DeleteFunc(slices.Clone(c.Args()), func(w dockerfile.ShellWord) bool {
		return strings.HasPrefix(w.Text, "-") || strings.HasPrefix(w.Text, "+")
	})
	if len(words) == 0 {
		return true // mvn --version
	}
	if words[0].Text == "install" && m.Name != "maven" {
		return !slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool { return w.Text == "--path" })
	}
	return slices.Contains([]string{"version", "env", "config", "new", "init", "tool", "workload", "nuget", "help",
		"login", "search", "component", "dev-certs"}, words[0].Text)
}
