package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/config"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata")

// TestParse reads testdata/*.txtar: the file, then what is said of it, then
// what is in force.
func TestParse(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			yml := ar.Files[0].Data
			repo, problems := config.Parse(yml, known)
			got := []txtar.File{ar.Files[0], {Name: "problems", Data: tell(problems)},
				{Name: "in force", Data: inForce(t, repo)}}
			got = txtar.Parse(txtar.Format(&txtar.Archive{Files: got})).Files
			checkAgainstSchema(t, string(ar.Comment), yml, problems)
			if *update && !t.Failed() {
				ar.Files = got
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(ar.Files, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

func tell(problems []config.Problem) []byte {
	var b bytes.Buffer
	for _, p := range problems {
		fmt.Fprintf(&b, "%d:%d: %s\n", p.Line, p.Column, p)
	}
	return b.Bytes()
}

func inForce(t *testing.T, repo config.Repo) []byte {
	t.Helper()
	if cmp.Equal(repo, config.Repo{}, cmpopts.EquateEmpty()) {
		return []byte("the defaults\n")
	}
	b, err := json.Marshal(repo)
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]any
	if err := json.Unmarshal(b, &said); err != nil {
		t.Fatal(err)
	}
	prune(said)
	if b, err = json.MarshalIndent(said, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// prune takes out what is at its default.
func prune(m map[string]any) {
	for key, v := range m {
		switch v := v.(type) {
		case map[string]any:
			prune(v)
			if len(v) == 0 {
				delete(m, key)
			}
		case nil:
			delete(m, key)
		case bool:
			if !v && key != "IgnoreComments" {
				delete(m, key)
			}
		case string:
			if v == "" || v == "off" && (key == "FailOn" || key == "MinSeverity") {
				delete(m, key)
			}
		case float64:
			if v == 0 {
				delete(m, key)
			}
		}
	}
}

// checkAgainstSchema wants the schema to agree with Parse, unless the comment
// of the test says that a schema cannot.
func checkAgainstSchema(t *testing.T, comment string, yml []byte, problems []config.Problem) {
	t.Helper()
	valid, ok := validates(t, yml)
	if !ok {
		return // no YAML to begin with
	}
	want := len(problems) == 0 || strings.Contains(comment, "A schema cannot say this.")
	if valid != want {
		t.Errorf("valid by the schema: %t; Parse says:\n%s", valid, tell(problems))
	}
}

func TestParseBounds(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 20 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat("*a,", 10), ","))
		bomb = strings.ReplaceAll(bomb, "*a,", fmt.Sprintf("*a%s,", previous(i)))
	}
	paths := "ignore:\n- &e\n  paths: &p [" + strings.TrimSuffix(strings.Repeat("x,", 190), ",") + "]\n" +
		strings.Repeat("- *e\n", 150)
	for _, c := range []struct {
		name, yml, want string // want: the start of some problem
	}{
		{"too large", strings.Repeat("#", config.MaxSize+1), "line 1: the file is larger than 64 KiB and is not read"},
		{"flow nesting", "files: " + strings.Repeat("[", 60000), "line 1: not valid YAML: `exceeded max depth"},
		{"block nesting", strings.Repeat("- ", 30000), "line 1: not valid YAML: `exceeded max depth"},
		{"indents", indents(300), "line 33: not valid YAML: `exceeded max depth"},
		{"exploding aliases", paths, "line 3: the file has more than 5000 values; the rest is not read"},
		{"bomb", bomb, "line 1: unknown key `a`"},
		{"alias to itself", "ignore: &i\n- paths: *i\n", "line 2: `ignore.paths[]` must be a glob, not a mapping"},
		{"many keys", many("k%d: 1\n", 5500), "line 50: 4951 more problems from here"},
		{"many items", "files:\n  include: [" + strings.Repeat("a,", 300) + "a]\n",
			"line 2: `files.include` has more than 200 items"},
		{"long key", strings.Repeat("k", 60000) + ":\n", "line 1: unknown key `" + strings.Repeat("k", 79) + "…`"},
		{"long value", "version: " + strings.Repeat("1", 60000) + "\n", "line 1: `version` must be 1, not `" +
			strings.Repeat("1", 79) + "…`"},
		{"line feeds", "version: |\n" + strings.Repeat("\n", 60000), "line 1: `version` must be 1, not ``"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, problems := config.Parse([]byte(c.yml), known)
			runtime.ReadMemStats(&after)
			if len(problems) > config.MaxProblems {
				t.Errorf("%d problems", len(problems))
			}
			said := string(tell(problems))
			if !strings.Contains(said, ": "+c.want) {
				t.Errorf("problems:\n%swant: %s", said[:min(len(said), 2000)], c.want)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 64<<20 {
				t.Errorf("%d bytes allocated", allocated)
			}
		})
	}
}

func TestParseReadsNoMoreItems(t *testing.T) {
	repo, _ := config.Parse([]byte("files:\n  include: ["+strings.Repeat("a,", 300)+"a]\n"), known)
	if got := len(repo.Files.Include); got != 200 {
		t.Errorf("%d globs", got)
	}
}

func previous(i int) string {
	if i == 0 {
		return ""
	}
	return fmt.Sprint(i - 1)
}

func indents(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func many(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
