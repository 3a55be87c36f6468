package buildcontext_test

import (
	"slices"
	"testing"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

func TestAffects(t *testing.T) {
	base := []string{".dockerignore", "README.md", "go.mod", "main.go", "docs/guide.md", "api/.dockerignore",
		"api/Dockerfile", "api/app.py", "api/link", "api/requirements.txt", "api/notes/todo.txt", "web/index.js"}
	ignores := map[string]string{".dockerignore": "docs\n", "api/.dockerignore": "notes\n"}
	edit := func(p string) buildcontext.Change { return buildcontext.Change{Before: p, After: p} }
	add := func(p string) buildcontext.Change { return buildcontext.Change{After: p} }
	remove := func(p string) buildcontext.Change { return buildcontext.Change{Before: p} }
	for _, c := range []struct {
		name, src string
		change    buildcontext.Change
		want      bool
	}{
		{"a source", "COPY . .", edit("api/app.py"), true},
		{"a source of another folder", "COPY . .", edit("web/index.js"), false},
		{"an ignored source", "COPY . .", edit("api/notes/todo.txt"), false},
		{"a source that is ignored from now on", "COPY . .", add("api/notes/new.txt"), false},
		{"a new file", "COPY . .", add("api/.env"), true},
		{"a file less", "COPY . .", remove("api/app.py"), true},
		{"a file that is not copied", "COPY requirements.txt .", edit("api/app.py"), false},
		{"the copied file", "COPY requirements.txt .", edit("api/requirements.txt"), true},
		{"the copied file, gone", "COPY requirements.txt .", remove("api/requirements.txt"), true},
		{"by a wildcard", "COPY *.txt .", edit("api/requirements.txt"), true},
		{"not by a wildcard", "COPY *.txt .", edit("api/app.py"), false},
		{"renamed into it", "COPY *.txt .", buildcontext.Change{Before: "README.md", After: "api/x.txt"}, true},
		{"its ignore file", "COPY requirements.txt .", edit("api/.dockerignore"), true},
		{"an ignore file of its own", "COPY requirements.txt .", add("api/Dockerfile.dockerignore"), true},
		{"another ignore file", "COPY requirements.txt .", edit(".dockerignore"), false},
		{"a larger context", "COPY web/ .", edit("web/index.js"), true},
		{"ignored in a larger context", "COPY web/ docs/ ./", edit("docs/guide.md"), false},
		{"a bind mount", "RUN --mount=type=bind,source=app.py,target=/x true", edit("api/app.py"), true},
		{"a bind mount of all", "RUN --mount=target=. true", edit("api/app.py"), true},
		{"a bind mount from a stage", "RUN --mount=from=a,target=/x true", edit("api/app.py"), false},
		{"a cache mount", "RUN --mount=type=cache,target=/x true", edit("api/app.py"), false},
		{"from a stage", "COPY --from=a . .", edit("api/app.py"), false},
		{"a URL", "ADD https://example.com/x .", edit("api/app.py"), false},
		{"a URL with a variable", "ARG V\nADD https://example.com/$V .", edit("api/app.py"), false},
		{"a variable", "ARG FILE\nCOPY $FILE .", edit("api/app.py"), true},
		{"a variable with a default", "ARG FILE=requirements.txt\nCOPY $FILE .", edit("api/app.py"), false},
		{"a file that is nowhere", "COPY dist/ .\nCOPY app.py .", edit("api/app.py"), true},
		{"a file that is nowhere, and comes", "COPY dist/ .\nCOPY app.py .", add("api/dist/x.js"), true},
		{"through a symlink", "COPY link/x.txt .", edit("api/app.py"), true},
		{"a symlink", "COPY link .", edit("api/app.py"), true},
		{"beside a symlink", "COPY requirements.txt .", edit("api/link"), false},
		{"nothing", "RUN true", edit("api/app.py"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := treeOf(base, ignores), treeOf(base, ignores)
			after.Paths = slices.DeleteFunc(after.Paths, func(p string) bool { return p == c.change.Before })
			if c.change.After != "" {
				after.Paths = append(after.Paths, c.change.After)
				if _, ok := after.Contents[c.change.After]; !ok {
					after.Contents[c.change.After] = nil
				}
			}
			if got := affects(t, c.src, before, after, c.change); got != c.want {
				t.Errorf("affects: %t, want %t", got, c.want)
			}
		})
	}
}

// TestAffectsByHalf: what is not known of the base is taken from the head; nothing is said of a tree cut off.
func TestAffectsByHalf(t *testing.T) {
	change := buildcontext.Change{Before: "api/gone.py"}
	head := []string{"api/Dockerfile", "api/app.py"}
	partial := &buildcontext.Tree{Partial: true}
	if !affects(t, "COPY . .", partial, treeOf(head, nil), change) {
		t.Error("a deleted file is not looked for in the context of the head")
	}
	if affects(t, "COPY . .", partial, &buildcontext.Tree{Paths: head, Partial: true}, change) {
		t.Error("something is said of a tree that is not known")
	}
}

func treeOf(paths []string, contents map[string]string) *buildcontext.Tree {
	tree := &buildcontext.Tree{Paths: slices.Clone(paths), Contents: map[string][]byte{},
		Stat: func(p string) (buildcontext.Mode, int) {
			if p == "api/link" {
				return buildcontext.Symlink, 0
			}
			return buildcontext.Regular, 0
		}}
	for p, text := range contents {
		tree.Contents[p] = []byte(text)
	}
	return tree
}

func affects(t *testing.T, src string, before, after *buildcontext.Tree, change buildcontext.Change) bool {
	t.Helper()
	f, err := dockerfile.Parse("api/Dockerfile", []byte("FROM x AS a\nFROM a\n"+src+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return buildcontext.Affects([]buildcontext.Change{change}, before, after, f)
}
