package ruleset_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/ruleset"
)

func TestUnit(t *testing.T) {
	loud := &analysis.Rule{Name: "loud", Severity: analysis.Warning}
	quiet := &analysis.Rule{Name: "quiet", Severity: analysis.Notice}
	repo := config.Repo{
		Rules: map[string]config.Rule{
			"loud":  {Severity: new(analysis.Off)},
			"quiet": {Options: map[string]any{"strict": true}},
		},
		Codes:          map[string]analysis.Severity{"SC2086": analysis.Error},
		Files:          config.Files{Frontends: []string{"registry.test/dockerfile"}},
		IgnoreComments: new(false),
	}
	u := ruleset.Unit(repo, []*analysis.Rule{loud, quiet, analysis.DoesNotParse}, "a/Dockerfile", []byte("FROM x\n"))
	var got []string
	for _, a := range u.Rules {
		got = append(got, fmt.Sprint(a.Rule.Name, " ", a.Severity, " ", a.Options["strict"]))
	}
	if want := []string{"loud off <nil>", "quiet notice true", "does-not-parse error <nil>"}; !slices.Equal(got, want) {
		t.Errorf("rules %q, want %q", got, want)
	}
	if u.Path != "a/Dockerfile" || string(u.Src) != "FROM x\n" || u.Overlaps == nil || !u.NoIgnoreComments ||
		u.Codes["SC2086"] != analysis.Error || !slices.Equal(u.Frontends, repo.Files.Frontends) {
		t.Errorf("unit %+v", u)
	}
}

// tree is a repository in which the size of a file is in its first folder: 300k/a has 300 KiB.
func tree(paths ...string) *ruleset.Tree {
	slices.Sort(paths)
	return &ruleset.Tree{Paths: paths, Blob: func(path string) (string, int) {
		var size int
		if _, err := fmt.Sscanf(path, "%dk/", &size); err != nil {
			return path, 1
		}
		return path, size << 10
	}}
}

// repeated is n paths, made of a format with one number.
func repeated(n int, format string) (paths []string) {
	for i := range n {
		paths = append(paths, fmt.Sprintf(format, i))
	}
	return paths
}

func TestFiles(t *testing.T) {
	deep := "Dockerfile"
	var above []string
	for range 210 {
		above, deep = append(above, strings.TrimSuffix(deep, "Dockerfile")+".dockerignore"), "d/"+deep
	}
	for _, c := range []struct {
		name        string
		tree        *ruleset.Tree
		dockerfiles []string
		want        int
		gap         string
	}{
		{"no Dockerfile", tree("package.json", ".dockerignore"), nil, 0, ""},
		{"one of each", tree("package.json", ".dockerignore", "app.go"), []string{"Dockerfile"}, 2, ""},
		{"a manifest that is too large", tree("64k/package.json", "65k/package.json"), []string{"Dockerfile"}, 1, ""},
		{"40 manifests for a Dockerfile", tree(repeated(50, "d%02d/package.json")...), []string{"Dockerfile"}, 40, ""},
		{"80 manifests for two", tree(repeated(90, "d%02d/package.json")...), []string{"Dockerfile", "b/Dockerfile"},
			80, ""},
		{"16 MiB of manifests", tree(repeated(400, "64k/d%03d/package.json")...), repeated(20, "64k/d%03d/Dockerfile"),
			256, ""},
		{"1000 manifests at most", tree(repeated(1100, "d%04d/package.json")...), repeated(99, "d%04d/Dockerfile"),
			1000, ""},
		{"scripts that are started, and one that may build", tree("docker/entrypoint.sh",
			"start.sh", "17k/run.sh", "build.sh",
			"starting.md", "Entrypoint"), []string{"Dockerfile"}, 4, ""},
		{"5 scripts for a Dockerfile", tree(repeated(9, "d%d/entrypoint")...), []string{"Dockerfile"}, 5, ""},
		{"200 ignore files above one", tree(above...), []string{deep}, 200, "at most 200 ignore files"},
		{"8 MiB of ignore files", tree(repeated(40, "256k/d%02d/.dockerignore")...),
			repeated(40, "256k/d%02d/Dockerfile"),
			32, "8 MiB of them"},
		{"definitions", tree("compose.yaml", ".env", "b/.env", ".github/workflows/ci.yml", "build.sh", "17k/build.sh",
			"65k/compose.yaml"), []string{"Dockerfile"}, 5, ""},
		{"8 ignore files elsewhere", tree(repeated(20, "d%02d/.dockerignore")...), []string{"Dockerfile"}, 8, ""},
		{"24 definitions", tree(repeated(30, "d%02d/compose.yaml")...), []string{"Dockerfile"}, 24, ""},
		{"8 scripts besides", tree(append(repeated(30, "d%02d/a.sh"), repeated(30, "d%02d/compose.yaml")...)...),
			[]string{"Dockerfile"}, 32, ""},
		{"1 MiB of definitions", tree(repeated(20, "60k/d%02d/compose.yaml")...), []string{"Dockerfile"}, 17, ""},
		{"one for each of many", tree(repeated(300, "d%03d/.dockerignore")...), repeated(300, "d%03d/Dockerfile"), 300,
			""},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, gap := c.tree.Files(c.dockerfiles)
			if len(files) != c.want || !strings.Contains(gap, c.gap) || (gap == "") != (c.gap == "") {
				t.Errorf("%d files, gap %q; want %d, %q", len(files), gap, c.want, c.gap)
			}
		})
	}
}

// TestIgnoreFilesLikeliestFirst: a Dockerfile's own ignore file comes first, then that of its folder and of the root.
func TestIgnoreFilesLikeliestFirst(t *testing.T) {
	tr := tree(".dockerignore", "a/.dockerignore", "a/b/.dockerignore", "a/b/c/.dockerignore",
		"a/b/c/Dockerfile.dockerignore", "x/.dockerignore")
	files, _ := tr.Files([]string{"a/b/c/Dockerfile", "x/Dockerfile"})
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
	}
	want := []string{"a/b/c/Dockerfile.dockerignore", "x/.dockerignore", "a/b/c/.dockerignore", ".dockerignore",
		"a/b/.dockerignore", "a/.dockerignore"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestDefinitionsLikeliestFirst: a compose file comes before a workflow, one that is about images before another, and
// the nearer of two first.
func TestDefinitionsLikeliestFirst(t *testing.T) {
	want := []string{"a/compose.yaml", "x/compose.yaml", ".github/workflows/docker.yml", "Makefile",
		"ci/build-image.sh", "ci/lint.sh", ".github/workflows/lint.yml"}
	files, _ := tree(slices.Clone(want)...).Files([]string{"a/Dockerfile"})
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestState: the configuration comes before what the files say; a Dockerfile that no build names has no context.
func TestState(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"a/Dockerfile", "b/Dockerfile", "c/Dockerfile", "compose.yaml"},
		Contents: map[string][]byte{"compose.yaml": []byte("services:\n  a: {build: a}\n  b: {build: b}\n" +
			"  b2: {build: {context: ., dockerfile: b/Dockerfile}}\n")}}
	repo := config.Repo{Builds: []config.Build{{Dockerfile: "a/Dockerfile", Line: 3}}}
	if found := ruleset.State(nil, tree, repo, ".dfbot.yml"); len(found) != 4 || found[0].Origin.Line != 3 {
		t.Errorf("%+v", found)
	}
	if got := fmt.Sprint(tree.Stated); got != "map[a/Dockerfile:[] b/Dockerfile:[b ]]" {
		t.Error(got)
	}
}
