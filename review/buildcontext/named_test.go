package buildcontext_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/buildcontext"
)

// TestNamed: a named context has its own ignore file, and nothing else has its name.
func TestNamed(t *testing.T) {
	stated := map[string]map[string]string{"api/Dockerfile": {"shared": "lib/shared", "a": "lib/shared",
		"0": "lib/shared", "gone": "gone", "all": ""}}
	tree := func() *buildcontext.Tree {
		return &buildcontext.Tree{Named: stated, Paths: []string{"api/Dockerfile", "api/Dockerfile.dockerignore",
			"lib/shared/.dockerignore", "lib/shared/x.proto", "lib/shared/y.proto"},
			Contents: map[string][]byte{"api/Dockerfile.dockerignore": []byte("x.proto\n"),
				"lib/shared/.dockerignore": []byte("y.proto\n")}}
	}
	for _, c := range []struct {
		name, src, of string
		known         bool
		x, y          bool
	}{
		{"a copy", "COPY --from=shared / /", "shared", true, true, false},
		{"a mount", "RUN --mount=from=shared,target=/x true", "shared", true, true, false},
		{"the root", "COPY --from=all / /", "all", true, false, false},
		{"a folder that is not there", "COPY --from=gone / /", "gone", true, false, false},
		{"not used", "COPY x /", "shared", false, false, false},
		{"not stated", "COPY --from=other / /", "other", false, false, false},
		{"a stage", "COPY --from=a / /", "a", false, false, false},
		{"a number", "COPY --from=0 / /", "0", false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			named := contextOf(t, "api/Dockerfile", "FROM x AS a\nFROM a\n"+c.src+"\n", tree()).Named(c.of)
			if named.Known() != c.known || named.Has("x.proto") != c.x || named.Has("y.proto") != c.y {
				t.Errorf("known %t, x %t, y %t", named.Known(), named.Has("x.proto"), named.Has("y.proto"))
			}
		})
	}
	unread := tree()
	delete(unread.Contents, "lib/shared/.dockerignore")
	if contextOf(t, "api/Dockerfile", "FROM x\nCOPY --from=shared / /\n", unread).Named("shared").Known() {
		t.Error("what an ignore file hides is known, though it was not read")
	}
}

// TestAffectsNamed: a change in a named context affects the build by what is taken from there, and by its ignore file.
func TestAffectsNamed(t *testing.T) {
	paths := []string{"api/Dockerfile", "api/a.py", "shared/a.proto", "shared/b.proto", "shared/.dockerignore"}
	edit := func(p string) buildcontext.Change { return buildcontext.Change{Before: p, After: p} }
	for _, c := range []struct {
		name, src string
		change    buildcontext.Change
		want      bool
	}{
		{"the copied file", "COPY --from=shared a.proto /", edit("shared/a.proto"), true},
		{"another file", "COPY --from=shared a.proto /", edit("shared/b.proto"), false},
		{"a file of the build context", "COPY --from=shared a.py /", edit("api/a.py"), false},
		{"of the same name", "COPY a.proto /", edit("shared/a.proto"), false},
		{"of another context", "COPY --from=other a.proto /\nCOPY --from=shared b.proto /",
			edit("shared/a.proto"), false},
		{"deleted", "COPY --from=shared a.proto /", buildcontext.Change{Before: "shared/a.proto"}, true},
		{"added", "COPY --from=shared . /", buildcontext.Change{After: "shared/c.proto"}, true},
		{"renamed", "COPY --from=shared *.proto /", buildcontext.Change{Before: "shared/a.proto", After: "x"}, true},
		{"mounted", "RUN --mount=from=shared,source=a.proto,target=/a true", edit("shared/a.proto"), true},
		{"a mount of all", "RUN --mount=from=shared,target=/a true", edit("shared/b.proto"), true},
		{"a cache", "RUN --mount=type=cache,from=shared,target=/a true", edit("shared/b.proto"), false},
		{"a variable", "ARG F\nCOPY --from=shared $F /", edit("shared/b.proto"), true},
		{"its ignore file", "COPY --from=shared a.proto /", edit("shared/.dockerignore"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := treeOf(paths, map[string]string{"shared/.dockerignore": ""}), treeOf(paths, nil)
			after.Contents["shared/.dockerignore"] = nil
			if c.change.Before != c.change.After && c.change.After != "" {
				after.Paths = append(after.Paths, c.change.After)
			}
			before.Named = map[string]map[string]string{"api/Dockerfile": {"shared": "shared"}}
			after.Named = before.Named
			if got := affects(t, c.src, before, after, c.change); got != c.want {
				t.Errorf("affects: %t, want %t", got, c.want)
			}
		})
	}
	before, after := treeOf(paths, map[string]string{"shared/.dockerignore": ""}), treeOf(paths[2:], nil)
	after.Contents["shared/.dockerignore"] = nil
	after.Named = map[string]map[string]string{"api/Dockerfile": {"shared": "shared"}}
	before.Named = after.Named
	if !affects(t, "COPY a.py /\nCOPY --from=shared a.proto /", before, after, edit("shared/a.proto")) {
		t.Error("a build context that lacks a file from now on has no named ones")
	}
}
