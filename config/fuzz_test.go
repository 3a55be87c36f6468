package config_test

import (
	"cmp"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
)

// FuzzParse holds Parse against itself and against the schema: what was read,
// written again, is read as the same; a file without problems is valid by the
// schema; a valid file has no problems but those that no schema can say.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ar.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkParse(t, data) })
}

// FuzzKeys makes the same demands of files that are put together from keys and
// values which are nearly right.
func FuzzKeys(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		choices := make([]byte, 120)
		for i := range choices {
			choices[i] = byte(random.Uint32())
		}
		f.Add(choices)
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		b, err := yaml.Marshal((&composer{choices}).mapping(""))
		if err != nil {
			t.Fatal(err)
		}
		checkParse(t, b)
	})
}

func checkParse(t *testing.T, data []byte) {
	t.Helper()
	repo, problems := config.Parse(data, known)
	checkProblems(t, data, problems)
	written := write(t, repo)
	again, left := config.Parse(written, known)
	sameLines := cmpopts.IgnoreFields(config.Build{}, "Line")
	if d := gocmp.Diff(repo, again, cmpopts.EquateEmpty(), sameLines); d != "" || len(left) > 0 {
		t.Fatalf("written again it is read with %v\n%s\n%s", left, written, d)
	}
	compareWithSchema(t, data, problems)
}

// composer makes a file by one choice after the other.
type composer struct{ choices []byte }

func (c *composer) choose(n int) int {
	if len(c.choices) == 0 {
		return 0
	}
	first := int(c.choices[0])
	c.choices = c.choices[1:]
	return first % n
}

// keys are those that may be under a key.
var keys = map[string][]string{
	"": {"version", "files", "rules", "comments", "check", "ignore", "ignore-comments", "scope", "drafts",
		"builds", "rules-version", "extends"},
	"builds":   {"dockerfile", "context", "target", "args", "contexts"},
	"args":     {"A", "1a"},
	"contexts": {"base", "/"},
	"files":    {"include", "exclude"},
	"comments": {"max", "min-severity"},
	"check":    {"name", "fail-on", "on-unreviewed"},
	"rules": {"apt-recommends", "copy-before-install", "shell-form-command", "shell-form-entrypoint",
		"DL3025", "DL9000", "JSONArgsRecommended", "SC2086"},
	"ignore":              {"paths", "rules"},
	"copy-before-install": {"severity", "managers", "min-files", "strict"},
	"DL9000":              {"severity", "managers", "min-files", "strict"},
	"shell-form-command":  {"severity", "shell", "label"},
	"apt-recommends":      {"severity"},
	"DL3025":              {"severity", "label"},
}

var scalars = []any{
	nil, 1, 0, 50, 51, -1, 1000000, 2.5, 3.0,
	true, false, "", " ", "\u00a0", "a\tb", "off", "never", "notice", "warning",
	"error", "warn", "npm", "pip", "bash", "apt-recommends", "DL3015", "DL3025", "nothing", "a/**", "/a", "!a", "a/",
	"a[", "{a,b}", "dfbot", "1", "2001-01-01", ".", "a/..", "a/.", "./a/b/", "01", "1.2.3.4", "introduced", "skip",
	".github",
}

// fitting are right values under a key; scalars are any.
var fitting = map[string][]any{
	"version": {1}, "max": {0, 3, 50}, "name": {"dfbot", "Dockerfiles"}, "min-files": {0, 7}, "strict": {true, false},
	"ignore-comments": {true, false}, "min-severity": {"notice", "warning", "error"},
	"fail-on": {"never", "notice", "error"}, "on-unreviewed": {"neutral", "failure"},
	"severity": {"off", "notice", "error"}, "include": {"a/**", "{a,b}"}, "exclude": {"a/**", "*"},
	"paths": {"a/**", "b"}, "managers": {"npm", "pip"}, "shell": {"sh", "bash"}, "label": {"x", ""},
	"apt-recommends": {"off"}, "copy-before-install": {"error"}, "shell-form-command": {"off"},
	"shell-form-entrypoint": {"notice"}, "DL3025": {"off", "error"}, "DL9000": {"warning"},
	"JSONArgsRecommended": {"off"}, "SC2086": {"off"},
	"scope": {"introduced", "changed-lines", "all"}, "drafts": {"check-only", "review", "skip"},
	"extends": {".github"}, "rules-version": {"0.1", 0.1, 2, "1.2.3"}, "dockerfile": {"Dockerfile", "a/b.df"},
	"context": {".", "a", "./a"}, "target": {"build", "1"}, "A": {"", "x", 1, true}, "base": {".", "a/b"},
	"rule": {"apt-recommends", "DL3015", "DL3025", "DL9000", "shell-form-command"},
}

func (c *composer) mapping(at string) map[string]any {
	m := make(map[string]any)
	for range c.choose(6) {
		known := keys[at]
		if len(known) == 0 || c.choose(40) == 0 {
			m["unknown"] = 1
			continue
		}
		key := known[c.choose(len(known))]
		if at == "ignore" && key == "rules" {
			m[key] = []any{c.scalar("rule"), c.scalar("rule")}
		} else {
			m[key] = c.value(key)
		}
	}
	return m
}

func (c *composer) value(key string) any {
	switch c.choose(40) {
	case 0:
		return c.scalar("")
	case 1:
		return []any{c.scalar(key)}
	case 2:
		return []any{}
	case 3:
		return nil
	}
	switch key {
	case "include", "exclude", "paths", "managers":
		return []any{c.scalar(key), c.scalar(key)}
	case "ignore", "builds":
		return []any{c.mapping(key), c.mapping(key)}
	}
	if keys[key] == nil || fitting[key] != nil && c.choose(2) == 0 {
		return c.scalar(key)
	}
	return c.mapping(key)
}

func (c *composer) scalar(key string) any {
	if fit := fitting[key]; fit != nil && c.choose(12) > 0 {
		return fit[c.choose(len(fit))]
	}
	return scalars[c.choose(len(scalars))]
}

func checkProblems(t *testing.T, data []byte, problems []config.Problem) {
	t.Helper()
	lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2 // YAML breaks lines at both
	lines += strings.Count(string(data), "\u0085") + strings.Count(string(data), "\u2028") +
		strings.Count(string(data), "\u2029")
	for _, p := range problems {
		if p.Line < 1 || p.Line > lines || p.Column < 1 {
			t.Fatalf("%d:%d is not in a file of %d lines: %s", p.Line, p.Column, lines, p)
		}
		if strings.Count(p.Format, "%s") != len(p.Args) || strings.Count(p.Format, "%") != len(p.Args) {
			t.Fatalf("format %q with %d arguments", p.Format, len(p.Args))
		}
		if said := p.String(); strings.ContainsAny(said, "\n\r\x1b\u202e") || len(said) > 1500 {
			t.Fatalf("not fit for a line of a log: %q", said)
		}
	}
}

// write is a file that says what repo says.
func write(t *testing.T, repo config.Repo) []byte {
	t.Helper()
	rules := map[string]any{}
	for name, r := range repo.Rules {
		set := map[string]any{}
		for option, v := range r.Options {
			set[option] = v
		}
		if r.Severity != nil {
			set["severity"] = r.Severity.String()
		}
		rules[name] = set
	}
	for code, severity := range repo.Codes {
		rules[code] = severity.String()
	}
	comments, check := map[string]any{}, map[string]any{}
	if repo.Comments.Max != 0 {
		comments["max"] = repo.Comments.Limit()
	}
	if s := repo.Comments.MinSeverity; s != analysis.Off {
		comments["min-severity"] = s.String()
	}
	put(check, "name", repo.Check.Name)
	if s := repo.Check.FailOn; s != analysis.Off {
		check["fail-on"] = s.String()
	}
	put(check, "on-unreviewed", string(repo.Check.OnUnreviewed))
	var ignore []any
	for _, i := range repo.Ignore {
		ignore = append(ignore, map[string]any{"paths": i.Paths, "rules": i.Rules})
	}
	all := map[string]any{
		"version": config.Version, "rules": rules, "comments": comments, "check": check, "ignore": ignore,
		"files": map[string]any{"include": repo.Files.Include, "exclude": repo.Files.Exclude,
			"frontends": repo.Files.Frontends},
		"builds": writeBuilds(repo.Builds),
	}
	if repo.IgnoreComments != nil {
		all["ignore-comments"] = *repo.IgnoreComments
	}
	put(all, "extends", repo.Extends)
	put(all, "scope", string(repo.Scope))
	put(all, "drafts", string(repo.Drafts))
	put(all, "rules-version", repo.RulesVersion)
	b, err := yaml.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeBuilds(builds []config.Build) (all []any) {
	for _, b := range builds {
		entry, contexts := map[string]any{"dockerfile": b.Dockerfile, "args": b.Args}, map[string]string{}
		put(entry, "context", b.Context)
		put(entry, "target", b.Target)
		for name, folder := range b.Contexts {
			contexts[name] = cmp.Or(folder, ".")
		}
		entry["contexts"] = contexts
		all = append(all, entry)
	}
	return all
}

func put(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// unsayable are the beginnings of problems that no schema can express. Invalid YAML is one of them, because a second
// document may be broken, and so are files whose text the schema never sees.
var unsayable = []string{
	"duplicate key ", "%s sets the rule %s again", "%s is not a valid glob", "the braces of the glob ",
	"a second document", "not valid YAML", "the file has more than ", "dfbot does not read ", "a key must be text",
	"unknown key ", "%s must be the number of a release",
	"the file contains a control character", // which YAML forbids in comments too
}

func compareWithSchema(t *testing.T, data []byte, problems []config.Problem) {
	t.Helper()
	if len(data) > 2000 {
		return // the allowance may be spent
	}
	valid, ok := validates(t, data)
	switch {
	case !ok:
	case len(problems) == 0 && !valid:
		t.Fatalf("no problem, and not valid by the schema:\n%s", data)
	case valid:
		for _, p := range problems {
			says := func(start string) bool { return strings.HasPrefix(p.Format, start) }
			if !slices.ContainsFunc(unsayable, says) {
				t.Fatalf("valid by the schema: %s\n%s", p, data)
			}
		}
	}
}
