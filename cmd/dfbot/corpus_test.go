package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/git/gittest"
)

// TestCorpus fixes copies of real Dockerfiles in two ways, by --fix and by the patch of --diff,
// which must come to the same; after either nothing is left to fix.
func TestCorpus(t *testing.T) {
	for _, trust := range []string{"safe", "unsafe"} {
		t.Run(trust, func(t *testing.T) {
			flags := map[string][]string{"safe": {"--no-config"}, "unsafe": {"--no-config", "--unsafe"}}[trust]
			fixed, names := copyCorpus(t)
			begun := time.Now()
			review(t, fixed, append(append([]string{"--fix"}, flags...), names...))
			t.Logf("%d files fixed in %v", len(names), time.Since(begun).Round(time.Millisecond))

			patched, _ := copyCorpus(t)
			patch := review(t, patched, append(append([]string{"--diff"}, flags...), names...))
			if _, err := gittest.Run(patched, patch, "apply", "--whitespace=nowarn", "-"); err != nil {
				t.Fatal(err)
			}
			changed := 0
			for _, name := range names {
				a, b := content(t, fixed, name), content(t, patched, name)
				if !bytes.Equal(a, b) {
					t.Errorf("%s: --fix and --diff differ", name)
				}
				if !bytes.Equal(a, content(t, corpus(), name)) {
					changed++
				}
			}
			if rest := review(t, fixed, append(append([]string{"--diff"}, flags...), names...)); len(rest) > 0 {
				t.Errorf("left to fix:\n%s", rest)
			}
			t.Logf("%d files changed", changed)
		})
	}
}

func corpus() string { return filepath.Join(os.Getenv("DFBOT_CORPUS"), "dockerfiles") }

func copyCorpus(t *testing.T) (dir string, names []string) {
	t.Helper()
	if os.Getenv("DFBOT_CORPUS") == "" {
		t.Skip("DFBOT_CORPUS is not set: no real Dockerfiles to read")
	}
	dir = t.TempDir()
	entries, err := os.ReadDir(corpus())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
		if err := os.WriteFile(filepath.Join(dir, e.Name()), content(t, corpus(), e.Name()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, names
}

func content(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// review runs dfbot review in dir and returns what it prints; trouble is a failure.
func review(t *testing.T, dir string, args []string) []byte {
	t.Helper()
	t.Chdir(dir)
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if code := run(context.Background(), append([]string{"review"}, args...),
		streams{os.Stdin, out, os.Stderr}); code == exitTrouble {
		t.Fatalf("exit code %d", code)
	}
	return content(t, filepath.Dir(out.Name()), "out")
}
