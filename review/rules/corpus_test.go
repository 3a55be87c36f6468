package rules_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
)

// corpus returns the real Dockerfiles below the folder that DFBOT_CORPUS names.
func corpus(tb testing.TB) map[string][]byte {
	dir := os.Getenv("DFBOT_CORPUS")
	if dir == "" {
		tb.Skip("DFBOT_CORPUS is not set: no real Dockerfiles to read")
	}
	files := map[string][]byte{}
	for _, pattern := range []string{"dockerfiles/*", "replays/*/*.Dockerfile"} {
		all, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			tb.Fatal(err)
		}
		for _, p := range all {
			if filepath.Base(p) == "MANIFEST.tsv" {
				continue
			}
			src, err := os.ReadFile(p)
			if err != nil {
				tb.Fatal(err)
			}
			rel, _ := filepath.Rel(dir, p)
			files[filepath.ToSlash(rel)] = src
		}
	}
	if len(files) == 0 {
		tb.Fatalf("no Dockerfiles below %s", dir)
	}
	return files
}

// tally counts what a run over many files came to.
type tally struct{ files, findings, fixes, failed int }

func (c tally) String() string {
	return fmt.Sprintf("files %d, findings %d, fixes %d, failed %d", c.files, c.findings, c.fixes, c.failed)
}

// TestCorpus holds every rule to every oracle on every real file: no rule panics, no fix fails
// its proof, and one pass of all fixes leaves a file with nothing left to fix.
func TestCorpus(t *testing.T) {
	var sum tally
	for path, src := range corpus(t) {
		sum.files++
		for _, problem := range oracle(path, src, imagined(path, src), &sum) {
			sum.failed++
			t.Errorf("%s: %s", path, problem)
		}
	}
	fmt.Println(sum)
}

// TestCorpusStillConverts: what BuildKit makes a build of before all fixes, it makes one of afterwards.
func TestCorpusStillConverts(t *testing.T) {
	compared := 0
	for path, src := range corpus(t) {
		u := unitOf(path, src, imagined(path, src))
		if stops := stopsAt(t, u); len(stops) > 0 {
			continue
		}
		res := judged(u)
		after, mended := res.FixAll(analysis.Unsafe, nil)
		if len(mended) == 0 {
			continue
		}
		compared++
		if stops := stopsAt(t, u.With(after)); len(stops) > 0 {
			t.Errorf("%s: BuildKit stops at what the fixes make of it: %v", path, stops)
		}
	}
	if compared == 0 {
		t.Error("no file was fixed")
	}
	t.Logf("%d files fixed", compared)
}

// stopsAt is why BuildKit makes no build of the unit's bytes; empty where it does.
func stopsAt(t *testing.T, u analysis.Unit) []string {
	t.Helper()
	a, err := dockerChecks.Check(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	var why []string
	for _, g := range a.Gaps {
		why = append(why, g.String())
	}
	for _, o := range a.Findings {
		if o.Rule.Name == "does-not-build" {
			why = append(why, o.Message.String())
		}
	}
	return why
}

// oracle checks one file and returns what is wrong with what the rules do to it.
func oracle(path string, src []byte, tree *buildcontext.Tree, sum *tally) []string {
	var problems []string
	res := judged(unitOf(path, src, tree))
	sum.findings += len(res.Diagnostics)
	for _, c := range res.Crashed {
		problems = append(problems, fmt.Sprintf("%s panics: %s\n%s", c.Rule.Name, c.Value, c.Stack))
	}
	for _, u := range res.Unproved {
		if errors.Is(u.Err, analysis.ErrBudget) {
			continue // not offered, which is no failure
		}
		problems = append(problems, fmt.Sprintf("fix of %s on line %d: %v", u.Rule.Name, u.Line, u.Err))
	}
	for _, d := range res.Diagnostics {
		if d.Fix != nil {
			sum.fixes++
		}
		if d.Span.Start < 0 || d.Span.End > len(src) || d.Span.End < d.Span.Start {
			problems = append(problems, fmt.Sprintf("%s reports bytes %v of %d", d.Rule.Name, d.Span, len(src)))
		}
	}
	after, mended := res.FixAll(analysis.Unsafe, nil)
	if len(mended) == 0 {
		return problems
	}
	again := judged(unitOf(path, after, tree))
	for _, d := range again.Diagnostics {
		if d.Fixable(analysis.Unsafe) {
			problems = append(problems,
				fmt.Sprintf("one pass does not converge: %s still has a fix on line %d", d.Rule.Name, d.Place.Line))
		}
	}
	twice, _ := again.FixAll(analysis.Unsafe, nil)
	if !bytes.Equal(after, twice) {
		problems = append(problems, "fixing twice differs from fixing once")
	}
	return problems
}

func unitOf(path string, src []byte, tree *buildcontext.Tree) analysis.Unit {
	u := ruleset.Unit(config.Repo{}, rules.All, path, src)
	u.Tree, u.Today = tree, today
	return u
}

// imagined is a tree in which every file exists that the Dockerfile copies, and beside it the
// manifests of every ecosystem with nothing special in them, so that fixes which need a tree are
// tried on files that come without one.
func imagined(path string, src []byte) *buildcontext.Tree {
	tree := &buildcontext.Tree{Contents: map[string][]byte{}}
	dir := filepath.ToSlash(filepath.Dir(path))
	add := func(name, content string) {
		p := strings.TrimPrefix(filepath.ToSlash(filepath.Join(dir, name)), "./")
		if _, ok := tree.Contents[p]; !ok {
			tree.Contents[p] = []byte(content)
			tree.Paths = append(tree.Paths, p)
		}
	}
	f, err := dockerfile.Parse(path, src)
	if err != nil {
		return tree
	}
	folders := map[string]bool{".": true}
	for _, in := range f.Instructions() {
		for _, s := range buildcontext.Sources(in) {
			if !s.Local || !s.Path.Known || strings.ContainsAny(s.Path.Text, "*?[") {
				continue
			}
			name := filepath.ToSlash(filepath.Clean("/" + s.Path.Text))[1:]
			if filepath.Ext(name) != "" || strings.HasSuffix(strings.ToLower(name), "file") {
				add(name, "{}\n")
			} else {
				folders[name] = true
			}
		}
	}
	for folder := range folders {
		for name, content := range map[string]string{
			"requirements.txt": "flask\n", "package.json": "{}", "package-lock.json": "{}", "yarn.lock": "",
			"pnpm-lock.yaml": "", "go.mod": "module x\n", "go.sum": "x\n", "main.go": "package main\n", "main.py": "",
			"index.js": "", "pyproject.toml": "[project]\nname = \"x\"\n", "uv.lock": "", "poetry.lock": "",
			"pdm.lock": "", "Pipfile": "", "Pipfile.lock": "{}", "bun.lock": "{}", "Cargo.toml": "[package]\n",
			"Cargo.lock": "", "pom.xml": "<project/>", "build.gradle": "", "x.csproj": "<Project/>",
			"composer.json": "{}", "composer.lock": "{}", "Gemfile": "", "Gemfile.lock": "", "mix.exs": "",
			"mix.lock": "",
		} {
			add(folder+"/"+name, content)
		}
	}
	return tree
}

// TestFixtures runs the oracles over Dockerfiles on which another tool's fixes are known to break;
// DFBOT_FIXTURES names their folder.
func TestFixtures(t *testing.T) {
	all := fixtures()
	if len(all) == 0 {
		t.Skip("DFBOT_FIXTURES names no folder with *.Dockerfile")
	}
	for _, p := range all {
		src, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		var sum tally
		for _, problem := range oracle(filepath.Base(p), src, imagined("Dockerfile", src), &sum) {
			t.Errorf("%s: %s", filepath.Base(p), problem)
		}
	}
}

// fixtures lists the Dockerfiles in the folder that DFBOT_FIXTURES names.
func fixtures() []string {
	all, _ := filepath.Glob(filepath.Join(os.Getenv("DFBOT_FIXTURES"), "*.Dockerfile"))
	return all
}

// FuzzRules mutates Dockerfiles and holds the rules to the same oracles.
func FuzzRules(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 16*1024 {
			t.Skip("long files add time, not paths")
		}
		var sum tally
		for _, problem := range oracle("Dockerfile", src, imagined("Dockerfile", src), &sum) {
			t.Error(problem)
		}
	})
}

// seed adds the rules' own examples, the fixtures and the corpus, as far as they are there.
func seed(f *testing.F) {
	pages, _ := filepath.Glob("*.txtar")
	for _, p := range pages {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range bytes.Split(data, []byte("\n-- ")) {
			if head, body, ok := bytes.Cut(part, []byte("Dockerfile --\n")); ok && len(head) < 80 {
				f.Add(unescape(body))
			}
		}
	}
	real, _ := filepath.Glob(filepath.Join(os.Getenv("DFBOT_CORPUS"), "dockerfiles", "*"))
	for _, p := range append(fixtures(), real...) {
		if src, err := os.ReadFile(p); err == nil {
			f.Add(src)
		}
	}
}
