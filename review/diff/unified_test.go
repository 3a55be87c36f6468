package diff_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/app/git/gittest"
	"github.com/dfbot/dfbot/review/diff"
)

func TestUnified(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		context        int
		want           string
	}{
		{"equal", "a\n", "a\n", 3, ""},
		{"both empty", "", "", 3, ""},
		{"context", "1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\nfour\n5\n6\n7\n", 2,
			"@@ -2,5 +2,5 @@\n 2\n 3\n-4\n+four\n 5\n 6\n"},
		{"no context", "1\n2\n3\n", "1\n3\n", 0, "@@ -2 +1,0 @@\n-2\n"},
		{"put in without context", "1\n3\n", "1\n2\n3\n", 0, "@@ -1,0 +2 @@\n+2\n"},
		{"negative context", "1\n3\n", "1\n2\n3\n", -1, "@@ -1,0 +2 @@\n+2\n"},
		{"new file", "", "a\nb\n", 3, "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"emptied", "a\n", "", 3, "@@ -1 +0,0 @@\n-a\n"},
		{"two hunks", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "one\n2\n3\n4\n5\n6\n7\n8\nnine\n", 1,
			"@@ -1,2 +1,2 @@\n-1\n+one\n 2\n@@ -8,2 +8,2 @@\n 8\n-9\n+nine\n"},
		{"final newline added", "a\nb", "a\nb\n", 3,
			"@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
		{"final newline missing throughout", "a\nb", "A\nb", 3,
			"@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n"},
		{"carriage returns", "a\r\nb\r\n", "a\r\nB\r\n", 1, "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+B\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			if want != "" {
				want = "--- a/Dockerfile\n+++ b/Dockerfile\n" + want
			}
			got := diff.Unified("Dockerfile", []byte(c.old), []byte(c.new), c.context)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// TestUnifiedByGit lets git itself turn old into new, under names that need
// care in a patch.
func TestUnifiedByGit(t *testing.T) {
	texts := []struct{ old, new string }{
		{"FROM alpine\nRUN a\nRUN b\nCMD c\n", "FROM alpine\nRUN a && b\nCMD c\n"},
		{"FROM alpine\r\nRUN a\r\n", "FROM alpine\r\nRUN b\r\n"},
		{"FROM alpine\nRUN a", "FROM alpine\nRUN a\nCMD b\n"},
		{"FROM alpine\nRUN a\n", "FROM alpine\nRUN a\nCMD b"},
		{"FROM alpine\nRUN a\n", "FROM b"},
		{"\xff\xfe\n\x00\n", "\xff\xfe\n\x01\n"},
	}
	for _, name := range []string{"Dockerfile", "my app/Dockerfile", `q"uo\te`, "tab\tname", "new\nline", "Ünïcode",
		"\xff", "a b\t"} {
		for i, c := range texts {
			for context := range 4 {
				dir := t.TempDir()
				file := filepath.Join(dir, name)
				write(t, file, c.old)
				patch := diff.Unified(name, []byte(c.old), []byte(c.new), context)
				gitApply(t, dir, patch, context)
				got, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != c.new {
					t.Errorf("%q, text %d, context %d: git made %q of\n%s", name, i, context, got, patch)
				}
			}
		}
	}
}

func TestUnifiedNames(t *testing.T) {
	for path, want := range map[string]string{
		"Dockerfile":         "--- a/Dockerfile\n+++ b/Dockerfile\n",
		"my app/Ünïcode":     "--- a/my app/Ünïcode\t\n+++ b/my app/Ünïcode\t\n",
		"a\nb\t\"\\\xff\x7f": `--- "a/a\012b\011\"\\\377\177"` + "\n" + `+++ "b/a\012b\011\"\\\377\177"` + "\n",
	} {
		got := diff.Unified(path, []byte("a\n"), []byte("b\n"), 3)
		if d := cmp.Diff(want+"@@ -1 +1 @@\n-a\n+b\n", got); d != "" {
			t.Errorf("%q: -want +got\n%s", path, d)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func gitApply(t *testing.T, dir, patch string, context int) {
	t.Helper()
	args := []string{"apply", "--whitespace=nowarn"}
	if context == 0 {
		args = append(args, "--unidiff-zero")
	}
	// outside any repository git apply works on the folder as it is
	if _, err := gittest.Run(dir, []byte(patch), args...); err != nil {
		t.Fatalf("%v\n%s", err, patch)
	}
}

func FuzzUnified(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nB\nc\n"), 3)
	f.Add([]byte("a\r\nb"), []byte("a\r\n"), 0)
	f.Add([]byte(""), []byte("a"), 1)
	f.Add([]byte("a"), []byte(""), 1)
	f.Add([]byte("a\na\na\nb\n"), []byte("a\na\nb\na\n"), 0)
	f.Add([]byte("\n\n0\n\n\n\n*\n\n"), []byte("0\n\n\n\n\n\n*\n\n0"), 2)
	f.Fuzz(func(t *testing.T, old, new []byte, context int) {
		context %= 8
		p := diff.Compare(old, new, context)
		checkPatch(t, p)
		if got := apply(t, p, string(old)); got != string(new) {
			t.Fatalf("the patch makes %q of %q, want %q\n%s", got, old, new, p)
		}
		again, err := diff.ParsePatch(strings.TrimSuffix(p.String(), "\n"))
		if d := cmp.Diff(p.String(), again.String()); err != nil || d != "" {
			t.Fatalf("read again: %v\n%s", err, d)
		}
		if context > 0 {
			applyGitdiff(t, diff.Unified("Dockerfile", old, new, context), old, new)
		}
	})
}

// apply is a patch applier that shares nothing with the code that makes patches.
func apply(t *testing.T, p diff.Patch, old string) string {
	t.Helper()
	rest := strings.SplitAfter(old, "\n")
	var out strings.Builder
	done := 0
	for _, h := range p.Hunks {
		first := h.OldStart - 1
		if h.OldLines == 0 {
			first = h.OldStart
		}
		for ; done < first; done++ {
			out.WriteString(rest[done])
		}
		for _, l := range h.Lines {
			text := l.Text
			if !l.NoNewline {
				text += "\n"
			}
			if l.Op != diff.Added {
				if rest[done] != text {
					t.Fatalf("line %d is %q, the patch says %q", done+1, rest[done], text)
				}
				done++
			}
			if l.Op != diff.Deleted {
				out.WriteString(text)
			}
		}
	}
	return out.String() + strings.Join(rest[done:], "")
}

func applyGitdiff(t *testing.T, patch string, old, new []byte) {
	t.Helper()
	if patch == "" {
		return
	}
	files, _, err := gitdiff.Parse(strings.NewReader(patch))
	if err != nil || len(files) != 1 {
		t.Fatalf("go-gitdiff reads %d files: %v\n%s", len(files), err, patch)
	}
	var out bytes.Buffer
	if err := gitdiff.Apply(&out, bytes.NewReader(old), files[0]); err != nil {
		t.Fatalf("go-gitdiff: %v\n%s", err, patch)
	}
	if out.String() != string(new) {
		t.Fatalf("go-gitdiff makes %q, want %q\n%s", out.String(), new, patch)
	}
}
