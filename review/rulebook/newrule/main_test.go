package main

import (
	"encoding/json"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var root = filepath.Join("..", "..", "..")

// TestStart: what a new rule begins with compiles with all others, in its place in the two lists.
func TestStart(t *testing.T) {
	for name, want := range map[string][2]string{ // the lines before and after it in All
		"a-first":     {"var All = []*analysis.Rule{", "addLocalFile,"},
		"apt-s-match": {"aptRecommends,", "aptUpdateAlone,"},
		"zzz":         {"zypperNonInteractive,", "}"},
	} {
		files, err := start(root, name)
		if err != nil {
			t.Fatal(err)
		}
		all := string(files[filepath.Join(root, "review", "rules", "all.go")])
		if lines := want[0] + "\n" + variable(name) + ",\n" + want[1] +
			"\n"; !strings.Contains(strings.ReplaceAll(all, "\t", ""), lines) {
			t.Errorf("All does not hold\n%s", lines)
		}
		source := files[filepath.Join(root, "review", "rules", name+".go")]
		if formatted, err := format.Source(source); err != nil || string(formatted) != string(source) {
			t.Errorf("%s.go is not formatted: %v", name, err)
		}
		if name == "apt-s-match" {
			compiles(t, files)
		}
	}
}

// compiles builds the rules with these files in place of those on disk.
func compiles(t *testing.T, files map[string][]byte) {
	t.Helper()
	if testing.Short() {
		t.Log("-short: not compiled")
		return
	}
	dir, replace := t.TempDir(), map[string]string{}
	for path, data := range files {
		abs, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		replace[abs] = filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(replace[abs], data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "./review/rules")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestStartRefuses(t *testing.T) {
	for _, name := range []string{"", "Apt", "apt--x", "-x", "x-", "a/b", "apt-recommends", "DL3015",
		"does-not-parse"} {
		if _, err := start(root, name); err == nil {
			t.Errorf("%q is taken for the name of a new rule", name)
		}
	}
}

// TestPrecisionRow: the row is in its place in the table, and the paragraph after it stays.
func TestPrecisionRow(t *testing.T) {
	got, err := unread([]byte("| rule |\n|---|\n| [a](rules/a.md) | 1 of 1 |\n| [c](rules/c.md) | 1 of 1 "+
		"|\n\n[x](rules/x.md)\n"), "b")
	want := "| rule |\n|---|\n| [a](rules/a.md) | 1 of 1 |\n| [b](rules/b.md) | not read yet | | |\n| " +
		"[c](rules/c.md) | 1 of 1 |\n\n[x](rules/x.md)\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}
