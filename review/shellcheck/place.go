package shellcheck

import (
	"strings"
	"unicode/utf8"
)

// place finds the words of the code that a remark is about; false where it is about the prologue, or of
// what is not there.
func (s script) place(r remark) (start, end int, ok bool) {
	before := strings.Count(s.prologue, "\n")
	text := s.code.Text.String()
	start, ok = offset(text, r.Line-before, r.Column)
	if !ok {
		return 0, 0, false
	}
	end, ok = offset(text, r.EndLine-before, r.EndColumn)
	if !ok || end <= start { // some remarks are about a point
		_, n := utf8.DecodeRuneInString(text[start:])
		end = start + n
	}
	return start, end, start < end
}

// offset is the place of the column-th character of the line, both 1-based; the one after the
// last of the line counts too.
func offset(text string, line, column int) (int, bool) {
	if line < 1 || column < 1 {
		return 0, false
	}
	at := 0
	for ; line > 1; line-- {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return 0, false
		}
		at += n + 1
	}
	for ; column > 1; column-- {
		r, n := utf8.DecodeRuneInString(text[at:])
		if n == 0 || r == '\n' {
			return 0, false
		}
		at += n
	}
	return at, true
}
