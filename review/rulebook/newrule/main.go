// Command newrule starts a rule: `make rule NAME=x` writes its two files, its line in All and its row in
// docs/precision.md. It must never touch the files of a rule that is there.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "newrule:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: make rule NAME=what-it-finds")
	}
	if r := rules.ByName(args[0]); r != nil && r.Name == args[0] {
		fmt.Println(r.Name, "exists: its files stay as they are")
		return nil
	}
	files, err := start(".", args[0])
	if err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(path, files[path], 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", path)
	}
	return nil
}

var (
	//go:embed rule.go.tmpl
	code string
	//go:embed rule.txtar.tmpl
	page string

	kebab = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

// start returns the files that the new rule adds and changes below the repository's root, by path.
func start(root, name string) (map[string][]byte, error) {
	if !kebab.MatchString(name) {
		return nil, fmt.Errorf("%q is not a name like apt-recommends: small letters and digits, joined by hyphens",
			name)
	}
	if r := rules.ByName(name); r != nil {
		return nil, fmt.Errorf("the rule %s exists", r.Name)
	}
	files, err := changed(root, name)
	if err != nil {
		return nil, err
	}
	base := filepath.Join(root, "review", "rules", name)
	for ext, text := range map[string]string{".go": code, ".txtar": page} {
		if _, err := os.Lstat(base + ext); err == nil {
			return nil, fmt.Errorf("%s exists", base+ext)
		}
		fill := strings.NewReplacer("NAME", name, "VARIABLE", variable(name), "RELEASE", rules.Release)
		files[base+ext] = []byte(fill.Replace(text))
	}
	return files, nil
}

// changed returns the files that name every rule, with the new one in its place.
func changed(root, name string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for path, change := range map[string]func([]byte, string) ([]byte, error){
		filepath.Join(root, "review", "rules", "all.go"): listed,
		filepath.Join(root, "docs", "precision.md"):      unread,
	} {
		old, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if files[path], err = change(old, name); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return files, nil
}

// variable is the name of the rule's variable: aptRecommends for apt-recommends.
func variable(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// listed adds the rule to All, which is in the order of the names.
func listed(src []byte, name string) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "all.go", src, 0)
	if err != nil {
		return nil, err
	}
	object := file.Scope.Lookup("All")
	if object == nil {
		return nil, errors.New("there is no All")
	}
	list, ok := object.Decl.(*ast.ValueSpec).Values[0].(*ast.CompositeLit)
	if !ok || len(list.Elts) != len(rules.All) {
		return nil, errors.New("the variable All is not a plain list of rules")
	}
	at := fset.Position(list.Rbrace).Offset
	if next := after(name); next < len(list.Elts) {
		at = fset.Position(list.Elts[next].Pos()).Offset - len("\t")
	}
	return slices.Concat(src[:at], []byte("\t"+variable(name)+",\n"), src[at:]), nil
}

// after is the index in All of the first rule that comes after the name.
func after(name string) int {
	i := slices.IndexFunc(rules.All, func(r *analysis.Rule) bool { return r.Name > name })
	if i < 0 {
		return len(rules.All)
	}
	return i
}

var row = regexp.MustCompile(`(?m)^\| \[([a-z0-9-]+)\]\(rules/.*\n`)

// unread adds the rule's row to the table of docs/precision.md.
func unread(src []byte, name string) ([]byte, error) {
	rows := row.FindAllSubmatchIndex(src, -1)
	if len(rows) == 0 {
		return nil, errors.New("there is no table of rules")
	}
	at := rows[len(rows)-1][1]
	for _, r := range rows {
		if string(src[r[2]:r[3]]) > name {
			at = r[0]
			break
		}
	}
	return slices.Concat(src[:at], fmt.Appendf(nil, "| [%s](rules/%[1]s.md) | not read yet | | |\n", name), src[at:]),
		nil
}
