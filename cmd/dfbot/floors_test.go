package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/dfbot/dfbot/"

// floors names every package, from the bottom up, with the packages of ours that it may import;
// "x/..." means x and all below it. A new package needs a line here, as low as possible. Tests may
// import from above.
var floors = []struct {
	pkg string
	may []string
}{
	{"review/invisible", nil},
	{"review/work", nil},
	{"review/spelling", nil},
	{"review/turns", nil},
	{"review/guard", []string{"review/turns"}},
	{"review/attack", nil}, // for tests
	{"review/dockerfile", []string{"review/work"}},
	{"review/diff", nil},
	{"review/follow", []string{"review/dockerfile"}},
	{"review/secrets", nil},
	{"review/ecosystem", nil},
	{"review/shell", []string{"review/dockerfile", "review/ecosystem"}},
	{"review/baseimage", nil},
	{"app/job", nil},
	{"app/command", nil},
	{"app/queue", []string{"app/job"}},
	{"app/git", []string{"review/guard"}},
	{"app/git/gittest", []string{"app/git"}},
	{"review/buildcontext", []string{"review/work", "review/dockerfile"}},
	{"review/analysis", []string{"review/work", "review/turns", "review/secrets", "review/dockerfile",
		"review/buildcontext"}},
	{"review/edit", []string{"review/dockerfile", "review/shell", "review/analysis"}},
	{"config", []string{"review/invisible", "review/spelling", "review/analysis"}},
	{"review/builds", []string{"config", "review/work", "review/dockerfile", "review/ecosystem", "review/shell"}},
	{"review/layers", []string{"review/work", "review/buildcontext"}},
	{"review/reorder", []string{"review/analysis", "review/baseimage", "review/dockerfile", "review/shell",
		"review/edit", "review/buildcontext", "review/ecosystem"}},
	{"review/rules", []string{"review/work", "review/spelling", "review/analysis", "review/edit", "review/reorder",
		"review/dockerfile", "review/follow", "review/shell", "review/buildcontext",
		"review/ecosystem", "review/secrets", "review/baseimage"}},
	{"review/buildkit",
		[]string{"review/spelling", "review/guard", "review/turns", "review/analysis", "review/dockerfile",
			"review/baseimage", "review/edit", "review/layers"}},
	{"review/layers/scenario", []string{"review/buildkit", "review/dockerfile", "review/layers"}}, // for tests
	{"review/forecast", []string{"review/work", "review/turns", "review/ecosystem", "review/analysis",
		"review/dockerfile", "review/buildcontext", "review/builds", "review/reorder", "review/buildkit",
		"review/layers"}},
	{"review/verify", []string{"review/turns", "review/dockerfile", "review/analysis", "review/layers",
		"review/buildkit"}},
	{"review/shellcheck",
		[]string{"review/guard", "review/work", "review/turns", "review/analysis", "review/dockerfile",
			"review/baseimage"}},
	{"review/contract", []string{"review/dockerfile", "review/secrets", "review/baseimage"}},
	{"review/rulebook", []string{"review/analysis", "review/rules", "review/shellcheck"}},
	{"review/rulebook/newrule", []string{"review/analysis", "review/rules"}},
	{"review/ruleset", []string{"config", "review/analysis", "review/rules", "review/buildcontext", "review/builds",
		"review/ecosystem", "review/dockerfile", "review/work"}},
	{"review", []string{"review/...", "config"}},
	{"checks", []string{"review", "review/invisible", "review/analysis", "review/diff", "review/layers",
		"review/forecast", "config"}},
	{"app/github", []string{"app/job", "app/command", "config", "review/...",
		"checks"}}, // data only: what it fetches and posts
	{"app/webhook", []string{"app/job", "app/queue", "app/command"}},
	{"app", []string{"app/job", "app/command", "app/github", "app/webhook", "app/queue", "checks", "review/...",
		"config"}},

	// The stand-in knows GitHub, not dfbot: or it would drift into what suits us.
	{"app/github/githubtest", []string{"app/git"}},
	{"app/github/githubtest/contract", []string{"app/github/githubtest"}},

	{"cmd/dfbot/internal/daemon", []string{"review/guard"}}, // for tests
	{"cmd/dfbot/internal/worktree", []string{"app/git"}},
	{"cmd/dfbot/internal/snapshot", []string{"app/git", "cmd/dfbot/internal/worktree", "review/forecast"}},
	{"cmd/dfbot/internal/timings", nil},
	{"cmd/dfbot/internal/render", []string{"config", "review/...", "checks", "cmd/dfbot/internal/timings"}},
	{"cmd/dfbot/internal/demo", []string{"config", "review/...", "checks", "app/...", "cmd/dfbot/internal/render"}},
	{"cmd/dfbot", []string{"config", "review/...", "checks", "app/...", "cmd/dfbot/internal/..."}},
}

// TestFloors reads the sources of the module: each package imports only what it may, and is above it.
func TestFloors(t *testing.T) {
	imports, err := ourImports(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) < 10 {
		t.Fatalf("found %d packages only", len(imports))
	}
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		may, ok := floorOf(pkg)
		if !ok {
			t.Errorf("package %s is on no floor: add it to the table in floors_test.go", pkg)
			continue
		}
		for _, imp := range slices.Sorted(maps.Keys(imports[pkg])) {
			switch {
			case imp == "testing":
				t.Errorf("%s: package %s imports testing", imports[pkg][imp], pkg)
			case imp != "testing" && !slices.ContainsFunc(may, func(m string) bool { return covers(m, imp) }):
				t.Errorf("%s: package %s may not import %s", imports[pkg][imp], pkg, imp)
			}
		}
	}
}

// TestFloorsOrder holds the table to itself: what a package may import comes before it in the table, so no two can
// import each other.
func TestFloorsOrder(t *testing.T) {
	for i, f := range floors {
		for _, m := range f.may {
			for _, above := range floors[i:] {
				if m == above.pkg || covers(m, above.pkg) && !strings.HasPrefix(m, f.pkg+"/") {
					t.Errorf("%s may import %s, which is not below it", f.pkg, m)
				}
			}
		}
	}
}

func floorOf(pkg string) ([]string, bool) {
	for _, f := range floors {
		if f.pkg == pkg {
			return f.may, true
		}
	}
	return nil, false
}

func covers(pattern, pkg string) bool {
	dir, all := strings.CutSuffix(pattern, "/...")
	return pkg == dir || all && strings.HasPrefix(pkg, dir+"/")
}

// ourImports returns for each package of the module what it imports of ours, and testing, each
// with a file that does. Tests are left out.
func ourImports(root string) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		if all[pkg] == nil {
			all[pkg] = map[string]string{}
		}
		return addImports(all[pkg], name)
	})
	return all, err
}

func addImports(of map[string]string, name string) error {
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, spec := range file.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if ours, ok := strings.CutPrefix(imp, module); ok {
			of[ours] = name
		} else if imp == "testing" {
			of[imp] = name
		}
	}
	return nil
}
