package builds_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/review/builds"
)

var update = flag.Bool("update", false, "write the want sections anew")

// TestFind reads testdata: each archive is a repository, and its want section lists the builds in it.
func TestFind(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d archives: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			last := &archive.Files[len(archive.Files)-1]
			if last.Name != "want" {
				t.Fatal("the last section is not want")
			}
			got := list(find(repository(archive.Files[:len(archive.Files)-1])))
			if *update {
				last.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(last.Data) {
				t.Errorf("got\n%swant\n%s", got, last.Data)
			}
		})
	}
}

func find(paths []string, read func(string) ([]byte, bool)) ([]builds.Build, []builds.Problem) {
	return builds.Find(nil, paths, read)
}

// repository is what Find is given of files.
func repository(files []txtar.File) (paths []string, read func(string) ([]byte, bool)) {
	contents := map[string][]byte{}
	for _, f := range files {
		paths = append(paths, f.Name)
		contents[f.Name] = f.Data
	}
	return paths, func(p string) ([]byte, bool) { src, ok := contents[p]; return src, ok }
}

// list is one line for each build and each problem.
func list(found []builds.Build, problems []builds.Problem) string {
	var out strings.Builder
	for _, b := range found {
		fmt.Fprintf(&out, "%s:%d %s", b.Origin.Path, b.Origin.Line, b.Origin.Kind)
		if b.Name != "" {
			fmt.Fprintf(&out, " %q", b.Name)
		}
		fmt.Fprintf(&out, ": %s in %s", or(b.Dockerfile, fmt.Sprintf("%q", b.Inline)), or(b.Context, "."))
		if b.Elsewhere {
			out.WriteString(" elsewhere")
		}
		if b.Target != "" {
			fmt.Fprintf(&out, ", target %s", b.Target)
		}
		for _, p := range b.Args {
			fmt.Fprintf(&out, ", arg %s", pair(p))
		}
		for _, p := range b.Contexts {
			fmt.Fprintf(&out, ", context %s", pair(p))
		}
		fmt.Fprintf(&out, " %v\n", b.Lines)
	}
	for _, p := range problems {
		fmt.Fprintf(&out, "%s: not read: %s\n", p.Path, p.Reason)
	}
	return out.String()
}

func pair(p builds.Pair) string {
	if !p.Known {
		return fmt.Sprintf("%s unknown (%d)", p.Name, p.Line)
	}
	return fmt.Sprintf("%s=%s (%d)", p.Name, p.Value, p.Line)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// TestHostile: what is slow by design ends soon, and gives no more builds than the limit.
func TestHostile(t *testing.T) {
	services := func(n int, each string) string {
		var b strings.Builder
		b.WriteString("services:\n")
		for i := range n {
			fmt.Fprintf(&b, each, i)
		}
		return b.String()
	}
	bomb := "a0: &a0 [x, x]\n"
	for i := range 40 {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	merges := "x0: &x0 {build: .}\n"
	for i := range 60 {
		merges += fmt.Sprintf("x%d: &x%d {<<: [*x%d, *x%d]}\n", i+1, i+1, i, i)
	}
	variables := ""
	for i := range 60 {
		variables += fmt.Sprintf("variable \"v%d\" { default = \"${v%d}${v%d}\" }\n", i, i+1, i+1)
	}
	lists := "variable \"l0\" { default = [\"x\"] }\n"
	for i := range 40 {
		lists += fmt.Sprintf("variable \"l%d\" { default = [l%d, l%d] }\n", i+1, i, i)
	}
	targets := "target \"t0\" { context = \".\" }\n"
	for i := range 60 {
		targets += fmt.Sprintf("target \"t%d\" { inherits = [\"t%d\", \"t%d\"] }\n", i+1, i, i)
	}
	for name, files := range map[string]map[string]string{
		"aliases":  {"compose.yaml": bomb + "services:\n  web:\n    build: {args: *a40}\n"},
		"merges":   {"compose.yaml": merges + "services:\n  web: *x60\n"},
		"services": {"compose.yaml": services(3000, "  s%d: {build: .}\n")},
		"extends": {"compose.yaml": services(1500, "  s%d: {build: ., extends: s0}\n"),
			"b/compose.yaml": "services:\n  a: {extends: b}\n  b: {extends: a, build: .}\n"},
		"wide extends": {"compose.yaml": "services:\n  a: {build: ., extends: {service: a, file: compose.yaml}}\n"},
		"include": {"compose.yaml": "include: [x.yaml]\n",
			"x.yaml": "include: [y.yaml, x.yaml]\nservices: {a: {build: .}}\n",
			"y.yaml": "include: [x.yaml, {path: x.yaml, project_directory: a}]\nservices: {a: {build: .}}\n"},
		"itself":      {"compose.yaml": "services: &s\n  <<: *s\n  a: {build: .}\n"},
		"deep":        {"compose.yaml": strings.Repeat("[", 30000)},
		"variables":   {"compose.yaml": "services: {a: {build: '" + strings.Repeat("${A:-", 10000) + "'}}\n"},
		"brackets":    {"docker-bake.hcl": "a = " + strings.Repeat("(", 60000)},
		"few":         {"docker-bake.hcl": "a = " + strings.Repeat("(", 3900)},
		"operators":   {"docker-bake.hcl": "a = " + strings.Repeat("!", 60000) + "1\n"},
		"doubling":    {"docker-bake.hcl": variables + "target \"a\" { context = v0 }\n"},
		"lists":       {"docker-bake.hcl": lists + "target \"a\" { matrix = { l = l40 } }\n"},
		"itself, HCL": {"docker-bake.hcl": "a = b\nb = a\ntarget \"a\" { context = a\n inherits = [\"a\"] }\n"},
		"targets":     {"docker-bake.hcl": targets + "group \"g\" { targets = [\"t60\"] }\n"},
		"matrix": {"docker-bake.hcl": "target \"a\" {\n  matrix = {\n" +
			strings.Repeat("x = [1,2,3,4,5,6,7,8,9]\n", 30) + "}\n}\n"},
		"JSON": {"docker-bake.json": `{"variable": {"a": {"default": "${b}${b}"}, "b": {"default": "${a}"}}, ` +
			`"target": {"x": {"context": "${a}"}}}`},
		"workflow": {".github/workflows/a.yml": "jobs:\n  a:\n    strategy:\n      matrix:\n" +
			func() (s string) {
				for i := range 50 {
					s += fmt.Sprintf("        m%d: [1,2,3,4,5,6,7,8]\n", i)
				}
				return s
			}() + "    steps:\n" + strings.Repeat("    - run: docker build .\n", 1500)},
		"steps": {".github/workflows/a.yml": "jobs:\n  a:\n    strategy: {matrix: {a: [" + strings.Repeat("1,", 100) +
			"], b: [1]}}\n    steps:\n" + strings.Repeat("    - run: docker build ${{matrix.a}}\n", 1500)},
		"script":   {"a.sh": strings.Repeat("docker build -t a .\n", 3000)},
		"folders":  {"a.sh": strings.Repeat("cd a;docker build .\n", 3000)},
		"nested":   {"a.sh": strings.Repeat("(", 3000) + "docker build ." + strings.Repeat(")", 3000)},
		"Makefile": {"Makefile": strings.Repeat("\tdocker build -t a .\n", 3000)},
		"make variables": {"Makefile": func() (s string) {
			for i := range 200 {
				s += fmt.Sprintf("V%d = $(V%d) $(V%d)\n", i, i+1, i+1)
			}
			return s + "\tdocker build $(V0)\n"
		}()},
		"many": func() map[string]string {
			all := map[string]string{}
			for i := range 300 {
				all[fmt.Sprintf("d%d/compose.yaml", i)] = services(1500, "  s%d: {build: .}\n")
			}
			return all
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			paths := []string{"Dockerfile", "a/Dockerfile"}
			for p := range files {
				paths = append(paths, p)
			}
			start := time.Now()
			found, problems := builds.Find(nil, paths, func(p string) ([]byte, bool) {
				src, ok := files[p]
				return []byte(src), ok
			})
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if len(found) > 2000 || len(problems) > 1000 {
				t.Errorf("%d builds, %d problems", len(found), len(problems))
			}
			t.Logf("%v: %d builds, %d problems", time.Since(start), len(found), len(problems))
		})
	}
}

// FuzzFind: whatever the files are, Find comes back.
func FuzzFind(f *testing.F) {
	for _, kind := range []string{"compose.yaml", "docker-bake.hcl", "docker-bake.json", ".github/workflows/ci.yml",
		"Makefile", "build.sh"} {
		f.Add(kind, "")
	}
	names, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range names {
		if archive, err := txtar.ParseFile(name); err == nil {
			for _, file := range archive.Files {
				f.Add(file.Name, string(file.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		paths := []string{"Dockerfile", "app/Dockerfile", name}
		found, _ := builds.Find(nil, paths, func(string) ([]byte, bool) { return []byte(text), true })
		for _, b := range found {
			if strings.HasPrefix(b.Dockerfile, "/") || strings.HasPrefix(b.Context, "..") || b.Origin.Line < 1 {
				t.Errorf("%+v", b)
			}
		}
	})
}

// TestTargets: what is built in a folder is known if every build there says it.
func TestTargets(t *testing.T) {
	all := []builds.Build{
		{Dockerfile: "Dockerfile", Context: "a", Target: "dev", Lines: builds.Lines{Target: 3}},
		{Dockerfile: "Dockerfile", Context: "a"},
		{Dockerfile: "Dockerfile", Context: "b", Target: "dev", Lines: builds.Lines{Target: 3}},
		{Dockerfile: "Dockerfile", Context: "b", Lines: builds.Lines{Target: 9}},
		{Dockerfile: "Dockerfile", Context: "c", Elsewhere: true},
	}
	want := map[string]map[string][]string{"Dockerfile": {"a": {"dev", ""}}}
	if got := builds.Targets(all); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}
