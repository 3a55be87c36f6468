package diff

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MaxPatch is the most bytes that [ParsePatch] reads. GitHub leaves the patch
// of a file out above 500 KB or 20,000 lines (docs.github.com, "Limits for
// viewing content and diffs in a repository").
const MaxPatch = 1 << 20

// maxLine bounds a line number, so that sums of two cannot overflow an int32.
const maxLine = 1 << 29

// Patch is what changed in one file. The zero Patch has no hunks: no line of
// it takes a comment and none is changed.
type Patch struct {
	Hunks []Hunk
}

// Hunk is a run of changed lines with the unchanged lines around them.
type Hunk struct {
	OldStart, OldLines int    // 1-based first line and number of lines before
	NewStart, NewLines int    // the same at the head; with no lines, Start is the line before the gap
	Section            string // the text after the second @@: git's guess at the enclosing function
	Lines              []Line
}

// Op says what a patch does with a line.
type Op byte

// The three things that a patch does with a line, by their marks in its text.
const (
	Context Op = ' '
	Added   Op = '+'
	Deleted Op = '-'
)

// Line is one line of a hunk.
type Line struct {
	Op        Op
	Old, New  int    // 1-based numbers before and at the head; 0 where the line does not exist
	Text      string // without its line feed, with its carriage return if it has one
	NoNewline bool   // the last line of a file that does not end in a line feed
}

// SyntaxError is text that is not a patch.
type SyntaxError struct {
	Line   int    // 1-based line of the patch
	Reason string // in dfbot's own words: nothing of the patch is in it
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("patch line %d: %s", e.Line, e.Reason)
}

// ParsePatch reads the patch field that GitHub gives for a file of a pull
// request: hunks without file headers, without a line feed at the end. An
// empty patch (a binary or very large file, a rename, a change of mode) is the
// zero Patch and no error; it does not mean that nothing changed.
//
// The error is a [*SyntaxError]. The hunks before the one at fault are
// returned with it, and they are sound.
func ParsePatch(patch string) (Patch, error) {
	if len(patch) > MaxPatch {
		return Patch{}, &SyntaxError{1, fmt.Sprintf("more than %d bytes", MaxPatch)}
	}
	r := reader{lines: splitLines(patch)}
	var p Patch
	for r.next < len(r.lines) {
		h, err := r.hunk()
		if err != nil {
			return p, err
		}
		p.Hunks = append(p.Hunks, h)
	}
	return p, nil
}

// reader walks over the lines of a patch.
type reader struct {
	lines            []string
	next             int // index of the line to read next
	oldDone, newDone int // the last line numbers that an earlier hunk took
}

func (r *reader) fail(reason string) error {
	return &SyntaxError{min(r.next+1, len(r.lines)), reason}
}

func (r *reader) hunk() (Hunk, error) {
	h, ok := parseHeader(trimNewline(r.lines[r.next]))
	if !ok {
		return Hunk{}, r.fail("no hunk header")
	}
	oldNext, newNext := firstLine(h.OldStart, h.OldLines), firstLine(h.NewStart, h.NewLines)
	if oldNext <= r.oldDone || newNext <= r.newDone {
		return Hunk{}, r.fail("the hunk overlaps the one before")
	}
	r.next++
	oldEnd, newEnd := oldNext+h.OldLines, newNext+h.NewLines
	for oldNext < oldEnd || newNext < newEnd {
		l, err := r.line()
		if err != nil {
			return Hunk{}, err
		}
		if l.Op != Added {
			l.Old = oldNext
			oldNext++
		}
		if l.Op != Deleted {
			l.New = newNext
			newNext++
		}
		if oldNext > oldEnd || newNext > newEnd {
			return Hunk{}, r.fail("more lines than the hunk header says")
		}
		r.next++
		l.NoNewline = r.noNewline()
		h.Lines = append(h.Lines, l)
	}
	r.oldDone, r.newDone = oldEnd-1, newEnd-1
	return h, nil
}

func (r *reader) line() (Line, error) {
	if r.next >= len(r.lines) {
		return Line{}, r.fail("the patch ends inside a hunk")
	}
	text := trimNewline(r.lines[r.next])
	if text == "" {
		return Line{Op: Context}, nil // an empty line whose space was trimmed
	}
	switch op := Op(text[0]); op {
	case Context, Added, Deleted:
		return Line{Op: op, Text: text[1:]}, nil
	}
	return Line{}, r.fail("neither context, added nor deleted")
}

// noNewline steps over git's remark on the line before, which begins with a
// backslash in every language that git speaks.
func (r *reader) noNewline() bool {
	if r.next < len(r.lines) && strings.HasPrefix(r.lines[r.next], `\`) {
		r.next++
		return true
	}
	return false
}

var header = regexp.MustCompile(`^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(?: (.*))?$`)

func parseHeader(text string) (Hunk, bool) {
	m := header.FindStringSubmatch(strings.TrimRight(text, "\r"))
	if m == nil {
		return Hunk{}, false
	}
	h := Hunk{
		OldStart: number(m[1]), OldLines: number(m[2]),
		NewStart: number(m[3]), NewLines: number(m[4]),
		Section: m[5],
	}
	for _, n := range []int{h.OldStart, h.OldLines, h.NewStart, h.NewLines} {
		if n > maxLine {
			return Hunk{}, false
		}
	}
	empty := h.OldLines == 0 && h.NewLines == 0
	return h, !empty && firstLine(h.OldStart, h.OldLines) > 0 && firstLine(h.NewStart, h.NewLines) > 0
}

// number reads a field of a hunk header; a count left out is 1.
func number(s string) int {
	if s == "" {
		return 1
	}
	n, _ := strconv.Atoi(s) // nine digits at most, by the pattern
	return n
}

// firstLine is the number of a hunk's first line on one side. A side without
// lines is written with the number of the line before it.
func firstLine(start, lines int) int {
	if lines == 0 {
		return start + 1
	}
	return start
}

func trimNewline(line string) string { return strings.TrimSuffix(line, "\n") }

// Commentable reports whether GitHub takes a comment on the lines start to end of
// the head version (side RIGHT): all of them must be in one hunk, as context
// or as added lines.
func (p Patch) Commentable(start, end int) bool {
	if start < 1 || end < start {
		return false
	}
	for _, h := range p.Hunks {
		if h.NewStart <= start && end < h.NewStart+h.NewLines {
			return true
		}
	}
	return false
}

// Changes are the lines of the head version at which a patch changes something.
type Changes struct {
	added []int // lines, in order
	bare  []int // lines before which others were deleted, with nothing in their place
}

// Changes lists the changed lines.
func (p Patch) Changes() Changes {
	var c Changes
	for _, h := range p.Hunks {
		c.add(h)
	}
	slices.Sort(c.added)
	slices.Sort(c.bare)
	return c
}

func (c *Changes) add(h Hunk) {
	next := firstLine(h.NewStart, h.NewLines) // the head's line after what was read
	deleted, added := false, false            // in the present run of changes
	end := func() {
		if deleted && !added {
			c.bare = append(c.bare, next)
		}
		deleted, added = false, false
	}
	for _, l := range h.Lines {
		switch l.Op {
		case Deleted:
			deleted = true
		case Added:
			added = true
			c.added = append(c.added, l.New)
			next = l.New + 1
		default:
			end()
			next = l.New + 1
		}
	}
	end()
}

// Touch reports whether the lines start to end of the head version are changed: one of them is added, or lines between
// two of them were deleted and nothing was put in their place.
func (c Changes) Touch(start, end int) bool {
	if start < 1 || end < start {
		return false
	}
	i, _ := slices.BinarySearch(c.added, start)
	j, _ := slices.BinarySearch(c.bare, start+1)
	return i < len(c.added) && c.added[i] <= end || j < len(c.bare) && c.bare[j] <= end
}
