package command

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

func TestParse(t *testing.T) {
	review := []Command{{Verb: Review}}
	tests := []struct {
		name, body string
		want       []Command
	}{
		{"review", "/dfbot review", review},
		{"GitHub's line ends", "/dfbot review\r\n", review},
		{"help", "/dfbot help", []Command{{Verb: Help}}},
		{"no verb", "/dfbot", []Command{{Verb: Help}}},
		{"fix", "/dfbot fix", []Command{{Verb: Fix}}},
		{"fix of two rules", "/dfbot fix root-user DL3008",
			[]Command{{Verb: Fix, Rules: []string{"root-user", "DL3008"}}}},
		{"ignore", "/dfbot ignore root-user", []Command{{Verb: Ignore, Rules: []string{"root-user"}}}},
		{"ignore with a reason", "/dfbot ignore root-user   it is a  builder, `only`", []Command{{Verb: Ignore,
			Rules: []string{"root-user"}, Reason: "it is a builder, `only`"}}},
		{"a long reason", "/dfbot ignore root-user " + strings.Repeat("é", 300), []Command{{Verb: Ignore,
			Rules: []string{"root-user"}, Reason: strings.Repeat("é", 200)}}},
		{"explain", "/dfbot explain root-user", []Command{{Verb: Explain, Rules: []string{"root-user"}}}},
		{"several", "/dfbot ignore a\n/dfbot ignore b\n\n/dfbot review", []Command{
			{Verb: Ignore, Rules: []string{"a"}}, {Verb: Ignore, Rules: []string{"b"}}, {Verb: Review}}},
		{"more than three", strings.Repeat("/dfbot review\n", 5), []Command{{Verb: Review}, {Verb: Review},
			{Verb: Review}}},
		{"after words", "Thank you. See `apt-get`.\n/dfbot review", review},
		{"after a quotation", "> Shall I?\n\n/dfbot review", review},
		{"after code", "```\nx\n```\n/dfbot review", review},
		{"after a comment", "<!-- x -->\n\n/dfbot review", review},
		{"after a list", "- x\n/dfbot review", review},

		{"review of something", "/dfbot review root-user", []Command{{}}},
		{"ignore nothing", "/dfbot ignore", []Command{{}}},
		{"ignore a path", "/dfbot ignore ../x", []Command{{}}},
		{"explain two", "/dfbot explain a b", []Command{{}}},
		{"fix of too many", "/dfbot fix" + strings.Repeat(" a", 11), []Command{{}}},
		{"another verb", "/dfbot approve", []Command{{}}},
		{"a verb in capitals", "/dfbot REVIEW", []Command{{}}},

		{"nothing", "", nil},
		{"no UTF-8", "/dfbot ignore a \xff", nil},
		{"a word", "dfbot review", nil},
		{"another bot", "/dfbotany review", nil},
		{"not at the beginning", "please /dfbot review", nil},
		{"after a blank", " /dfbot review", nil},
		{"quoted", "> /dfbot review", nil},
		{"in the paragraph of a quotation", "> Shall I?\n/dfbot review", nil},
		{"in a fence", "```\n/dfbot review\n```", nil},
		{"in tildes", "~~~ text\n/dfbot review\n~~~", nil},
		{"in a longer fence", "````\n```\n/dfbot review\n````", nil},
		{"in a fence that does not end", "```\n\n/dfbot review", nil},
		{"indented", "    /dfbot review", nil},
		{"after a tab", "\t/dfbot review", nil},
		{"in an HTML comment", "<!--\n\n/dfbot review\n-->", nil},
		{"in an HTML comment on one line", "<!-- /dfbot review -->", nil},
		{"in an HTML comment with a fence", "<!--\n```\n-->\n```\n/dfbot review", nil},
		{"in pre", "<pre>\n\n/dfbot review\n</pre>", nil},
		{"in blockquote", "<blockquote>\n\n/dfbot review\n</blockquote>", nil},
		{"in an instruction", "<?x\n\n/dfbot review\n?>", nil},
		{"in CDATA", "<![CDATA[\n\n/dfbot review\n]]>", nil},
		{"in HTML", "<div>\n/dfbot review", nil},
		{"in code over several lines", "see `\n/dfbot review\n`", nil},
		{"in code of two ticks", "``\n/dfbot review\n``", nil},
		{"in code after an escaped tick", "\\`x `\n/dfbot review\n`", nil},
		{"in the title of a link", "[x](y \"\n/dfbot review\n\")", nil},
		{"in the title of a definition", "[x]: y\n\"\n/dfbot review\n\"", nil},
		{"after too many lines", strings.Repeat("x\n", 200) + "/dfbot review", nil},
	}
	for _, test := range tests {
		if got := Parse(test.body); !gocmp.Equal(got, test.want, cmpopts.EquateEmpty()) {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestDigest(t *testing.T) {
	if Digest("a") == Digest("b") || len(Digest("")) != 16 {
		t.Error(Digest("a"), Digest("b"))
	}
}

// FuzzParse holds what is found against a reader of Markdown that is not ours: each command is a line of text there, in
// no quotation, code or HTML.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"/dfbot review", "> q\n/dfbot review", "```\n/dfbot fix\n```\n/dfbot help", "a `\n/dfbot review\n` b",
		"<!-- \n/dfbot review\n-->\n/dfbot review", "- a\n\n  ```\n/dfbot review\n  ```\n",
		"[a]: b\n'\n/dfbot review\n'",
		"<a\n/dfbot review\n>", "\\`` a `\n/dfbot review\n`", "1. ~~~\n/dfbot review",
		"<pre>\n\n</pre>\n/dfbot review",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) > 2000 || strings.ContainsAny(body, "\r\x00") {
			t.Skip("too long, or with characters that a reader of Markdown takes for others")
		}
		found := Parse(body)
		if len(found) > maxCommands {
			t.Errorf("%d commands", len(found))
		}
		if shown := shownLines(body); len(found) > shown {
			t.Errorf("%d commands, and %d lines that are shown as text and begin like one", len(found), shown)
		}
	})
}

// shownLines counts the lines that begin like a command and that the Markdown shows as text.
func shownLines(body string) (n int) {
	source := []byte(body)
	doc := goldmark.DefaultParser().Parse(text.NewReader(source))
	_ = ast.Walk(doc, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		switch node := node.(type) {
		case *ast.Blockquote, *ast.CodeBlock, *ast.FencedCodeBlock, *ast.HTMLBlock, *ast.CodeSpan, *ast.RawHTML:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			at := node.Segment.Start
			if entering && strings.HasPrefix(body[at:], "/dfbot") && (at == 0 || body[at-1] == '\n') {
				n++
			}
		}
		return ast.WalkContinue, nil
	})
	return n
}
