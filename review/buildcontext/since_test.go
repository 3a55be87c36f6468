package buildcontext_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestSince: a change that takes away what a COPY names does not move the context, unless the Dockerfile itself now
// names files elsewhere.
func TestSince(t *testing.T) {
	base := []string{"go.mod", "nginx.conf", "docker/Dockerfile", "docker/nginx.conf", "docker/site/a.html"}
	const nginx = "FROM a\nCOPY nginx.conf /\n"
	for _, c := range []struct {
		name     string
		was, now string   // the Dockerfile
		without  []string // what the change takes away
		moved    string   // where the Dockerfile is now
		dir      string
		known    bool
	}{
		{"nothing", nginx, nginx, nil, "", "docker", true},
		{"a namesake elsewhere", nginx, nginx, []string{"docker/nginx.conf"}, "", "docker", true},
		{"all", nginx, nginx, []string{"docker/nginx.conf", "nginx.conf"}, "", "docker", true},
		{"a line more", nginx, nginx + "COPY site /\n", []string{"docker/nginx.conf"}, "", "docker", true},
		{"other places", nginx, "FROM a\nCOPY go.mod docker/nginx.conf /\n", nil, "", "", true},
		{"a line about a thing unknown", nginx, nginx + "COPY dist /\n", []string{"docker/nginx.conf"}, "", "", false},
		{"unknown before", "FROM a\nCOPY dist /\n", nginx, nil, "", "docker", true},
		{"the Dockerfile, to another folder", nginx, nginx, []string{"docker/nginx.conf"}, "Dockerfile", "", true},
		{"a larger context", "FROM a\nCOPY go.mod docker/site /\n", "FROM a\nCOPY go.mod docker/site /\n",
			[]string{"docker/site/a.html"}, "build/Dockerfile", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := &buildcontext.Tree{Paths: base}
			after := &buildcontext.Tree{Paths: slices.DeleteFunc(slices.Clone(base),
				func(p string) bool { return slices.Contains(c.without, p) })}
			parse := func(path, src string) *dockerfile.File {
				f, err := dockerfile.Parse(path, []byte(src))
				if err != nil {
					t.Fatal(err)
				}
				return f
			}
			path := "docker/Dockerfile"
			if c.moved != "" {
				path = c.moved
			}
			old, now := buildcontext.Since(before, after, parse("docker/Dockerfile", c.was), parse(path, c.now))
			if now.Known() != c.known || now.Dir != c.dir {
				t.Errorf("now %q, known %v; want %q, %v", now.Dir, now.Known(), c.dir, c.known)
			}
			if now.Known() && old.Known() && old.Dir == now.Dir && slices.ContainsFunc(c.without, now.Has) {
				t.Error("it has what was taken away")
			}
		})
	}
	partial := &buildcontext.Tree{Paths: base, Partial: true}
	f, _ := dockerfile.Parse("docker/Dockerfile", []byte(nginx))
	if _, now := buildcontext.Since(&buildcontext.Tree{Paths: base}, partial, f, f); now.Known() {
		t.Error("known, though paths are missing")
	}
}

func TestStat(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"api/run.sh"}, Stat: func(string) (buildcontext.Mode, int) {
		return buildcontext.ModeOf("100755"), 12
	}}
	ctx := contextOf(t, "api/Dockerfile", "FROM a\nCOPY run.sh /\n", tree)
	if mode, size := ctx.Stat("./run.sh"); mode != buildcontext.Executable || size != 12 {
		t.Errorf("mode %d, %d bytes", mode, size)
	}
	if mode, size := ctx.Stat("gone.sh"); mode != buildcontext.UnknownMode || size != 0 {
		t.Errorf("of a file that is not there: mode %d, %d bytes", mode, size)
	}
	if mode, _ := buildcontext.Unknown().Stat("run.sh"); mode != buildcontext.UnknownMode {
		t.Errorf("of an unknown context: mode %d", mode)
	}
}

// TestIgnoredBy finds the last line of the ignore file that hides a file on its own.
func TestIgnoredBy(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"a/b.md", "c.txt", "Dockerfile"}, Contents: map[string][]byte{
		".dockerignore": []byte("# notes\n*.md\n\na\n!x\nc.txt\r\n")}}
	ctx := contextOf(t, "Dockerfile", "FROM a\n", tree)
	for file, want := range map[string]int{"a/b.md": 4, "c.txt": 6, "Dockerfile": 1} {
		if line := ctx.IgnoredBy(file); line != want {
			t.Errorf("%s: line %d, want %d", file, line, want)
		}
	}
}

// TestEach: each folder that builds state is a context, beside that of the same folder before, or of the only one.
func TestEach(t *testing.T) {
	for _, c := range []struct {
		name        string
		was, stated []string
		want        string
	}{
		{"none stated", nil, nil, "a>a"},
		{"one", []string{"a"}, []string{"a"}, "a>a"},
		{"one of two stays", []string{"a", "b"}, []string{"b"}, "b>b"},
		{"two", []string{"a", "b"}, []string{"b", "a"}, "b>b a>a"},
		{"one more", []string{"a"}, []string{"a", "b"}, "a>a a>b"},
		{"stated now", nil, []string{"a", "b"}, "a>a a>b"},
		{"another one", []string{"a"}, []string{"b"}, "a>b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := func(dirs []string) *buildcontext.Tree {
				return &buildcontext.Tree{Paths: []string{"a/Dockerfile", "a/x", "b/x"},
					Stated: map[string][]string{"a/Dockerfile": dirs}}
			}
			f, err := dockerfile.Parse("a/Dockerfile", []byte("FROM a\nCOPY x /\n"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			all, _ := buildcontext.Each(tree(c.was), tree(c.stated), f, f)
			for _, s := range all {
				got = append(got, s.Before.Dir+">"+s.Now.Dir)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
