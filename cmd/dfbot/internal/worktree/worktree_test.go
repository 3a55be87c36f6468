package worktree_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/app/git/gittest"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
)

// folder makes files of that content in a new folder and returns it, without symbolic links.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755),
			os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	if _, err := gittest.Run(dir, nil, args...); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *worktree.Tree {
	t.Helper()
	tree, err := worktree.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

func TestRootOf(t *testing.T) {
	dir := folder(t, map[string]string{"repo/.git/HEAD": "", "repo/a/b/c": "", "linked/.git": "gitdir: elsewhere",
		"linked/a/b": "", "plain/a/b": ""})
	for from, want := range map[string]string{"repo": "repo", "repo/a/b": "repo", "linked/a": "linked",
		"plain/a": "plain/a"} {
		root, git := worktree.RootOf(filepath.Join(dir, from))
		if root != filepath.Join(dir, want) || git != (want != "plain/a") {
			t.Errorf("%s: %s, %v", from, root, git)
		}
	}
}

func TestOpenListsWhatGitSees(t *testing.T) {
	dir := folder(t, map[string]string{
		".gitignore": "ignored\n*.log\n", "tracked.log": "", "ignored/x": "", "new": "", "gone": "", "b/c": "",
		"b.c": "", "wei rd\n\"ä": "", "inner/x": "", "file": "one\n",
	})
	git(t, dir, "init", "-q")
	git(t, dir, "add", "-f", "tracked.log", "gone", "b", "file")
	git(t, dir, "commit", "-qm", "one")
	git(t, dir, "checkout", "-qb", "side")
	write(t, dir, "file", "side\n")
	git(t, dir, "commit", "-qam", "side")
	git(t, dir, "checkout", "-q", "-")
	write(t, dir, "file", "main\n")
	git(t, dir, "commit", "-qam", "main")
	if _, err := gittest.Run(dir, nil, "merge", "-q", "side"); err == nil {
		t.Fatal("the merge has no conflict")
	}
	git(t, filepath.Join(dir, "inner"), "init", "-q")
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	tree := open(t, dir)
	want := []string{".gitignore", "b.c", "b/c", "file", "new", "tracked.log", "wei rd\n\"ä"}
	if diff := cmp.Diff(want, tree.Paths); diff != "" {
		t.Errorf("paths (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b/c"}, tree.Below("b")); diff != "" {
		t.Errorf("below b (-want +got)\n%s", diff)
	}
	tree.Add("ignored/x")
	tree.Add("new")
	want = append(want, "ignored/x")
	slices.Sort(want)
	if !slices.Equal(tree.Paths, want) {
		t.Errorf("paths after Add: %q", tree.Paths)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpenWithoutGit(t *testing.T) {
	dir := folder(t, map[string]string{"a/b": "", "z": "", "node_modules/x/y": "", "sub/node_modules/x": "",
		"sub/.git/HEAD": "", "sub/w": ""})
	if diff := cmp.Diff([]string{"a/b", "sub/w", "z"}, open(t, dir).Paths); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	broken := folder(t, map[string]string{".git/HEAD": "no repository", "a": ""})
	if diff := cmp.Diff([]string{"a"}, open(t, broken).Paths); diff != "" {
		t.Errorf("a .git that is not a repository (-want +got)\n%s", diff)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := worktree.Open(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestOpenDeep: each folder is opened name by name from the root, so that very deep ones cost the square of their
// depth.
func TestOpenDeep(t *testing.T) {
	root := t.TempDir()
	deep := strings.Repeat("d/", 210)
	if err := os.MkdirAll(filepath.Join(root, deep), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"a", strings.Repeat("d/", 200) + "b", deep + "c"} {
		if err := os.WriteFile(filepath.Join(root, p), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := worktree.Open(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Paths) != 2 || !tree.Partial || len(tree.Problems) != 1 {
		t.Errorf("%d paths, partial %v, problems %q", len(tree.Paths), tree.Partial, tree.Problems)
	}
}

func TestReadStaysInside(t *testing.T) {
	dir := folder(t, map[string]string{"tree/in": "in", "out": "out"})
	for link, to := range map[string]string{"tree/far": "../out", "tree/abs": filepath.Join(dir, "out"),
		"tree/near": "in"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	tree := open(t, filepath.Join(dir, "tree"))
	for p, want := range map[string]string{"in": "in", "near": "in", "far": "", "abs": "", "../out": ""} {
		data, err := tree.Read(p)
		if string(data) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", p, data, err)
		}
		if tree.Regular(p) != (p == "in") {
			t.Errorf("%s: regular %v", p, tree.Regular(p))
		}
	}
	if _, err := tree.Read("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestReplace(t *testing.T) {
	dir := folder(t, map[string]string{"a": "old", "b": "changed"})
	name := func(p string) string { return filepath.Join(dir, p) }
	if err := os.Chmod(name("a"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := worktree.Replace(name("a"), []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name("a")); err != nil || info.Mode() != 0o750 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Symlink("a", name("link")); err != nil {
		t.Skip(err)
	}
	for p, want := range map[string]string{
		"b": "it was changed in the meantime", "link": "it is a symbolic link", ".": "it is not a regular file",
		"none": "no such file",
	} {
		if err := worktree.Replace(name(p), []byte("new"), []byte("newer")); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", p, err)
		}
	}
	got := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(name(e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(data)
	}
	if diff := cmp.Diff(map[string]string{"a": "new", "b": "changed", "link": "new"}, got); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
}
