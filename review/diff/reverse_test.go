package diff_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/diff"
)

func TestReverse(t *testing.T) {
	for _, c := range []struct{ name, patch, head, base string }{
		{"replaced", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c", "a\nB\nc\nd\n", "a\nb\nc\nd\n"},
		{"two hunks", "@@ -1 +1,2 @@\n-a\n+A\n+AA\n@@ -3 +4 @@\n-c\n+C", "A\nAA\nb\nC\nd\n", "a\nb\nc\nd\n"},
		{"new file", "@@ -0,0 +1,2 @@\n+a\n+b", "a\nb\n", ""},
		{"deleted file", "@@ -1,2 +0,0 @@\n-a\n-b", "", "a\nb\n"},
		{"deleted file without a last line feed", "@@ -1 +0,0 @@\n-a\n\\ No newline at end of file", "", "a"},
		{"carriage returns", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+B\n", "a\r\nB\n", "a\r\nb\r\n"},
		{"last line feed added", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a", "a\n", "a"},
		{"last line feed gone", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file", "a", "a\n"},
		{"no last line feed", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file", "A\nb", "a\nb"},
		{"a last line outside of the hunk", "@@ -1 +1 @@\n-a\n+A", "A\nb", "a\nb"},
		{"put in", "@@ -1,0 +2 @@\n+b", "a\nb\nc\n", "a\nc\n"},
		{"taken out", "@@ -2 +1,0 @@\n-b", "a\nc\n", "a\nb\nc\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base, ok := parse(t, c.patch).Reverse([]byte(c.head))
			if !ok || string(base) != c.base {
				t.Errorf("%q, %t; want %q", base, ok, c.base)
			}
		})
	}
}

func TestReverseRefuses(t *testing.T) {
	for _, c := range []struct{ name, patch, head string }{
		{"no patch", "", "a\n"},
		{"another added line", "@@ -1 +1 @@\n-a\n+b", "c\n"},
		{"another kept line", "@@ -1,2 +1,2 @@\n a\n-b\n+c", "x\nc\n"},
		{"fewer lines", "@@ -9 +9 @@\n-a\n+b", "b\n"},
		{"a hunk that ends after the file", "@@ -1,2 +1,2 @@\n-a\n+b\n c", "b\n"},
		{"numbers of the base that do not agree", "@@ -3 +2 @@\n-a\n+b", "x\nb\nc\n"},
		{"a line feed that is not there", "@@ -1 +1 @@\n-a\n+b", "b"},
		{"a line feed that is there", "@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file", "b\n"},
		{"a line without line feed before others", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b", "b\nc\n"},
		{"a line after the last one without line feed", "@@ -2 +1,0 @@\n-b", "a"},
		{"a carriage return less", "@@ -1 +1 @@\n-a\n+b", "b\r\n"},
		{"bytes that GitHub could not show", "@@ -1 +1 @@\n-\uFFFD\n+b", "b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if base, ok := parse(t, c.patch).Reverse([]byte(c.head)); ok {
				t.Errorf("%q; want a refusal", base)
			}
		})
	}
}

// FuzzReverse: the reverse of the patch between two texts makes the old one of the new one, and any other patch gives a
// refusal or a text that is no longer than the two.
func FuzzReverse(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nB\nc"), 1, patch)
	f.Add([]byte("a\r\nb"), []byte("a\r\nb\r\n"), 0, "@@ -1 +1 @@\n-a\n+b")
	f.Add([]byte(""), []byte("a\n\n"), 3, "@@ -0,0 +1,2 @@\n+a\n+b")
	f.Add([]byte("\n\n\nx"), []byte("x\n\n\n"), 2, "@@ -1,2 +0,0 @@\n-a\n-b\n\\ No newline at end of file")
	f.Fuzz(func(t *testing.T, old, head []byte, context int, any string) {
		p, err := diff.ParsePatch(strings.TrimSuffix(diff.Compare(old, head, min(context, 10)).String(), "\n"))
		if err != nil {
			t.Skip("more than a patch may have")
		}
		base, ok := p.Reverse(head)
		shown := utf8.Valid(old) && !bytes.Contains(old, []byte("\uFFFD"))
		if shown && !bytes.Equal(old, head) && (!ok || !bytes.Equal(base, old)) {
			t.Fatalf("%q, %t; want %q from %q by\n%s", base, ok, old, head, p)
		}
		hostile, _ := diff.ParsePatch(any)
		if base, _ := hostile.Reverse(head); len(base) > len(head)+len(any)+1 {
			t.Fatalf("%d bytes of %d and %d", len(base), len(head), len(any))
		}
	})
}
