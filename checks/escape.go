package checks

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/invisible"
)

// maxSpan is the most characters of a string that a code span shows.
const maxSpan = 300

// Code shows a string of the pull request as a Markdown code span on one line. Whatever it holds
// stays text: no mention, reference, link, image or HTML comes of it, and it cannot end the span.
// Characters that cannot be seen, or that reorder or break the line, are shown as <U+202E>, bytes
// that are not UTF-8 as <0xFF>. What is longer than 300 characters is cut and ends in an ellipsis.
//
// The span must not be put directly after or before a backtick.
func Code(s string) string { return span(visible(s)) }

// Cell is Code for the cell of a table, where a pipe has to be escaped even in a code span.
func Cell(s string) string { return strings.ReplaceAll(span(visible(s)), "|", `\|`) }

// span puts text of one line between more backticks than it holds in a row.
func span(s string) string {
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	if s == "" {
		return "` `"
	}
	if strings.Trim(s, " ") != "" && (strings.ContainsRune("` ", rune(s[0])) ||
		strings.ContainsRune("` ", rune(s[len(s)-1]))) {
		s = " " + s + " " // Markdown takes these two away again
	}
	return ticks + s + ticks
}

// visible puts s on one line on which everything can be seen.
func visible(s string) string {
	var b strings.Builder
	n := 0
	for len(s) > 0 {
		if n++; n > maxSpan {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "<0x%02X>", s[0])
		case r == '\t':
			b.WriteByte(' ')
		case !unicode.IsPrint(r) || invisible.Rune(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// Fence shows text of the pull request as a fenced block that it cannot end, as it is. The block
// begins on a line of its own and ends with a line feed. Lang is one of dfbot's own words.
//
// It reports false, and gives nothing, for text that cannot be shown as it is: with control
// characters other than tabs and line ends, with characters that cannot be seen or that reorder
// a line, or with bytes that are not UTF-8.
func Fence(lang, s string) (string, bool) {
	if !plain(s) {
		return "", false
	}
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	ticks := strings.Repeat("`", max(3, longestRun(s, '`')+1))
	return ticks + lang + "\n" + s + ticks + "\n", true
}

// plain reports whether the text has nothing but what can be seen, tabs, and line ends.
func plain(s string) bool {
	control := func(r rune) bool { return r != '\t' && r != '\n' && unicode.IsControl(r) }
	return utf8.ValidString(s) && !invisible.In(s) &&
		!strings.ContainsFunc(strings.ReplaceAll(s, "\r\n", "\n"), control)
}

// longestRun is the length of the longest run of c in s.
func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
