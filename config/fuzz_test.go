package config_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/config"
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
	f.Fuzz(func(t *testing.T, data []byte) {
		repo, problems := config.Parse(data, known)
		checkProblems(t, data, problems)
		written := write(t, repo)
		again, left := config.Parse(written, known)
		if d := cmp.Diff(repo, again); d != "" || len(left) > 0 {
			t.Fatalf("written again it is read with %v\n%s\n%s", left, written, d)
		}
		compareWithSchema(t, data, problems)
	})
}

func checkProblems(t *testing.T, data []byte, problems []config.Problem) {
	t.Helper()
	lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2 // YAML breaks lines at both
	lines += strings.Count(string(data), "\u0085") + strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029")
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
		if r.Severity != "" {
			set["severity"] = string(r.Severity)
		}
		rules[name] = set
	}
	comments, check := map[string]any{}, map[string]any{}
	if repo.Comments.Max != 0 {
		comments["max"] = repo.Comments.Limit()
	}
	put(comments, "min-severity", string(repo.Comments.MinSeverity))
	put(check, "name", repo.Check.Name)
	put(check, "fail-on", string(repo.Check.FailOn))
	var ignore []any
	for _, i := range repo.Ignore {
		ignore = append(ignore, map[string]any{"paths": i.Paths, "rules": i.Rules})
	}
	b, err := yaml.Marshal(map[string]any{
		"version": config.Version, "rules": rules, "comments": comments, "check": check, "ignore": ignore,
		"files": map[string]any{"include": repo.Files.Include, "exclude": repo.Files.Exclude},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// unsayable are the beginnings of what no schema says. Not valid YAML belongs to
// them, since a second document may be broken, and files whose text the schema
// never sees.
var unsayable = []string{
	"%s stands twice", "%s sets the rule %s again", "%s is not a valid glob", "the glob %s has braces",
	"a second document", "not valid YAML", "more than ", "%s is not read here", "a key must be text", "unknown key ",
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
