package buildcontext_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/work"
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
	tree := &buildcontext.Tree{Paths: []string{"go.mod", "docker/app/Dockerfile", "docker/app/run.sh",
		"docker/nginx.conf", "src/main.go"}}
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
		{"FROM a\nARG X\nCOPY $X /\nCOPY --from=b nowhere /\nADD https://example.com/x /\nCOPY <<E /x\nE\n",
			"docker/app", true},
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
		Paths: []string{"a/b/c.txt", "a/b.txt", "a/bc/d.txt", "x.md", "README.md", "secret/key", ".dockerignore",
			"Dockerfile"},
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
	for path, want := range map[string]bool{"a/b.txt": true, "a/b": false, "x.md": false, "README.md": true,
		"secret/key": false} {
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
	if ctx.Known() || ctx.Has("a") || ctx.Match(".") != nil ||
		len(ctx.Anywhere(".", "all", func(string) bool { return true })) != 0 {
		t.Error("it knows something")
	}
	if _, ok := ctx.Read("a"); ok {
		t.Error("it reads something")
	}
}

// TestGuess: where a source is missing, the folder that has most of the others is the best guess.
func TestGuess(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"go.mod", "docker/Dockerfile", "docker/run.sh", "src/main.go",
		"src/x/y.go"}}
	for _, c := range []struct{ src, dir string }{
		{"FROM a\nCOPY run.sh gone /\n", "docker"},
		{"FROM a\nCOPY go.mod gone src /\n", ""},
		{"FROM a\nCOPY gone /\n", "docker"},
	} {
		ctx := contextOf(t, "docker/Dockerfile", c.src, tree)
		if guess := ctx.Guess(); ctx.Known() || guess == nil || guess.Dir != c.dir {
			t.Errorf("%q: known %v, guess %v; want %q", c.src, ctx.Known(), guess, c.dir)
		}
	}
	known := contextOf(t, "docker/Dockerfile", "FROM a\nCOPY go.mod src /\n", tree)
	if known.Guess() != known {
		t.Error("the guess of a known context is another one")
	}
	if buildcontext.Unknown().Guess() != nil {
		t.Error("a guess without a tree")
	}
	if got := known.Names("./"); !slices.Equal(got, []string{"docker", "go.mod", "src"}) {
		t.Errorf("names at the root: %q", got)
	}
	if got := known.Names("src"); !slices.Equal(got, []string{"main.go", "x"}) {
		t.Errorf("names in src: %q", got)
	}
	if !known.Folder("src/") || known.Folder("go.mod") || known.Folder("sr") || !known.Exists("go.mod") ||
		known.Exists("go") {
		t.Error("folders and files are mixed up")
	}
}

// TestHistory: only the root of a clone has .git.
func TestHistory(t *testing.T) {
	paths := []string{"Dockerfile", "sub/Dockerfile"}
	for _, c := range []struct {
		path  string
		clone bool
		want  bool
	}{{"Dockerfile", true, true}, {"Dockerfile", false, false}, {"sub/Dockerfile", true, false}} {
		ctx := contextOf(t, c.path, "FROM a\nCOPY . /\n", &buildcontext.Tree{Paths: paths, NoClone: !c.clone})
		if ctx.History() != c.want {
			t.Errorf("%+v: %v", c, ctx.History())
		}
	}
	if buildcontext.Unknown().History() {
		t.Error("history of nothing")
	}
}

// TestIgnoreFile: the Dockerfile's own comes first; one that was not read is known to be there.
func TestIgnoreFile(t *testing.T) {
	for _, c := range []struct {
		paths []string
		read  []string
		want  string
		known bool
	}{
		{[]string{"a/Dockerfile"}, nil, "", false},
		{[]string{"a/Dockerfile", "a/.dockerignore"}, []string{"a/.dockerignore"}, "a/.dockerignore", true},
		{[]string{"a/Dockerfile", "a/.dockerignore", "a/Dockerfile.dockerignore"},
			[]string{"a/.dockerignore", "a/Dockerfile.dockerignore"}, "a/Dockerfile.dockerignore", true},
		{[]string{"a/Dockerfile", "a/.dockerignore"}, nil, "a/.dockerignore", false},
		{[]string{"a/Dockerfile", ".dockerignore"}, []string{".dockerignore"}, "", false},
	} {
		tree := &buildcontext.Tree{Paths: c.paths, Contents: map[string][]byte{}}
		for _, p := range c.read {
			tree.Contents[p] = []byte("x\n")
		}
		ctx := contextOf(t, "a/Dockerfile", "FROM a\nCOPY . /\n", tree)
		if ctx.IgnoreFile() != c.want || ctx.IgnoreFileRead() != c.known {
			t.Errorf("%q: %q, read %v; want %q, %v", c.paths, ctx.IgnoreFile(), ctx.IgnoreFileRead(), c.want, c.known)
		}
	}
}

// TestIgnoreFileTooLong: patterns and paths both come from the pull request, and their product is time. A context
// that would cost too much is unknown, quickly, and says why.
func TestIgnoreFileTooLong(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it reads megabytes")
	}
	var paths []string
	for i := range 100_000 {
		paths = append(paths, fmt.Sprintf("dir%d/sub%d/file%d.txt", i%100, i%1000, i))
	}
	for _, c := range []struct {
		patterns int
		pattern  string
		known    bool
	}{
		{20, "**/a*/b%d\n", true},
		{900, "**/a*/b%d\n", true},
		{900, "x%d\n", true},
		{1001, "x%d\n", false},
		{1, strings.Repeat("**/", 1000) + "b%d\n", false},
		{1, strings.Repeat("*a", 1000) + "b%d\n", false},
		{1, strings.Repeat("x/", 1000) + "b%d\n", false},
		{1, strings.Repeat("[a.b]", 100) + "b%d\n", false},
		{1, "a{999}*%d\n", false},
		{999, "**/*i*l*e*x%d\n", false},
	} {
		ignore := ""
		for i := range c.patterns {
			ignore += fmt.Sprintf(c.pattern, i)
		}
		tree := &buildcontext.Tree{Paths: append(paths, "Dockerfile", ".dockerignore"),
			Contents: map[string][]byte{".dockerignore": []byte(ignore)}}
		ctx := contextOf(t, "Dockerfile", "FROM a\nCOPY . /\n", tree)
		if ctx.Known() != c.known || ctx.IgnoreFileRead() != c.known || ctx.IgnoreFile() != ".dockerignore" {
			t.Errorf("%d of %.20q: known %v, ignore file %q read %v", c.patterns, c.pattern, ctx.Known(),
				ctx.IgnoreFile(), ctx.IgnoreFileRead())
		}
		if limited := ctx.Limit() == buildcontext.IgnoreLimit; limited == c.known {
			t.Errorf("%d of %.20q: limited %v", c.patterns, c.pattern, limited)
		}
	}
	tree := &buildcontext.Tree{Paths: append(paths, "x/Dockerfile", "y/Dockerfile"), Contents: map[string][]byte{}}
	for _, dir := range []string{"x", "y"} {
		tree.Contents[dir+"/Dockerfile.dockerignore"] = []byte(strings.Repeat("**/*i*l*e*x\n", 75))
	}
	first, second := contextOf(t, "x/Dockerfile", "FROM a\nCOPY dir1 /\n", tree),
		contextOf(t, "y/Dockerfile", "FROM a\nCOPY dir1 /\n", tree)
	if !first.Known() || second.Known() {
		t.Errorf("first known %v, second %v: the bound is the tree's", first.Known(), second.Known())
	}
}

// TestIgnoreFileIsCharged: what an ignore file costs is charged to the first Dockerfile of the tree that asks, and to
// no other.
func TestIgnoreFileIsCharged(t *testing.T) {
	tree := &buildcontext.Tree{Contents: map[string][]byte{".dockerignore": []byte(strings.Repeat("**/*i*l*e*x\n",
		100))}}
	for i := range 2_000 {
		tree.Paths = append(tree.Paths, fmt.Sprintf("dir%d/file%d", i/10, i))
	}
	charged := func() int {
		f, err := dockerfile.Parse("Dockerfile", []byte("FROM a\nCOPY . .\n"))
		if err != nil {
			t.Fatal(err)
		}
		f.Work = work.New(context.Background(), 1<<40)
		if !buildcontext.New(tree, f).Known() {
			t.Fatal("the context is not known")
		}
		return f.Work.Used()
	}
	first, second := charged(), charged()
	if first < 2_000*100 || second > first/100 {
		t.Errorf("the first is charged with %d units, the second with %d", first, second)
	}
}

// TestMatchIsChargedOnce: what a COPY with wildcards takes is worked out once, and charged by the length of the
// pattern.
func TestMatchIsChargedOnce(t *testing.T) {
	tree := &buildcontext.Tree{}
	for i := range 2_000 {
		tree.Paths = append(tree.Paths, fmt.Sprintf("dir%d/file%d", i/10, i))
	}
	charged := func(times int, source string) int {
		ctx := contextOf(t, "Dockerfile", "FROM a\n", tree)
		budget := work.New(context.Background(), 1<<40)
		ctx.SetWork(budget)
		for range times {
			ctx.Match(source)
		}
		return budget.Used()
	}
	once := charged(1, "d*/f*x")
	if again := charged(100, "d*/f*x"); once == 0 || again != once {
		t.Errorf("asked once %d units, a hundred times %d", once, again)
	}
	short, long := charged(1, "*["+strings.Repeat("b", 100)+"]x"), charged(1, "*["+strings.Repeat("b", 10_000)+"]x")
	if long < 50*short {
		t.Errorf("a pattern of 100 bytes costs %d units, one of 10,000 only %d", short, long)
	}
	folders, files := charged(1, "d*"), charged(1, "d*/f*")
	if folders >= files {
		t.Errorf("%d units to look at the folders, %d to look at the files: each folder is looked at once", folders,
			files)
	}
}

// TestDeepAndManySources: the folders above the Dockerfile are tried for all sources, which both come from the pull
// request.
func TestDeepAndManySources(t *testing.T) {
	deep := strings.Repeat("d/", 400) + "Dockerfile"
	tree := &buildcontext.Tree{Paths: []string{deep}}
	src := "FROM a\n"
	for i := range 1000 {
		src += fmt.Sprintf("COPY a%d /\n", i)
	}
	if ctx := contextOf(t, deep, src, tree); ctx.Known() || ctx.Limit() != buildcontext.SourcesLimit {
		t.Errorf("known %v, limit %v", ctx.Known(), ctx.Limit())
	}
	if ctx := contextOf(t, deep, "FROM a\n"+strings.Repeat("COPY a /\n", 1000),
		tree); ctx.Limit() != buildcontext.NoLimit {
		t.Error("the same source a thousand times counts once")
	}
}
