package render

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Bounds of an excerpt.
const (
	mostBytes = 160 // of a line, about; the rest is cut
	mostLines = 6   // of a span; the middle of a longer one is left out
)

// excerpt shows the lines of a span with carets under its first and last line; all carets where
// it is on one line. Where the instruction that holds the span begins on an earlier line, from,
// that line comes above.
func (t *text) excerpt(s *source, span dockerfile.Span, from int) {
	first := s.position(span.Start).Line
	last := s.position(max(span.End-1, span.Start)).Line
	number := len(fmt.Sprint(last))
	if from > 0 && from < first {
		t.row(number, from, s.line(from))
		if from < first-1 {
			t.gap(number)
		}
	}
	for n := first; n <= last; n++ {
		if last-first >= mostLines && n == first+mostLines/2 {
			t.gap(number)
			n = last - mostLines/2 + 2
		}
		line, from, to := s.part(span, n)
		line, from, to = window(line, from, to)
		shown, at := cells(line)
		fmt.Fprintf(t.w, "  %s %s\n", t.dim(fmt.Sprintf("%*d |", number, n)), shown)
		if n == first || n == last {
			carets := strings.Repeat("^", max(at[to]-at[from], 1))
			fmt.Fprintf(t.w, "  %s %s%s\n", t.dim(fmt.Sprintf("%*s |", number, "")), strings.Repeat(" ", at[from]),
				t.bold(carets))
		}
	}
}

// row shows one line of the file.
func (t *text) row(number, n int, line []byte) {
	line, _, _ = window(line, 0, 0)
	shown, _ := cells(line)
	fmt.Fprintf(t.w, "  %s %s\n", t.dim(fmt.Sprintf("%*d |", number, n)), shown)
}

func (t *text) gap(number int) {
	fmt.Fprintf(t.w, "  %s\n", t.dim(strings.Repeat(".", number)+" |"))
}

// part returns a line of a span and the bytes in it that belong to the span. Blanks at the
// beginning of its later lines do not.
func (s *source) part(span dockerfile.Span, n int) (line []byte, from, to int) {
	line = s.line(n)
	start := s.lines[n-1]
	from = min(max(span.Start-start, 0), len(line))
	to = min(max(span.End-start, from), len(line))
	if span.Start < start {
		from = min(to, blanks(line))
	}
	return line, from, to
}

// window cuts a long line to what is around the bytes from to to.
func window(line []byte, from, to int) ([]byte, int, int) {
	if len(line) <= mostBytes {
		return line, from, to
	}
	start := max(0, min(from-mostBytes/4, len(line)-mostBytes))
	end := min(len(line), start+mostBytes)
	for start > 0 && !utf8.RuneStart(line[start]) && start > end-mostBytes-utf8.UTFMax {
		start--
	}
	for end < len(line) && !utf8.RuneStart(line[end]) && end < start+mostBytes+utf8.UTFMax {
		end++
	}
	const dots = "…"
	cut := append([]byte(nil), line[start:end]...)
	from, to = max(from-start, 0), min(max(to-start, 0), len(cut))
	if end < len(line) {
		cut = append(cut, dots...)
	}
	if start > 0 {
		cut = append([]byte(dots), cut...)
		from, to = from+len(dots), to+len(dots)
	}
	return cut, from, to
}
