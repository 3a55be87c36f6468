//go:build linux

package pairs

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/ruleset"
)

// testCase is a small repository with a Dockerfile.
type testCase struct {
	name    string
	files   []txtar.File
	context string // the folder that is built, from the root of the repository
	file    string // the Dockerfile, from the context
}

// cases are those of this package, the builds that fixes once broke, and the examples on the pages of the rules that
// have a fix.
func cases(t *testing.T) (all []testCase) {
	t.Helper()
	for _, name := range glob(t, "testdata/*.txtar") {
		all = append(all, examples(name, read(t, name), "", "")...)
	}
	for _, name := range glob(t, root+"/review/rules/testdata/fixes/*.txtar") {
		all = append(all, newCase("case/"+base(name), read(t, name).Files))
	}
	for _, name := range glob(t, root+"/review/rules/*.txtar") {
		ar := read(t, name)
		all = append(all, slices.DeleteFunc(examples(name, ar, "bad/", "page/"), func(c testCase) bool {
			_, example, _ := strings.Cut(c.name, "/page/")
			return !slices.ContainsFunc(ar.Files, func(f txtar.File) bool { return f.Name == "bad/"+example+"/fixed" })
		})...)
	}
	return all
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

func read(t *testing.T, name string) *txtar.Archive {
	t.Helper()
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return ar
}

// base is the name of a file without its folder and its ending.
func base(name string) string { return strings.TrimSuffix(filepath.Base(name), ".txtar") }

// examples are the cases in an archive that has a folder for each, below the folder within. Of those on a rule's page,
// the results are left out, and what they say of the branch before the pull request.
func examples(name string, ar *txtar.Archive, within, called string) (all []testCase) {
	files, names := map[string][]txtar.File{}, []string{}
	for _, f := range ar.Files {
		rest, ok := strings.CutPrefix(f.Name, within)
		example, p, _ := strings.Cut(rest, "/")
		if !ok || slices.Contains([]string{"want", "fixed", "options.json"}, p) || strings.HasPrefix(p, "before/") {
			continue
		}
		if files[example] == nil {
			names = append(names, example)
		}
		files[example] = append(files[example], txtar.File{Name: p, Data: f.Data})
	}
	for _, example := range names {
		all = append(all, newCase(base(name)+"/"+called+example, files[example]))
	}
	return all
}

// newCase finds the Dockerfile and its context, as a file of the case defines the build.
func newCase(name string, files []txtar.File) testCase {
	c := testCase{name: name, files: files}
	tree := &buildcontext.Tree{Contents: map[string][]byte{}}
	for _, f := range files {
		p, _, _ := strings.Cut(f.Name, ":")
		tree.Paths, tree.Contents[p] = append(tree.Paths, p), f.Data
		if path.Base(p) == "Dockerfile" {
			c.context, c.file = path.Split(p)
		}
	}
	for _, b := range ruleset.State(nil, tree, config.Repo{}, "") {
		if b.Dockerfile != path.Join(c.context, c.file) || b.Elsewhere {
			continue
		}
		if rel, err := filepath.Rel(filepath.Join("/", b.Context), filepath.Join("/", b.Dockerfile)); err == nil {
			c.context, c.file = b.Context, rel
		}
	}
	return c
}

// lay writes the case into the folder, and returns it. The name of a file may end in ":100755" for its mode, ":120000"
// for a link, ":20MB" for its size, and ":crlf" for the ends of its lines; a Dockerfile writes \r as ␍, and a missing
// final newline as ␄.
func (c testCase) lay(t *testing.T, dir string) string {
	t.Helper()
	for _, f := range c.files {
		p, special, _ := strings.Cut(f.Name, ":")
		data, mode := unescaped(f.Data), os.FileMode(0o644)
		if special == "100755" {
			mode = 0o755
		}
		if special == "crlf" {
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		}
		p = filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if special == "120000" {
			err = os.Symlink(strings.TrimSpace(string(data)), p)
		} else {
			err = os.WriteFile(p, data, mode)
		}
		if n, large := strings.CutSuffix(special, "MB"); large && err == nil {
			size, _ := strconv.ParseInt(n, 10, 64)
			err = os.Truncate(p, size<<20)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func unescaped(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("␍"), []byte("\r"))
	if cut, ok := bytes.CutSuffix(b, []byte("␄\n")); ok {
		return cut
	}
	return b
}

// diff is what the fixes made of the Dockerfile in the folder.
func (c testCase) diff(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(c.context, c.file)
	before, err := os.ReadFile(filepath.Join(c.lay(t, t.TempDir()), name))
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return udiff.Unified("before", "after", string(before), string(after))
}
