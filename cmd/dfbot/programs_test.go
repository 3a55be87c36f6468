package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// programs names every file that starts a process, and what it starts. Who adds one says why it cannot be one of these;
// git is started by app/git alone.
var programs = map[string]string{
	"app/git/git.go":               "git",
	"app/git/gittest/gittest.go":   "sh, for scripts that make repositories in tests",
	"cmd/dfbot/demo.go":            "the browser, on the demo's own page",
	"review/buildkit/process.go":   "this program, as the child that runs Docker's build checks",
	"review/shellcheck/process.go": "ShellCheck",

	"cmd/dfbot/internal/daemon/daemon.go": "BuildKit's daemon, for tests",

	"app/queue/work_test.go":                      "this test, to be killed",
	"app/webhook/kill_test.go":                    "this test, to be killed",
	"cmd/dfbot/bench_test.go":                     "dfbot",
	"cmd/dfbot/attack_linux_test.go":              "go build, and the dfbot that it makes",
	"cmd/dfbot/image_linux_test.go":               "go build, and the dfbot that it makes",
	"cmd/dfbot/internal/render/schema_test.go":    "go list",
	"cmd/dfbot/internal/pairs/pairs_test.go":      "go build, and the dfbot that it makes",
	"cmd/dfbot/internal/pairs/bases_test.go":      "go env",
	"cmd/dfbot/licences_test.go":                  "go list",
	"cmd/dfbot/serve_test.go":                     "dfbot",
	"review/rulebook/newrule/main_test.go":        "go build, of the rules with a new one",
	"review/shellcheck/bench_test.go":             "ShellCheck",
	"review/guard/guard_linux_test.go":            "sh, which starts others",
	"review/guard/slots_test.go":                  "sh, which ends in many ways",
	"review/shellcheck/testdata/imposter/main.go": "cat, which is to be killed with it",
	"review/shellcheck/checks_test.go":            "go build, of a program that takes ShellCheck's place",
}

// unguarded are the programs that review/guard does not bound: no stranger's words reach them.
var unguarded = []string{"app/git/gittest/gittest.go", "cmd/dfbot/demo.go"}

// starters are the functions and types of the standard library by which a process comes to be.
var starters = map[string][]string{
	"os/exec":                  {"Command", "CommandContext", "Cmd"},
	"os":                       {"StartProcess"},
	"syscall":                  {"Exec", "ForkExec", "StartProcess"},
	"golang.org/x/sys/unix":    {"Exec"},
	"golang.org/x/sys/execabs": {"Command", "CommandContext", "Cmd"},
}

// TestPrograms reads all sources, those of tests too: nothing starts a process but the files of the table, and the
// product prepares each that it starts, so that it inherits no file; review/guard has the test of that.
func TestPrograms(t *testing.T) {
	found := map[string]bool{}
	err := filepath.WalkDir(filepath.Join("..", ".."), func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		rel, err := filepath.Rel(filepath.Join("..", ".."), name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all := starts(t, name)
		if product := !strings.HasSuffix(rel, "_test.go") && !strings.Contains(rel, "testdata/"); product &&
			!slices.Contains(unguarded, rel) {
			if n := prepares(t, name); n < len(all) {
				t.Errorf("%s starts %d processes, and prepares %d of them with guard.Prepare", rel, len(all), n)
			}
		}
		for _, start := range all {
			found[rel] = true
			if programs[rel] == "" {
				t.Errorf("%s starts a process: name it in programs_test.go", start.at)
			}
			if startsGit.MatchString(start.args) && !strings.HasPrefix(rel, "app/git/") {
				t.Errorf("%s starts git: use app/git, or app/git/gittest in tests", start.at)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		if !found[name] {
			t.Errorf("%s starts no process: take it out of the table", name)
		}
	}
}

// prepares counts in a file the processes that are prepared.
func prepares(t *testing.T, name string) int {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(src), "guard.Prepare(")
}

// startsGit matches the strings that a program is started with, where the program is git or a script that starts it.
var startsGit = regexp.MustCompile(`(?m)["\x60;&|(\s]git["\x60\s]`)

// start is a place in a file where a process is started.
type start struct {
	at   token.Position
	args string // the strings among the arguments, as they are written
}

// starts returns where in a file a process is started.
func starts(t *testing.T, name string) []start {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	imported := map[string]string{} // name in the file, to path
	for _, spec := range file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		local := p[strings.LastIndex(p, "/")+1:]
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == "." && starters[p] != nil {
			t.Errorf("%s imports all names of %s: nothing can be known of these", name, p)
		}
		imported[local] = p
	}
	starter := func(e ast.Expr) bool {
		sel, ok := e.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		pkg, ok := sel.X.(*ast.Ident)
		return ok && slices.Contains(starters[imported[pkg.Name]], sel.Sel.Name)
	}
	var all []start
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			return !starter(n.X) // a pointer to a Cmd is someone else's
		case *ast.CallExpr:
			if !starter(n.Fun) {
				return true
			}
			found := start{at: set.Position(n.Pos())}
			for _, arg := range n.Args {
				if lit, ok := arg.(*ast.BasicLit); ok {
					found.args += " " + lit.Value
				}
			}
			all = append(all, found)
			return false
		case *ast.SelectorExpr:
			if starter(n) {
				all = append(all, start{at: set.Position(n.Pos())})
			}
		}
		return true
	})
	return all
}
