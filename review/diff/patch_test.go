package diff_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/review/diff"
)

// patch is written as GitHub sends it: no file header, no last line feed.
const patch = `@@ -2,6 +2,6 @@ FROM alpine
 two
-three
+THREE
 four
 five
-six
 seven
+eight
@@ -20,3 +20,2 @@
 twenty
-twenty-one
-twenty-two
\ No newline at end of file
+TWENTY-ONE
\ No newline at end of file`

func parse(t *testing.T, text string) diff.Patch {
	t.Helper()
	p, err := diff.ParsePatch(text)
	if err != nil {
		t.Fatalf("ParsePatch: %v", err)
	}
	return p
}

func TestParsePatch(t *testing.T) {
	got := parse(t, patch)
	want := diff.Patch{Hunks: []diff.Hunk{
		{OldStart: 2, OldLines: 6, NewStart: 2, NewLines: 6, Section: "FROM alpine", Lines: []diff.Line{
			{Op: diff.Context, Old: 2, New: 2, Text: "two"},
			{Op: diff.Deleted, Old: 3, Text: "three"},
			{Op: diff.Added, New: 3, Text: "THREE"},
			{Op: diff.Context, Old: 4, New: 4, Text: "four"},
			{Op: diff.Context, Old: 5, New: 5, Text: "five"},
			{Op: diff.Deleted, Old: 6, Text: "six"},
			{Op: diff.Context, Old: 7, New: 6, Text: "seven"},
			{Op: diff.Added, New: 7, Text: "eight"},
		}},
		{OldStart: 20, OldLines: 3, NewStart: 20, NewLines: 2, Lines: []diff.Line{
			{Op: diff.Context, Old: 20, New: 20, Text: "twenty"},
			{Op: diff.Deleted, Old: 21, Text: "twenty-one"},
			{Op: diff.Deleted, Old: 22, Text: "twenty-two", NoNewline: true},
			{Op: diff.Added, New: 21, Text: "TWENTY-ONE", NoNewline: true},
		}},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestCommentable(t *testing.T) {
	p := parse(t, patch) // head lines 2 to 7 and 20 to 21
	for _, c := range []struct {
		start, end int
		want       bool
	}{
		{2, 2, true}, {2, 7, true}, {7, 7, true}, {20, 21, true},
		{1, 2, false}, {7, 8, false}, {8, 8, false}, {22, 22, false},
		{7, 20, false}, // both ends in a hunk, not in the same
		{0, 2, false}, {-1, -1, false}, {5, 4, false}, {1, 1 << 62, false},
	} {
		if got := p.Commentable(c.start, c.end); got != c.want {
			t.Errorf("Commentable(%d, %d) = %t", c.start, c.end, got)
		}
	}
	if (diff.Patch{}).Commentable(1, 1) {
		t.Error("the zero Patch takes a comment")
	}
}

func TestAdjacentHunksAreTwo(t *testing.T) {
	p := parse(t, "@@ -1 +1 @@\n-a\n+A\n@@ -2 +2 @@\n-b\n+B")
	if p.Commentable(1, 2) {
		t.Error("a comment may not span two hunks")
	}
	if !p.Commentable(1, 1) || !p.Commentable(2, 2) {
		t.Error("each hunk takes a comment of its own")
	}
}

func TestChanged(t *testing.T) {
	for _, c := range []struct {
		name, patch string
		want        []int // of the head's lines 0 to 30, each asked by itself
	}{
		{"added, replaced, deleted", patch, []int{3, 7, 21}},
		{"new file", "@@ -0,0 +1,2 @@\n+a\n+b", []int{1, 2}},
		{"file emptied", "@@ -1,2 +0,0 @@\n-a\n-b", nil},
		{"deleted at the start", "@@ -1,3 +1,2 @@\n-a\n b\n c", nil},
		{"deleted at the end", "@@ -1,3 +1,2 @@\n a\n b\n-c", nil},
		{"deleted without context", "@@ -5,2 +4,0 @@\n-a\n-b", nil},
		{"added without context", "@@ -4,0 +5,2 @@\n+a\n+b", []int{5, 6}},
		{"replaced by more", "@@ -4 +4,2 @@\n-a\n+b\n+c", []int{4, 5}},
		{"replaced by fewer", "@@ -4,2 +4 @@\n-a\n-b\n+c", []int{4}},
		{"trimmed context", "@@ -1,3 +1,4 @@\n a\n\n+b\n c", []int{3}},
		{"nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, c.patch)
			var got []int
			for line := range 31 {
				if p.Changes().Touch(line, line) {
					got = append(got, line)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("changed lines %v, want %v", got, c.want)
			}
		})
	}
}

func TestChangedRange(t *testing.T) {
	p := parse(t, patch)
	for _, c := range []struct {
		start, end int
		want       bool
	}{
		{1, 2, false}, {1, 3, true}, {4, 4, false}, {4, 5, false}, {8, 20, false}, {1, 99, true}, {3, 2, false},
		{0, 9, false},
	} {
		if got := p.Changes().Touch(c.start, c.end); got != c.want {
			t.Errorf("Changed(%d, %d) = %t", c.start, c.end, got)
		}
	}
}

func TestParsePatchKeepsCarriageReturns(t *testing.T) {
	p := parse(t, "@@ -1 +1 @@\r\n-a\r\n+b\r")
	if got := p.Hunks[0].Lines[1].Text; got != "b\r" {
		t.Errorf("text = %q", got)
	}
}

func TestParsePatchErrors(t *testing.T) {
	ok := "@@ -1 +1 @@\n-a\n+b\n"
	for _, c := range []struct {
		name, patch string
		line        int // of the error
		reason      string
		hunks       int // returned all the same
	}{
		{"no header", "hello", 1, "no hunk header", 0},
		{"file header", "--- a/x\n+++ b/x\n" + ok, 1, "no hunk header", 0},
		{"combined diff", "@@@ -1 -1 +1 @@@\n++a", 1, "no hunk header", 0},
		{"huge numbers", "@@ -999999999 +999999999 @@\n-a\n+b", 1, "no hunk header", 0},
		{"more digits", "@@ -99999999999999999999 +1 @@\n-a\n+b", 1, "no hunk header", 0},
		{"line zero", "@@ -0 +1 @@\n-a\n+b", 1, "no hunk header", 0},
		{"empty hunk", "@@ -1,0 +1,0 @@", 1, "no hunk header", 0},
		{"truncated", ok + "@@ -5,3 +5,3 @@\n a\n-b", 6, "the patch ends inside a hunk", 1},
		{"too many deleted", "@@ -1 +1,2 @@\n-a\n-b\n+c\n+d", 3, "more lines than the hunk header says", 0},
		{"too many added", ok + "+c", 4, "no hunk header", 1},
		{"unknown mark", "@@ -1,2 +1,2 @@\n a\n*b", 3, "neither context, added nor deleted", 0},
		{"mark before any line", "@@ -1 +1 @@\n\\ No newline at end of file\n-a\n+b", 2,
			"neither context, added nor deleted", 0},
		{"backwards", "@@ -5 +5 @@\n-a\n+b\n" + ok, 4, "the hunk overlaps the one before", 1},
		{"same line twice", ok + ok, 4, "the hunk overlaps the one before", 1},
		{"too large", "@@ -1 +1 @@\n-" + strings.Repeat("a", diff.MaxPatch), 1, "more than 1048576 bytes", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := diff.ParsePatch(c.patch)
			var syntax *diff.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error %v, want a SyntaxError", err)
			}
			if syntax.Line != c.line || syntax.Reason != c.reason || len(p.Hunks) != c.hunks {
				t.Errorf("%v with %d hunks; want line %d: %s with %d", err, len(p.Hunks), c.line, c.reason, c.hunks)
			}
		})
	}
}

func FuzzParsePatch(f *testing.F) {
	f.Add(patch)
	f.Add("@@ -0,0 +1,2 @@\n+a\n+b")
	f.Add("@@ -1,2 +0,0 @@\n-a\n-b\n\\ No newline at end of file")
	f.Add("@@ -1,3 +1,4 @@\r\n a\r\n\n+b\n c")
	f.Add("@@ -5,2 +4,0 @@ x @@\n-a\n-b")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := diff.ParsePatch(text)
		checkPatch(t, p)
		again, errAgain := diff.ParsePatch(p.String())
		if errAgain != nil {
			t.Fatalf("written again it does not parse: %v\n%q", errAgain, p.String())
		}
		if d := cmp.Diff(p, again); d != "" {
			t.Fatalf("read again it differs (first error %v):\n%s", err, d)
		}
	})
}

// checkPatch holds a patch against the promises of its fields and methods.
func checkPatch(t *testing.T, p diff.Patch) {
	t.Helper()
	for _, h := range p.Hunks {
		var old, head int
		for _, l := range h.Lines {
			if l.Op != diff.Added {
				old++
			}
			if l.Op == diff.Deleted {
				continue
			}
			head++
			if !p.Commentable(l.New, l.New) {
				t.Fatalf("line %d is in a hunk and takes no comment", l.New)
			}
			if l.Op == diff.Added && !p.Changes().Touch(l.New, l.New) {
				t.Fatalf("line %d is added and not changed", l.New)
			}
		}
		if old != h.OldLines || head != h.NewLines {
			t.Fatalf("hunk says %d, %d lines and has %d, %d", h.OldLines, h.NewLines, old, head)
		}
		if p.Commentable(h.NewStart, h.NewStart+h.NewLines) {
			t.Fatalf("the line after hunk %d takes a comment", h.NewStart)
		}
	}
}
