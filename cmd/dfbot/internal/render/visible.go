package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/dfbot/dfbot/review/invisible"
)

// tabStop is how many cells apart tabs stop.
const tabStop = 4

// Visible shows text so that it cannot move the cursor, hide, or reorder what is beside it:
// control characters become their pictures, invisible ones their code points, bytes that are not
// UTF-8 their numbers. What it writes is one line.
func Visible(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		b.WriteString(glyph(r, n, text[0]))
		text = text[n:]
	}
	return b.String()
}

// glyph is what stands for a character of n bytes, the first of which is given.
func glyph(r rune, n int, first byte) string {
	switch {
	case r == utf8.RuneError && n == 1:
		return fmt.Sprintf("<%02X>", first)
	case r < 0x20:
		return string(r + '␀')
	case r == 0x7f:
		return "␡"
	case unicode.Is(unicode.C, r) || unicode.Is(unicode.Z, r) && r != ' ' || invisible.Rune(r):
		return fmt.Sprintf("<U+%04X>", r)
	}
	return string(r)
}

// quoted is visible text between backticks.
func quoted(text string) string { return "`" + Visible(text) + "`" }

// cells lays a line out on a terminal: tabs become blanks. The second value has the cell at
// which each byte of the line begins, and one more for its end.
func cells(line []byte) (string, []int) {
	var b strings.Builder
	at, starts := 0, make([]int, 0, len(line)+1)
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		for range n {
			starts = append(starts, at)
		}
		shown := glyph(r, n, line[i])
		if r == '\t' {
			shown = strings.Repeat(" ", tabStop-at%tabStop)
		}
		b.WriteString(shown)
		at += breadth(shown)
		i += n
	}
	return b.String(), append(starts, at)
}

// breadth is the number of cells that the text takes.
func breadth(text string) int {
	n := 0
	for _, r := range text {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
