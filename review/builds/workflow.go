package builds

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// job is one job of a workflow, for one combination of its matrix.
type job struct {
	*finder
	path  string
	known map[string]string // by name, as in an expression: matrix.os, env.DIR
	dir   string            // where commands run, from the repository's root
}

// workflow adds the builds of a GitHub workflow: the steps that use docker/build-push-action, and the commands in run.
// Bake files are found by their own names.
func (f *finder) workflow(p string, src []byte) {
	root := f.load(p, src)
	for _, n := range f.pairs(f.get(root, "jobs")) {
		if f.elsewhere(n) {
			continue
		}
		for _, combination := range f.matrix(p, f.get(n, "strategy", "matrix")) {
			j := &job{finder: f, path: p, known: combination}
			j.known["github.workspace"] = "."
			j.environment(f.get(root, "env"))
			j.environment(f.get(n, "env"))
			j.workingDirectory(f.get(root, "defaults", "run", "working-directory"))
			j.workingDirectory(f.get(n, "defaults", "run", "working-directory"))
			for step := range f.items(f.get(n, "steps")) {
				j.step(step)
			}
		}
	}
}

// elsewhere reports whether a job does not have the repository in the folder where its steps run: it only checks
// another one out, or this one into another folder.
func (f *finder) elsewhere(n *yaml.Node) bool {
	other := false
	for step := range f.items(f.get(n, "steps")) {
		if !strings.HasPrefix(scalar(f.get(step, "uses")).text, "actions/checkout@") {
			continue
		}
		if with := f.get(step, "with"); f.get(with, "path") == nil && f.get(with, "repository") == nil {
			return false
		}
		other = true
	}
	return other
}

// environment takes in variables, as far as they are known.
func (j *job) environment(n *yaml.Node) {
	for k, v := range j.pairs(n) {
		delete(j.known, "env."+k.Value)
		if s := j.text(v); s.known {
			j.known["env."+k.Value] = s.text
		}
	}
}

func (j *job) workingDirectory(n *yaml.Node) {
	if n != nil {
		j.dir = j.enter("", j.text(n))
	}
}

// nowhere is a folder that is not known: nothing is in it.
const nowhere = "\x00"

// enter is the folder that the text names in another one.
func (j *job) enter(dir string, s said) string {
	if p, ok := within(dir, s); ok && dir != nowhere {
		return p
	}
	return nowhere
}

// step adds the builds of one step.
func (j *job) step(n *yaml.Node) {
	with, dir := j.get(n, "with"), j.dir
	if at := j.get(n, "working-directory"); at != nil {
		dir = j.enter("", j.text(at))
	}
	inner := &job{finder: j.finder, path: j.path, known: maps.Clone(j.known), dir: dir}
	inner.environment(j.get(n, "env"))
	switch uses, run := scalar(j.get(n, "uses")), j.get(n, "run"); {
	case builds.MatchString(uses.text):
		inner.action(n, with)
	case run != nil && dir != nowhere:
		inner.run(run)
	}
}

// builds matches docker/build-push-action, and the actions of others that take its place with the same inputs.
var builds = regexp.MustCompile(`^[\w-]+/build-push-action@`)

// defaultContext is how an action spells the repository at the commit of the workflow.
var defaultContext = regexp.MustCompile(`^\{\{\s*defaultContext\s*\}\}(?::(.*))?$`)

// action adds the build of docker/build-push-action (https://github.com/docker/build-push-action#inputs). Without a
// context it builds the repository itself, and finds the Dockerfile in there.
func (j *job) action(step, with *yaml.Node) {
	d := definition{context: j.text(j.get(with, "context")), dockerfile: j.text(j.get(with, "file")),
		target: j.text(j.get(with, "target")), args: j.lines(j.get(with, "build-args")),
		contexts: j.lines(j.get(with, "build-contexts")), origin: Origin{j.path, step.Line, Workflow}}
	if name := scalar(j.get(step, "name")); name.there() {
		d.name = name.text
	}
	beside := !d.context.there() || d.context.text == "" && d.context.known
	if m := defaultContext.FindStringSubmatch(d.context.text); m != nil {
		beside, d.context.text = true, m[1]
	}
	if d.context.known && d.context.text == "" {
		d.context.text = "."
	}
	if d.dockerfile.known && d.dockerfile.text == "" {
		d.dockerfile = said{}
	}
	if b, ok := d.build("", beside); ok {
		j.add(b)
	}
}

// lines reads pairs of NAME=value, one on each line; the action reads a line as CSV, where quotes may be around all.
func (j *job) lines(n *yaml.Node) (all []Pair) {
	s := scalar(n)
	at := s.line
	if n != nil && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		at++
	}
	for line := range strings.Lines(s.text) {
		text, known := j.expand(unquoted(strings.TrimSpace(line)))
		if name, value, ok := strings.Cut(text, "="); ok && !strings.Contains(name, "$") {
			all = append(all, Pair{name, value, known, at})
		}
		at++
	}
	return all
}

// unquoted is the line without the quotes around all of it.
func unquoted(line string) string {
	if n := len(line); n > 1 && line[0] == '"' && line[n-1] == '"' {
		return strings.ReplaceAll(line[1:n-1], `""`, `"`)
	}
	return line
}

// run adds the builds of the commands in a step.
func (j *job) run(n *yaml.Node) {
	s := scalar(n)
	if !mayBuild(s.text) {
		return
	}
	text, _ := j.expand(s.text)
	line := s.line
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		line++
	}
	env := map[string]string{}
	for name, value := range j.known {
		if name, ok := strings.CutPrefix(name, "env."); ok {
			env[name] = value
		}
	}
	j.commands(shellCode{text: text, origin: Origin{j.path, line, Workflow}, env: env, dirs: []string{j.dir}})
}

func (j *job) text(n *yaml.Node) said {
	s := scalar(n)
	if s.there() {
		s.text, s.known = j.expand(s.text)
	}
	return s
}

// ofGitHub matches an expression of GitHub Actions, and what it consists of if that is one name.
var ofGitHub = regexp.MustCompile(`\$\{\{\s*([A-Za-z0-9_.-]*)\s*([^}]*)\}\}`)

// unknownVariable takes the place of what is not known in shell code.
const unknownVariable = "${DFBOT_UNKNOWN}"

// expand replaces the expressions in a text, and reports whether the values of all are known.
func (j *job) expand(text string) (string, bool) {
	j.budget.Charge(10 * len(text))
	if !strings.Contains(text, "${{") {
		return text, true
	}
	known := true
	text = ofGitHub.ReplaceAllStringFunc(text, func(expression string) string {
		m := ofGitHub.FindStringSubmatch(expression)
		if value, ok := j.known[m[1]]; ok && m[2] == "" && len(value) <= maxText {
			j.budget.Charge(len(value))
			return value
		}
		known = false
		return unknownVariable
	})
	return text, known && !strings.Contains(text, "${{")
}

// matrix is the combinations of a job's matrix, with the names as expressions spell them; one without any names where
// there is none, or it is worked out at run time.
func (f *finder) matrix(p string, n *yaml.Node) []map[string]string {
	all := []map[string]string{{}}
	for k, v := range f.pairs(n) {
		if k.Value == "include" || k.Value == "exclude" || v.Kind != yaml.SequenceNode {
			continue
		}
		if len(all)*max(1, len(v.Content)) > maxMatrix {
			f.problem(p, "a matrix has too many combinations")
			return []map[string]string{{}}
		}
		var next []map[string]string
		for _, combination := range all {
			for item := range f.items(v) {
				with := maps.Clone(combination)
				f.flatten("matrix."+k.Value, item, with)
				next = append(next, with)
			}
		}
		all = next
	}
	return f.include(all, f.get(n, "include"))
}

// include adds to each combination the entries that contradict none of its values, and the other entries as
// combinations of their own
// (https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations).
func (f *finder) include(all []map[string]string, n *yaml.Node) []map[string]string {
	if n == nil || n.Kind != yaml.SequenceNode {
		return all
	}
	if len(all) == 1 && len(all[0]) == 0 {
		all = nil
	}
	product := len(all)
	before := make([]map[string]string, product)
	for i := range all {
		before[i] = maps.Clone(all[i])
	}
	for item := range f.items(n) {
		entry, added := map[string]string{}, false
		for k, v := range f.pairs(item) {
			f.flatten("matrix."+k.Value, v, entry)
		}
		f.budget.Charge(100 * product)
		for i, combination := range before {
			if agree(combination, entry) {
				maps.Copy(all[i], entry)
				added = true
			}
		}
		if !added && len(all) < maxMatrix {
			all = append(all, entry)
		}
	}
	return slices.Clip(all)
}

// agree reports whether the two have no name in common with different values.
func agree(x, y map[string]string) bool {
	for name, value := range y {
		if other, ok := x[name]; ok && other != value {
			return false
		}
	}
	return true
}

// flatten takes in the texts of a value by the names that expressions give them.
func (f *finder) flatten(name string, n *yaml.Node, into map[string]string) {
	if s := scalar(n); s.there() && !strings.Contains(s.text, "${{") {
		into[name] = s.text
	}
	if strings.Count(name, ".") > 4 {
		return
	}
	for k, v := range f.pairs(n) {
		f.flatten(fmt.Sprint(name, ".", k.Value), v, into)
	}
}
