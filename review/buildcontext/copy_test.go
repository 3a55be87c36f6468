package buildcontext_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestCopyBringsWhatItPlaces: the two answers agree for each file, each source and each destination.
func TestCopyBringsWhatItPlaces(t *testing.T) {
	tree := &buildcontext.Tree{
		Paths: []string{"Dockerfile", "a/b/c.txt", "a/b/x.json", "a/x.json", "b/x.json", "secret/x.json", "x.json",
			"y.json", ".dockerignore"},
		Contents: map[string][]byte{".dockerignore": []byte("secret\n")},
	}
	for _, sources := range []string{".", "a", "a/b", "a/", "x.json", "x.json y.json", "*.json", "a*", "*/x.json",
		"*/b", "a b", "[ab]", "secret", "a/../x.json", "$X a"} {
		for _, dest := range []string{".", "/app", "/app/", "/", "sub/", "x.json", "./x.json", "$X", "$X/"} {
			src := "FROM a\nWORKDIR /app\nARG X\nCOPY " + sources + " " + dest + "\n"
			f, err := dockerfile.Parse("Dockerfile", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			ctx := buildcontext.New(tree, f)
			in := f.Instructions()[3]
			c := ctx.Copy(in)
			var placed []string
			for _, file := range tree.Paths {
				if at, ok := c.Place(file); ok && at != "" && ctx.Has(file) && !slices.Contains(placed, at) {
					placed = append(placed, at)
					from, brings := c.Brings(at)
					if there, _ := c.Place(from); !brings || there != at || !ctx.Has(from) {
						t.Errorf("COPY %s %s puts %s at %s, and brings there %q", sources, dest, file, at, from)
					}
				}
			}
			for _, file := range tree.Paths {
				for _, dir := range []string{"/app", "/", "/app/sub", "/app/a", "?X", "/app/b"} {
					at := dockerfile.Join(dir, file)
					if from, ok := c.Brings(at); ok != slices.Contains(placed, at) {
						t.Errorf("COPY %s %s: %s there %v (%q), but these are placed: %q", sources, dest, at, ok, from,
							placed)
					}
				}
			}
		}
	}
}

// TestBrought: of several COPYs that bring the same file the last before the RUN counts.
func TestBrought(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"Dockerfile", "a/x", "b/x", "c/x"}}
	f, err := dockerfile.Parse("Dockerfile",
		[]byte("FROM a AS s\nRUN 0\nCOPY a /d\nRUN 1\nFROM s\nRUN 2\nCOPY b /d\nCOPY b /e\nRUN 3\nCOPY c /d\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := buildcontext.New(tree, f)
	var got []string
	for _, in := range f.Instructions() {
		if in.Name == "RUN" {
			at, ok := ctx.Brought(in, "/d/x")
			got = append(got, fmt.Sprint(at, " ", ok))
		}
	}
	if want := []string{" false", "a/x true", "a/x true", "b/x true"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWhereAsksOnce: each file is looked at once for a question, however many COPYs and rules ask it.
func TestWhereAsksOnce(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"Dockerfile"}}
	for i := range 1000 {
		tree.Paths = append(tree.Paths, fmt.Sprintf("src/%03d.go", i))
	}
	ctx := contextOf(t, "Dockerfile", "FROM a\n", tree)
	looked := 0
	test := func(f string) bool { looked++; return strings.HasSuffix(f, "7.go") }
	for _, source := range []string{".", "./", "src", ".", "s*", "src/", "."} {
		if got := ctx.Where(source, "sevens", 200, test); len(got) != 100 || got[0] != "src/007.go" {
			t.Errorf("%s: %d files, the first %s", source, len(got), got[0])
		}
	}
	if looked > 3*1001 {
		t.Errorf("looked at a file %d times for three sources", looked)
	}
	looked = 0
	for range 10 {
		if got := ctx.Anywhere("src", "sevens", test); len(got) != 100 || looked != 1001 {
			t.Errorf("%d files, after %d looks", len(got), looked)
		}
	}
	if got := ctx.Where("src", "first", 1, test); len(got) != 1 {
		t.Errorf("%d files where one is asked for", len(got))
	}
}
