package main

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the rooms of the module are held to, so that each can be read in one sitting.
const (
	maxColumns     = 120  // of a line of Go; a tab counts as 4
	maxLines90     = 24   // of a function: nine in ten are at most as long
	maxComplexity  = 12   // of a function, after McCabe: nine in ten have at most so many paths
	maxRulesShare  = 0.25 // of all lines that are not tests: review/rules
	minRoomsExpect = 20
)

// room is what the tests below measure of one package, its tests left out.
type room struct {
	doc        string
	lines      int
	functions  []int // lines of each
	complexity []int // of each function
}

// TestRooms holds every package to what makes it readable: it says what it is for and what it must never do, nine in
// ten functions fit on a screen, and review/rules is no crowd.
func TestRooms(t *testing.T) {
	rooms, total := ourRooms(t), 0
	if len(rooms) < minRoomsExpect {
		t.Fatalf("found %d packages, expected at least %d", len(rooms), minRoomsExpect)
	}
	for _, pkg := range slices.Sorted(maps.Keys(rooms)) {
		r := rooms[pkg]
		total += r.lines
		if !strings.Contains(r.doc, "never") && !strings.Contains(r.doc, "must not") {
			t.Errorf("%s: the package comment does not say what the package must never do: %q", pkg, r.doc)
		}
		if p90 := percentile(r.functions, 90); p90 > maxLines90 {
			t.Errorf("%s: one function in ten is longer than %d lines (the limit is %d)", pkg, p90, maxLines90)
		}
		if p90 := percentile(r.complexity, 90); p90 > maxComplexity {
			t.Errorf("%s: one function in ten is more complex than %d (the limit is %d)", pkg, p90, maxComplexity)
		}
	}
	if share := float64(rooms["review/rules"].lines) / float64(total); share > maxRulesShare {
		t.Errorf("review/rules has %.1f %% of the lines (the limit is %.0f %%): what several rules share is a "+
			"room of its own", 100*share, 100*maxRulesShare)
	}
}

// TestRulesHoldRulesOnly: review/rules has rules, each with its page, families of rules (family_*.go) and all.go.
func TestRulesHoldRulesOnly(t *testing.T) {
	files, err := filepath.Glob("../../review/rules/*.go")
	if err != nil || len(files) < 100 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	for _, name := range files {
		base := filepath.Base(name)
		_, err := os.Stat(strings.TrimSuffix(name, ".go") + ".txtar")
		if err != nil && base != "all.go" && !strings.HasPrefix(base, "family_") &&
			!strings.HasSuffix(base, "_test.go") {
			t.Errorf("review/rules/%s is neither a rule with a page, nor family_*.go, nor all.go", base)
		}
	}
}

// TestLinesFit: no line of Go, tests included, is wider than maxColumns, but for raw strings: a regular expression or a
// recorded answer reads worse in pieces.
func TestLinesFit(t *testing.T) {
	for name, text := range ourTexts(t, ".go") {
		raw := rawLines(name, text)
		for i, line := range strings.Split(text, "\n") {
			if n := len([]rune(strings.ReplaceAll(line, "\t", "    "))); n > maxColumns && !raw[i+1] {
				t.Errorf("%s:%d: %d columns (the limit is %d)", name, i+1, n, maxColumns)
			}
		}
	}
}

// rawLines are the lines, 1-based, of which a raw string has more than half.
func rawLines(name, text string) map[int]bool {
	lines, all := strings.Split(text, "\n"), map[int]bool{}
	scan(name, text, func(kind token.Token, at token.Position, literal string) {
		if kind != token.STRING || literal[0] != '`' {
			return
		}
		for i, part := range strings.Split(literal, "\n") {
			all[at.Line+i] = all[at.Line+i] || 2*len(part) > len(strings.TrimSpace(lines[at.Line+i-1]))
		}
	})
	return all
}

// scan calls visit for every token of Go code, comments included.
func scan(name, text string, visit func(kind token.Token, at token.Position, literal string)) {
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile(name, -1, len(text)), []byte(text), nil, scanner.ScanComments)
	for {
		pos, kind, literal := s.Scan()
		if kind == token.EOF {
			return
		}
		visit(kind, set.Position(pos), literal)
	}
}

// TestTenHops: the hops in ARCHITECTURE.md from a byte to a suggestion are ten, and each names a file and a function
// that are there.
func TestTenHops(t *testing.T) {
	_, section, _ := strings.Cut(architecture(t), "## From a byte to a suggestion")
	section, _, _ = strings.Cut(section, "\n## ")
	hops := regexp.MustCompile("(?m)^\\d+\\. `([a-z/-]+\\.go)` `([A-Za-z]+)`").FindAllStringSubmatch(section, -1)
	if len(hops) != 10 {
		t.Errorf("ARCHITECTURE.md has %d hops", len(hops))
	}
	for _, hop := range hops {
		code, err := os.ReadFile(filepath.Join("..", "..", hop[1]))
		if err != nil || !regexp.MustCompile(`(?m)^func (\([^)]*\) )?`+hop[2]+`\(`).Match(code) {
			t.Errorf("ARCHITECTURE.md names %s in %s, which is not there (%v)", hop[2], hop[1], err)
		}
	}
}

// TestDependenciesAreNamed: ARCHITECTURE.md names every module that dfbot requires, with its reason.
func TestDependenciesAreNamed(t *testing.T) {
	_, section, _ := strings.Cut(architecture(t), "## Dependencies")
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(mod), -1) {
		name := strings.TrimPrefix(m[1], "github.com/")
		if parent := path.Dir(name); strings.HasPrefix(parent, "riverqueue/river") || parent == "chromedp" {
			name = path.Base(name)
		}
		if !strings.Contains(section, name) && name != "riverdriver" && name != "rivertype" {
			t.Errorf("ARCHITECTURE.md does not say why %s is there", m[1])
		}
	}
}

func architecture(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// ourTexts returns the project's own files with these endings, by slash-separated path; testdata is left out, since
// much of it is written as other people write.
func ourTexts(t *testing.T, endings ...string) map[string]string {
	t.Helper()
	root, all := filepath.Join("..", ".."), map[string]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != ".github"
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && (hidden || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !slices.Contains(endings, path.Ext(name)):
			return nil
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(root, name)
		all[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found %d files", len(all))
	}
	return all
}

// ourRooms measures every package of the module, without its tests.
func ourRooms(t *testing.T) map[string]*room {
	t.Helper()
	rooms := map[string]*room{}
	for name, text := range ourTexts(t, ".go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		pkg := path.Dir(name)
		if rooms[pkg] == nil {
			rooms[pkg] = &room{}
		}
		rooms[pkg].add(t, name, text)
	}
	return rooms
}

func (r *room) add(t *testing.T, name, text string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	r.doc += file.Doc.Text()
	r.lines += strings.Count(text, "\n")
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			r.functions = append(r.functions, set.Position(f.End()).Line-set.Position(f.Pos()).Line+1)
			r.complexity = append(r.complexity, complexity(f))
		}
	}
}

// complexity counts the paths through a function: one, and one more for each place where it can go another way.
func complexity(f ast.Node) int {
	paths := 1
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			paths++
		case *ast.CaseClause:
			paths += min(len(n.List), 1)
		case *ast.CommClause:
			if n.Comm != nil {
				paths++
			}
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				paths++
			}
		}
		return true
	})
	return paths
}

// percentile returns the smallest value that so many percent of all are at most.
func percentile(of []int, percent int) int {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[(len(of)*percent+99)/100-1]
}
