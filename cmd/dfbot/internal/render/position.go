package render

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var bom = []byte("\xef\xbb\xbf")

// source finds its way in the bytes of a file.
type source struct {
	text  []byte
	lines []int // offset of each line's first character, the empty line after a final newline included
}

func newSource(text []byte) *source {
	s := &source{text: text, lines: []int{0}}
	if bytes.HasPrefix(text, bom) {
		s.lines[0] = len(bom)
	}
	for i, c := range text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// Position is a place in a file. See the package comment for how columns count.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Offset int `json:"offset"` // in bytes
}

func (s *source) position(offset int) Position {
	n := max(1, sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset }))
	start := s.lines[n-1]
	return Position{n, utf8.RuneCount(s.text[start:max(start, offset)]) + 1, offset}
}

// line returns the n-th line, 1-based, without its end; it is empty where there is none.
func (s *source) line(n int) []byte {
	if n < 1 || n > len(s.lines) {
		return nil
	}
	line, _, _ := bytes.Cut(s.text[s.lines[n-1]:], []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// span returns the bytes that a diagnostic speaks of: for a file that does not parse the whole
// lines that BuildKit names.
func (s *source) span(d analysis.Diagnostic) dockerfile.Span {
	if d.Rule != analysis.DoesNotParse {
		return d.Span
	}
	first := s.clamp(d.Place.Line)
	last := max(first, s.clamp(d.Place.EndLine))
	start, end := s.lines[first-1]+blanks(s.line(first)), s.lines[last-1]+len(s.line(last))
	return dockerfile.Span{Start: start, End: max(start, end)}
}

func (s *source) clamp(line int) int { return min(max(line, 1), len(s.lines)) }

// blanks counts the bytes of the blanks that a line begins with.
func blanks(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }
