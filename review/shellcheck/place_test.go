package shellcheck

import (
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// FuzzPlace: wherever the program says that it has found something, the words are inside of the code, and the
// characters before them are as many as it says.
func FuzzPlace(f *testing.F) {
	f.Add("FROM a\nRUN echo é\t$x \\\n  && b\n", 3, 6, 3, 8)
	f.Add("FROM a\nRUN <<E\na\n日\xff b\nE\n", 4, 2, 4, 3)
	f.Add("FROM a\nRUN x\n", 1, 1, 9, 9)
	f.Fuzz(func(t *testing.T, src string, line, column, endLine, endColumn int) {
		file, err := dockerfile.Parse("Dockerfile", []byte(src))
		if err != nil {
			return
		}
		for _, in := range file.Instructions() {
			if in.Script == nil {
				continue
			}
			s := script{in: in, run: in, code: in.Script, prologue: "1\n2\n"}
			start, end, ok := s.place(remark{Line: line, Column: column, EndLine: endLine, EndColumn: endColumn})
			if !ok {
				continue
			}
			text := in.Script.Text.String()
			l, c := 3, 1
			for _, r := range text[:start] {
				if c++; r == '\n' {
					l, c = l+1, 1
				}
			}
			if start >= end || end > len(text) || l != line || c != column {
				t.Errorf("%d:%d is %d:%d, bytes %d to %d of %d", line, column, l, c, start, end, len(text))
			}
			if span := in.Script.Text.Span(start, end); span.Start < 0 || span.End > len(src) || span.Len() <= 0 {
				t.Errorf("bytes %v of %d", span, len(src))
			}
		}
	})
}
