package checks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

var gfm = goldmark.New(goldmark.WithExtensions(extension.GFM))

func TestCode(t *testing.T) {
	tests := []struct{ in, want string }{
		{"curl", "`curl`"},
		{"", "` `"},
		{"@octocat #1 o/r#2 https://x.example", "`@octocat #1 o/r#2 https://x.example`"},
		{"a`b", "``a`b``"},
		{"`", "`` ` ``"},
		{" a", "`  a `"},
		{"   ", "`   `"},
		{"a\nb", "`a<U+000A>b`"},
		{"a\r\x1b[31m", "`a<U+000D><U+001B>[31m`"},
		{"user\u202enimda", "`user<U+202E>nimda`"},
		{"zero\u200bwidth\ufeff", "`zero<U+200B>width<U+FEFF>`"},
		{"\xff", "`<0xFF>`"},
		{"a\tb", "`a b`"},
		{strings.Repeat("é", 301), "`" + strings.Repeat("é", 300) + "…`"},
	}
	for _, tt := range tests {
		if got := Code(tt.in); got != tt.want {
			t.Errorf("Code(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

// TestInvisible shows or refuses, everywhere, what looks like nothing or like a blank.
func TestInvisible(t *testing.T) {
	for _, r := range []rune{
		0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFFA0, 0x1D159, 0xE0041,
		0xE0100, 0xE01EF,
	} {
		in, want := "b"+string(r), fmt.Sprintf("`b<U+%04X>`", r)
		if got := Code(in); got != want {
			t.Errorf("Code(%+q) = %+q, want %s", in, got, want)
		}
		if got := Cell(in); got != want {
			t.Errorf("Cell(%+q) = %+q, want %s", in, got, want)
		}
		if got, ok := Fence("x", in); ok {
			t.Errorf("Fence(%+q) = %+q, want none", in, got)
		}
	}
	if _, ok := Fence("x", "# ⚠️ an emoji\n"); !ok {
		t.Error("no fence for an emoji")
	}
}

func TestFence(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "```x\n```\n"},
		{"\n", "```x\n\n```\n"},
		{"a", "```x\na\n```\n"},
		{"a\r\nb\r\n", "```x\na\r\nb\r\n```\n"},
		{"  ````\n", "`````x\n  ````\n`````\n"},
		{"~~~\n</details>\n", "```x\n~~~\n</details>\n```\n"},
	}
	for _, tt := range tests {
		if got, ok := Fence("x", tt.in); !ok || got != tt.want {
			t.Errorf("Fence(%q) = %q, %v, want %q", tt.in, got, ok, tt.want)
		}
	}
	for _, in := range []string{"\x00", "a\rb", "\x1b[2J", "\u202e", "\ufeffFROM", "\xff", "\u0085"} {
		if got, ok := Fence("x", in); ok {
			t.Errorf("Fence(%q) = %q, want none", in, got)
		}
	}
}

// texts renders the Markdown and returns the text in code spans and in fences. Everything else
// must be of the words that the caller expects.
func texts(t *testing.T, markdown string, own ...string) (spans, fences []string) {
	t.Helper()
	src := []byte(markdown)
	doc := gfm.Parser().Parse(text.NewReader(src))
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Document, *ast.Paragraph, *extast.Table, *extast.TableHeader, *extast.TableRow, *extast.TableCell:
		case *ast.CodeSpan:
			var b strings.Builder
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				switch c := c.(type) {
				case *ast.Text:
					b.Write(c.Segment.Value(src))
				case *ast.String:
					b.Write(c.Value)
				}
			}
			spans = append(spans, b.String())
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock:
			var b strings.Builder
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.Write(line.Value(src))
			}
			fences = append(fences, b.String())
		case *ast.Text:
			if v := string(n.Segment.Value(src)); !contains(own, v) {
				return ast.WalkStop, fmt.Errorf("text %q outside of code", v)
			}
		default:
			return ast.WalkStop, fmt.Errorf("a %s", n.Kind())
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatalf("%v came of\n%s", err, markdown)
	}
	return spans, fences
}

func contains(words []string, s string) bool {
	for _, w := range words {
		if strings.TrimSpace(w) == strings.TrimSpace(s) {
			return true
		}
	}
	return strings.TrimSpace(s) == ""
}

// FuzzEscape puts hostile strings where dfbot puts them and has a Markdown parser say what
// becomes of them: code, the whole of it, and nothing else.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", " ", "`", "``` ```", "a`", "@a", "a/b#1", "https://a.example", "www.a.example",
		"a@b.example",
		"![i](https://a.example)", "<img src=x>", "<!-- dfbot:v1 a sha=b -->", "-->", "</details>", "</code>", "a|b",
		`a\|b`, `\`, `a\`, `\\|`, "|", "`|`",
		"a\nb", "\n\n# h", "```\n@a\n```", "    ~~~", "\u202ex", "\x00", "\xff\xfe", "&#64;a", "\\@a", "$`x`$", ":+1:",
		"`````\n", "\r@a", "\r```\r@a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown := visible(s)
		if shown == "" {
			shown = " "
		}
		for _, md := range []string{
			Code(s),
			"This " + Code(s) + " reads",
			Code(s) + " and " + Code(s),
		} {
			spans, _ := texts(t, md, "This", "reads", "and")
			for _, got := range spans {
				if got != shown {
					t.Fatalf("code span %q instead of %q in %s", got, shown, md)
				}
			}
			if len(spans) == 0 {
				t.Fatalf("no code span in %q", md)
			}
		}
		table := "| Where | What |\n| --- | --- |\n| " + Cell(s) + " | in " + Cell(s) + " |\n"
		spans, _ := texts(t, table, "Where", "What", "in")
		if len(spans) != 2 || spans[0] != shown || spans[1] != shown {
			t.Fatalf("code spans %q instead of %q in\n%s", spans, shown, table)
		}
		block, ok := Fence("suggestion", s)
		if !ok {
			return
		}
		_, fences := texts(t, "This\n\n"+block+"\nand "+Code(s)+"\n", "This", "and")
		want := s
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if len(fences) != 1 || fences[0] != want {
			t.Fatalf("fences %q instead of %q", fences, want)
		}
	})
}
