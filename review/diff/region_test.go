package diff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/diff"
)

func TestBetween(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           diff.Region
		lines          []string
		exact          bool
	}{
		{"one line", "a\nb\nc\n", "a\nB\nc\n", diff.Region{2, 2, "b\n", "B\n"}, []string{"B"}, true},
		{"more lines", "a\nb\nc\n", "a\nB\nBB\nc\n", diff.Region{2, 2, "b\n", "B\nBB\n"}, []string{"B", "BB"}, true},
		{"from first to last change", "a\nb\nc\nd\n", "A\nb\nc\nD\n", diff.Region{1, 4, "a\nb\nc\nd\n", "A\nb\nc\nD\n"},
			[]string{"A", "b", "c", "D"}, true},
		{"put in after a line", "a\nb\n", "a\nx\nb\n", diff.Region{1, 1, "a\n", "a\nx\n"}, []string{"a", "x"}, true},
		{"put in before the first", "a\nb\n", "x\na\nb\n", diff.Region{1, 1, "a\n", "x\na\n"}, []string{"x", "a"},
			true},
		{"put in at the end", "a\nb\n", "a\nb\nx\n", diff.Region{2, 2, "b\n", "b\nx\n"}, []string{"b", "x"}, true},
		{"deleted", "a\nb\nc\n", "a\nc\n", diff.Region{2, 2, "b\n", ""}, nil, true},
		{"one of equal lines deleted", "a\na\na\n", "a\na\n", diff.Region{3, 3, "a\n", ""}, nil, true},
		{"left empty", "a\nb\nc\n", "a\n\nc\n", diff.Region{2, 2, "b\n", "\n"}, []string{""}, true},
		{"all deleted", "a\n", "", diff.Region{1, 1, "a\n", ""}, nil, true},
		{"without a final newline", "a\nb", "a\nB", diff.Region{2, 2, "b", "B"}, []string{"B"}, true},
		{"final newline added", "a\nb", "a\nb\n", diff.Region{2, 2, "b", "b\n"}, []string{"b"}, false},
		{"final newline removed", "a\nb\n", "a\nb", diff.Region{2, 2, "b\n", "b"}, []string{"b"}, false},
		{"after a last line without newline", "a", "a\nb\n", diff.Region{1, 1, "a", "a\nb\n"}, []string{"a", "b"},
			false},
		{"last line without newline deleted", "a\nb", "a\n", diff.Region{2, 2, "b", ""}, nil, false},
		{"carriage returns", "a\r\nb\r\n", "a\r\nB\r\n", diff.Region{2, 2, "b\r\n", "B\r\n"}, []string{"B"}, false},
		{"carriage return removed", "a\r\n", "a\n", diff.Region{1, 1, "a\r\n", "a\n"}, []string{"a"}, false},
		{"tab", "a\n", "\ta\n", diff.Region{1, 1, "a\n", "\ta\n"}, []string{"\ta"}, true},
		{"control character", "a\n", "a\x1b\n", diff.Region{1, 1, "a\n", "a\x1b\n"}, []string{"a\x1b"}, false},
		{"not UTF-8", "a\n", "\xff\n", diff.Region{1, 1, "a\n", "\xff\n"}, []string{"\xff"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := diff.Between([]byte(c.old), []byte(c.new))
			if !ok || got != c.want {
				t.Fatalf("Between = %+v, %t; want %+v", got, ok, c.want)
			}
			lines, exact := got.Suggestion()
			if !slices.Equal(lines, c.lines) || exact != c.exact {
				t.Errorf("Suggestion = %q, %t; want %q, %t", lines, exact, c.lines, c.exact)
			}
		})
	}
}

func TestBetweenNothing(t *testing.T) {
	for _, c := range [][2]string{{"", ""}, {"a\n", "a\n"}, {"", "a\n"}} {
		if r, ok := diff.Between([]byte(c[0]), []byte(c[1])); ok {
			t.Errorf("Between(%q, %q) = %+v", c[0], c[1], r)
		}
	}
}

func FuzzRegion(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nB\nc\n")
	f.Add("a\nb", "a\nb\n")
	f.Add("a\r\nb\r\n", "b\r\n")
	f.Add("a\na\na", "a")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, old, new string) {
		r, ok := diff.Between([]byte(old), []byte(new))
		if ok != (old != "" && old != new) {
			t.Fatalf("Between(%q, %q): %t", old, new, ok)
		}
		if !ok {
			return
		}
		checkReplaced(t, r, old, new)
		checkSmallest(t, r, old, new)
		checkSuggestion(t, r, old, new)
	})
}

// checkReplaced puts the region's new text in the place of its old lines, and expects new.
func checkReplaced(t *testing.T, r diff.Region, old, new string) {
	t.Helper()
	lines := slices.Collect(strings.Lines(old))
	if was := strings.Join(lines[r.Start-1:r.End], ""); was != r.Old {
		t.Fatalf("%+v of %q has the old text %q", r, old, was)
	}
	if got := strings.Join(slices.Replace(lines, r.Start-1, r.End, r.New), ""); got != new {
		t.Fatalf("%+v makes %q of %q, want %q", r, got, old, new)
	}
}

// checkSmallest: no first or last line of the region stays as it is, unless it
// is the one line that anchors lines put in.
func checkSmallest(t *testing.T, r diff.Region, old, new string) {
	t.Helper()
	was, is := slices.Collect(strings.Lines(r.Old)), slices.Collect(strings.Lines(r.New))
	anchor := r.Start == r.End && (strings.HasPrefix(r.New, r.Old) || strings.HasSuffix(r.New, r.Old))
	if anchor || r.New == "" {
		return
	}
	if was[0] == is[0] || was[len(was)-1] == is[len(is)-1] {
		t.Fatalf("%+v between %q and %q begins or ends with an unchanged line", r, old, new)
	}
}

// checkSuggestion puts the lines in the place of the region as GitHub's text
// says ("replaces the lines") and expects new, where the suggestion is exact.
func checkSuggestion(t *testing.T, r diff.Region, old, new string) {
	t.Helper()
	lines, exact := r.Suggestion()
	if !exact {
		return
	}
	text, terminated := strings.CutSuffix(old, "\n")
	all := slices.Replace(strings.Split(text, "\n"), r.Start-1, r.End, lines...)
	got := strings.Join(all, "\n")
	if terminated && len(all) > 0 {
		got += "\n"
	}
	if got != new {
		t.Fatalf("suggestion %q makes %q of %q, want %q", lines, got, old, new)
	}
}
