package snapshot

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/app/git/gittest"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFolder lists everything, empty folders too, and tells modes, contents and links apart.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "1", "b": "1", ".git/HEAD": "x", "d/c": "2", "e": "1"})
	for _, err := range []error{os.Mkdir(filepath.Join(dir, "empty"), 0o755), os.Chmod(filepath.Join(dir, "e"), 0o755),
		os.Symlink("a", filepath.Join(dir, "l"))} {
		if err != nil {
			t.Skip(err)
		}
	}
	tree, err := Folder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	want := []string{".git/", ".git/HEAD", "a", "b", "d/", "d/c", "e", "empty/", "l"}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(tree.Paths))); diff != "" {
		t.Error(diff)
	}
	if tree.ID("a") != tree.ID("b") || tree.ID("a") == tree.ID("e") || tree.ID("a") == tree.ID("d/c") ||
		tree.ID("l") == tree.ID("a") || tree.ID("nowhere") != "" {
		t.Errorf("IDs: %s %s %s %s %q", tree.ID("a"), tree.ID("e"), tree.ID("d/c"), tree.ID("l"), tree.ID("nowhere"))
	}
	if to, is := tree.Link("l"); to != "a" || !is {
		t.Errorf("l leads to %q, %v", to, is)
	}
	if data, ok := tree.Read("l"); string(data) != "1" || !ok {
		t.Errorf("l has %q, %v", data, ok)
	}
	if _, ok := tree.Read("d"); ok {
		t.Error("a folder has a text")
	}
}

// TestFolderStaysInside: what a symlink leads to outside of the folder is not read.
func TestFolderStaysInside(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"secret": "1", "in/a": "1"})
	for name, to := range map[string]string{"file": "../secret", "folder": "..", "far": filepath.Join(dir, "secret")} {
		if err := os.Symlink(to, filepath.Join(dir, "in", name)); err != nil {
			t.Skip(err)
		}
	}
	tree, err := Folder(t.Context(), filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	for _, p := range []string{"file", "folder/secret", "far", "../secret"} {
		if data, ok := tree.Read(p); ok {
			t.Errorf("%s has %q", p, data)
		}
	}
	if id := tree.ID("folder/secret"); id != "" {
		t.Errorf("folder/secret has the ID %s", id)
	}
}

// TestCommit: a file that is as the commit has it has the same ID in the work tree.
func TestCommit(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "1", "d/c": "2\n"})
	if err := os.Symlink("d/c", filepath.Join(dir, "l")); err != nil {
		t.Skip(err)
	}
	if err := gittest.Script(dir, "git init -q . && git add . && git commit -q -m one"); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"a": "other"})
	repo, err := git.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(t.Context(), repo, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	tree, err := worktree.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	now, err := Work(tree, true)
	if err != nil {
		t.Fatal(err)
	}
	defer now.Close()
	if diff := cmp.Diff([]string{"a", "d/c", "l"}, c.Paths); diff != "" {
		t.Error(diff)
	}
	if c.ID("d/c") != now.ID("d/c") || c.ID("l") != now.ID("l") || c.ID("a") == now.ID("a") || c.ID("b") != "" {
		t.Errorf("IDs: %s %s, %s %s, %s %s", c.ID("d/c"), now.ID("d/c"), c.ID("l"), now.ID("l"), c.ID("a"),
			now.ID("a"))
	}
	if to, is := c.Tree.Link("l"); to != "d/c" || !is {
		t.Errorf("l leads to %q, %v", to, is)
	}
	for _, name := range []string{"l", "d/c"} {
		if data, ok := c.Tree.Read(name); string(data) != "2\n" || !ok {
			t.Errorf("%s has %q, %v", name, data, ok)
		}
	}
	if _, ok := c.Tree.Read("d"); ok {
		t.Error("a folder has a text")
	}
	if _, err := Open(t.Context(), repo, "--all"); err == nil {
		t.Error("an option is taken for a commit")
	}
}
