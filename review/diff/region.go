package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Region replaces a run of whole lines of a text, as a suggestion does. It is
// bound to the text that it was made from.
type Region struct {
	Start, End int    // the 1-based first and last line that are replaced
	Old        string // the text there now, with line ends
	New        string // what is put there; empty deletes the lines
}

// Between is the smallest run of lines that, replaced, turns old into new. Lines
// that are only put in have no place of their own, so the line before them is
// replaced by that line and them; the first line, where they come before it.
//
// There is none where the two are equal, or where old is empty and so has no
// line to replace.
func Between(old, new []byte) (Region, bool) {
	before, after := splitLines(string(old)), splitLines(string(new))
	if len(before) == 0 || string(old) == string(new) {
		return Region{}, false
	}
	head := commonPrefix(before, after)
	tail := commonSuffix(before[head:], after[head:])
	if head+tail == len(before) { // lines are only put in: take an anchor
		if head > 0 {
			head--
		} else {
			tail--
		}
	}
	return region(before, after, head, tail), true
}

// Around is the smallest run of lines that, replaced, turns old into new and covers the lines start to end of old,
// which must be lines that old has. There is none where the two are equal.
func Around(old, new []byte, start, end int) (Region, bool) {
	before, after := splitLines(string(old)), splitLines(string(new))
	if start < 1 || end < start || end > len(before) || string(old) == string(new) {
		return Region{}, false
	}
	head := min(commonPrefix(before, after), start-1)
	tail := min(commonSuffix(before[head:], after[head:]), len(before)-end)
	return region(before, after, head, tail), true
}

// region replaces all but the first head and the last tail lines.
func region(before, after []string, head, tail int) Region {
	return Region{
		Start: head + 1,
		End:   len(before) - tail,
		Old:   strings.Join(before[head:len(before)-tail], ""),
		New:   strings.Join(after[head:len(after)-tail], ""),
	}
}

func commonPrefix(a, b []string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b []string) int {
	n := 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// Suggestion is the content of a suggestion block that does what the region
// does: its lines without their ends, none to delete, one empty line to leave
// an empty line.
//
// It is not exact where such a block cannot say it, and should not be offered
// then: GitHub may change carriage returns when it applies a suggestion, a block
// says nothing on whether the file ends in a line feed, and control characters
// and bytes that are not UTF-8 do not survive the way through a comment.
func (r Region) Suggestion() (lines []string, exact bool) {
	for _, l := range splitLines(r.New) {
		lines = append(lines, strings.TrimSuffix(trimNewline(l), "\r"))
	}
	exact = sameEnd(r.Old, r.New) && plain(r.New) && !strings.Contains(r.Old, "\r")
	return lines, exact
}

func sameEnd(old, new string) bool {
	return strings.HasSuffix(old, "\n") && (new == "" || strings.HasSuffix(new, "\n")) ||
		!strings.HasSuffix(old, "\n") && new != "" && !strings.HasSuffix(new, "\n")
}

// plain reports whether s has nothing but text, tabs and line feeds.
func plain(s string) bool {
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' }
	return utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}
