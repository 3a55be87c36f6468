package buildcontext_test

import (
	"slices"
	"testing"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

func contextOf(t *testing.T, path, src string, tree *buildcontext.Tree) *buildcontext.Context {
	t.Helper()
	f, err := dockerfile.Parse(path, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return buildcontext.New(tree, f)
}

// TestWhereTheContextStarts: at the Dockerfile's folder, or at the nearest above it from which
// every named source can be found.
func TestWhereTheContextStarts(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"go.mod", "docker/app/Dockerfile", "docker/app/run.sh", "docker/nginx.conf", "src/main.go"}}
	for _, c := range []struct {
		src   string
		dir   string
		known bool
	}{
		{"FROM a\nCOPY run.sh /\n", "docker/app", true},
		{"FROM a\nCOPY nginx.conf /\n", "docker", true},
		{"FROM a\nCOPY app/run.sh nginx.conf /\n", "docker", true},
		{"FROM a\nCOPY go.mod /\nCOPY src /src\n", "", true},
		{"FROM a\nCOPY . /\n", "docker/app", true},
		{"FROM a\nCOPY nowhere /\n", "", false},
		{"FROM a\nARG X\nCOPY $X /\nCOPY --from=b nowhere /\nADD https://example.com/x /\nCOPY <<E /x\nE\n", "docker/app", true},
	} {
		ctx := contextOf(t, "docker/app/Dockerfile", c.src, tree)
		if ctx.Known() != c.known || ctx.Dir != c.dir {
			t.Errorf("%q: %q, known %v; want %q, %v", c.src, ctx.Dir, ctx.Known(), c.dir, c.known)
		}
	}
	partial := &buildcontext.Tree{Paths: tree.Paths, Partial: true}
	if contextOf(t, "docker/app/Dockerfile", "FROM a\nCOPY run.sh /\n", partial).Known() {
		t.Error("known, though paths are missing")
	}
}

func TestMatch(t *testing.T) {
	tree := &buildcontext.Tree{
		Paths: []string{"a/b/c.txt", "a/b.txt", "a/bc/d.txt", "x.md", "README.md", "secret/key", ".dockerignore", "Dockerfile"},
		Contents: map[string][]byte{
			".dockerignore": []byte("*.md\n!README.md\nsecret\n"),
		},
	}
	ctx := contextOf(t, "Dockerfile", "FROM a\n", tree)
	for source, want := range map[string][]string{
		"a":           {"a/b.txt", "a/b/c.txt", "a/bc/d.txt"},
		"./a/":        {"a/b.txt", "a/b/c.txt", "a/bc/d.txt"},
		"a/b":         {"a/b/c.txt"},
		"a/b.txt":     {"a/b.txt"},
		"a/b*":        {"a/b.txt", "a/b/c.txt", "a/bc/d.txt"},
		"*/b":         {"a/b/c.txt"},
		"*.md":        {"README.md"},
		"x.md":        nil,
		"secret":      nil,
		"../../a/b":   {"a/b/c.txt"}, // a source cannot leave the context
		"nowhere":     nil,
		"[":           nil,
		"README.md":   {"README.md"},
		"/README.md":  {"README.md"},
		"Dockerfile*": {"Dockerfile"},
	} {
		if got := ctx.Match(source); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
	if got := ctx.Match("."); len(got) != 6 {
		t.Errorf("the whole context has %q", got)
	}
	for path, want := range map[string]bool{"a/b.txt": true, "a/b": false, "x.md": false, "README.md": true, "secret/key": false} {
		if ctx.Has(path) != want {
			t.Errorf("Has(%s) is %v", path, !want)
		}
	}
}

// TestIgnoreFileOfTheDockerfile: Dockerfile.dockerignore goes before .dockerignore.
func TestIgnoreFileOfTheDockerfile(t *testing.T) {
	tree := &buildcontext.Tree{
		Paths:    []string{"a", "b", "d/x.Dockerfile"},
		Contents: map[string][]byte{".dockerignore": []byte("a\n"), "d/x.Dockerfile.dockerignore": []byte("b\n")},
	}
	ctx := contextOf(t, "d/x.Dockerfile", "FROM x\nCOPY a b /\n", tree)
	if !ctx.Has("a") || ctx.Has("b") {
		t.Errorf("a %v, b %v; want a only", ctx.Has("a"), ctx.Has("b"))
	}
	want := []string{"d/x.Dockerfile.dockerignore", "d/.dockerignore", ".dockerignore"}
	if got := buildcontext.IgnoreFiles("d/x.Dockerfile"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUnknownContextKnowsNothing(t *testing.T) {
	ctx := buildcontext.Unknown()
	if ctx.Known() || ctx.Has("a") || ctx.Match(".") != nil || len(ctx.Files()) != 0 {
		t.Error("it knows something")
	}
	if _, ok := ctx.Read("a"); ok {
		t.Error("it reads something")
	}
}
