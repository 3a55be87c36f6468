package rulebook_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// receivers are the names in CONTRIBUTING.md for what a rule works on, with the types that they stand for.
var receivers = map[string]string{
	"in": "dockerfile.Instruction", "s": "dockerfile.Stage", "f": "dockerfile.File",
	"p.Context": "buildcontext.Context",
}

// TestContributingNamesHelpers: the helpers that CONTRIBUTING.md offers by question are there.
func TestContributingNamesHelpers(t *testing.T) {
	page, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "<!-- helpers -->")
	table, _, _ = strings.Cut(table, "<!-- end of helpers -->")
	named := regexp.MustCompile("`(?:([\\w.]+)\\.)?(\\w+)(?:\\(|`)").FindAllStringSubmatch(table, -1)
	if len(named) < 30 {
		t.Errorf("the table names %d helpers only", len(named))
	}
	known := map[string]map[string]bool{}
	for _, n := range named {
		of, typ := n[1], ""
		if of == "" {
			of = "rules"
			if !strings.Contains(n[0], "(") {
				continue // a word of shell or of Docker
			}
		}
		if full, ok := receivers[of]; ok {
			of, typ, _ = strings.Cut(full, ".")
		}
		if known[of] == nil {
			known[of] = declared(t, filepath.Join("..", of))
		}
		if !known[of][strings.TrimPrefix(typ+"."+n[2], ".")] {
			t.Errorf("CONTRIBUTING.md names %s, which is not in review/%s", n[0], of)
		}
	}
}

// declared lists the functions, variables and methods of a package, methods as Type.Method.
func declared(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no package in %s: %v", dir, err)
	}
	all := map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			addNames(all, d)
		}
	}
	return all
}

func addNames(all map[string]bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			of := d.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			if id, ok := of.(*ast.Ident); ok {
				name = id.Name + "." + name
			}
		}
		all[name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for _, n := range v.Names {
					all[n.Name] = true
				}
			}
		}
	}
}
