package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
)

// TestReadIsBoundedInSum: a repository may have any number of manifests.
func TestReadIsBoundedInSum(t *testing.T) {
	root := t.TempDir()
	var paths []string
	for i := range 150 {
		paths = append(paths, fmt.Sprintf("p%03d/package.json", i))
		file := filepath.Join(root, paths[i])
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, make([]byte, maxManifest), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := worktree.Open(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	got := read(t.Context(), tree, paths)
	if n := len(got); n < maxRead/maxManifest || n > maxRead/maxManifest+maxAtOnce {
		t.Errorf("%d files of %d bytes each were read", n, maxManifest)
	}
	if got["p000/package.json"] == nil || got["p149/package.json"] != nil {
		t.Error("not the first were read")
	}
}
