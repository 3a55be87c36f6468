package render

import (
	"bufio"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

func TestExcerpt(t *testing.T) {
	long := "RUN " + strings.Repeat("é", 300) + " apt-get install x " + strings.Repeat("z", 300)
	tests := map[string]struct {
		src, words string // the span is from the first words to the end of the last, cut at "~"
		from       int
		want       string
	}{
		"one word":       {"FROM a\nRUN x y z\n", "y", 0, "2 | RUN x y z\n  |       ^\n"},
		"wide and tabs":  {"RUN 漢字\tx\n", "x", 0, "1 | RUN 漢字    x\n  |             ^\n"},
		"combining":      {"RUN e\u0301 x\n", "x", 0, "1 | RUN e\u0301 x\n  |       ^\n"},
		"control":        {"RUN \x1b[2J x\n", "x", 0, "1 | RUN ␛[2J x\n  |          ^\n"},
		"bidi":           {"RUN \u202e x\n", "x", 0, "1 | RUN <U+202E> x\n  |              ^\n"},
		"crlf":           {"RUN x \\\r\n  y\r\n", "x~y", 0, "1 | RUN x \\\n  |     ^^^\n2 |   y\n  |   ^\n"},
		"mark":           {"\ufeffFROM a\n", "FROM a", 0, "1 | FROM a\n  | ^^^^^^\n"},
		"no final line":  {"FROM a", "a", 0, "1 | FROM a\n  |      ^\n"},
		"nothing":        {"", "", 0, "1 | \n  | ^\n"},
		"the head above": {"RUN a && \\\n b\n", "b", 1, "1 | RUN a && \\\n2 |  b\n  |  ^\n"},
		"far above":      {"RUN a && \\\n b && \\\n c\n", "c", 1, "1 | RUN a && \\\n. |\n3 |  c\n  |  ^\n"},
		"seven lines":    {"a\n1\n2\n3\n4\n5\nb\n", "a~b", 0, "1 | a\n  | ^\n2 | 1\n3 | 2\n. |\n6 | 5\n7 | b\n  | ^\n"},
		"six lines":      {"a\n1\n2\n3\n4\nb\n", "a~b", 0, "1 | a\n  | ^\n2 | 1\n3 | 2\n4 | 3\n5 | 4\n6 | b\n  | ^\n"},
		"a long line": {long, "install", 0, "1 | …" + strings.Repeat("é", 16) + " apt-get install x " +
			strings.Repeat("z", 110) + "…\n" +
			"  | " + strings.Repeat(" ", 26) + "^^^^^^^\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			first, last, cut := strings.Cut(tt.words, "~")
			span := dockerfile.Span{Start: strings.Index(tt.src, first)}
			span.End = span.Start + len(first)
			if cut {
				span.End = strings.Index(tt.src, last) + len(last)
			}
			var b strings.Builder
			out := &text{w: bufio.NewWriter(&b)}
			out.excerpt(newSource([]byte(tt.src)), span, tt.from)
			out.w.Flush()
			got := strings.TrimSuffix(strings.ReplaceAll("\n"+b.String(), "\n  ", "\n"), "\n")
			if diff := cmp.Diff(strings.TrimSuffix("\n"+tt.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// FuzzExcerpt: whatever the bytes and the span, the excerpt is short, plain text, and its carets
// are inside the line.
func FuzzExcerpt(f *testing.F) {
	f.Add([]byte("FROM a\nRUN x \\\n\ty\r\n"), 8, 14, 1)
	f.Add([]byte("\ufeffRUN \xff\x1b漢\n"), 2, 9, 0)
	f.Fuzz(func(t *testing.T, src []byte, start, end, from int) {
		start = min(max(start, 0), len(src))
		end = min(max(end, start), len(src))
		var b strings.Builder
		out := &text{w: bufio.NewWriter(&b)}
		out.excerpt(newSource(src), dockerfile.Span{Start: start, End: end}, from)
		out.w.Flush()
		if strings.Count(b.String(), "\n") > mostLines+5 {
			t.Errorf("%d lines", strings.Count(b.String(), "\n"))
		}
		for _, r := range b.String() {
			if r != '\n' && (r < ' ' || r == 0x7f || r == utf8.RuneError) &&
				!strings.Contains(string(src), string(utf8.RuneError)) {
				t.Errorf("%q in %q", r, b.String())
			}
		}
	})
}

func TestVisible(t *testing.T) {
	in := "ä\t\r\n\x00\x7f\u0085\u00a0\u200b\u2028\ufeff\xc3漢\u3164\ufe0f\u2800\U000e0100"
	want := "ä␉␍␊␀␡<U+0085><U+00A0><U+200B><U+2028><U+FEFF><C3>漢<U+3164><U+FE0F><U+2800><U+E0100>"
	if got := Visible(in); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSentenceMakesNoLinks(t *testing.T) {
	d := analysis.Diagnostic{Message: analysis.Say("No %s", `["a"]`), Why: analysis.Say("It has %s", "[x](http://y)")}
	if got, want := sentence(d), "No `[\"a\"]`. It has `\\[x\\](http://y)`"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBlock: lines for another file each get one line, whatever they hold.
func TestBlock(t *testing.T) {
	b := &analysis.Snippet{Path: "a\x1b/.dockerignore", Lines: []string{".git", "x\n\u202ey"}}
	var got strings.Builder
	out := &text{w: bufio.NewWriter(&got)}
	out.snippet(b)
	out.snippet(&analysis.Snippet{Path: ".dockerignore", New: true, Lines: []string{"a"}})
	out.snippet(nil)
	out.w.Flush()
	want := "  add at the end of `a␛/.dockerignore`:\n    .git\n    x␊<U+202E>y\n  add a file `.dockerignore`:\n    a\n"
	if got.String() != want {
		t.Errorf("as text:\n%s", got.String())
	}
	d := analysis.Diagnostic{Message: analysis.Say("No"), Snippet: b}
	if got, want := sentence(d), "No. At the end of `a␛/.dockerignore` belong:\n`.git`\n`x␊<U+202E>y`"; got != want {
		t.Errorf("in SARIF:\n%s", got)
	}
}

func TestPosition(t *testing.T) {
	src := "\ufeffFROM ä\r\nRUN \xffx\n"
	s := newSource([]byte(src))
	for words, want := range map[string]Position{
		"FROM": {1, 1, 3},
		"\r":   {1, 7, 10},
		"RUN":  {2, 1, 12},
		"x":    {2, 6, 17},
	} {
		if got := s.position(strings.Index(src, words)); got != want {
			t.Errorf("%q: %v, want %v", words, got, want)
		}
	}
	if got, want := s.position(len(src)), (Position{3, 1, len(src)}); got != want {
		t.Errorf("end: %v, want %v", got, want)
	}
}
