package demo

import (
	"bytes"
	"html"
	"html/template"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"

	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review/diff"
)

// prose renders Markdown as GitHub does. The text is taken to be hostile: of HTML only the few tags pass that dfbot
// itself writes, without attributes and only where they are balanced; images become their descriptions; links lead
// nowhere but to http and https.
type prose struct {
	// suggestion is the difference that a suggestion block makes; none shows the block as code.
	suggestion []diff.Line
}

// render gives the HTML of a text.
func (p prose) render(markdown string) template.HTML {
	markdown = strings.Map(reordering, markdown)
	out := p.convert(markdown, true)
	if !balanced(out) {
		out = p.convert(markdown, false)
	}
	return template.HTML(out)
}

// reordering replaces characters that change the order in which a line is read.
func reordering(r rune) rune {
	if r == 0x061c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
		return '\ufffd'
	}
	return r
}

func (p prose) convert(markdown string, tags bool) string {
	md := goldmark.New(
		goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
			extension.Strikethrough, extension.TaskList, extension.Linkify),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(&nodes{p, tags}, 1))),
	)
	var b bytes.Buffer
	if err := md.Convert([]byte(markdown), &b); err != nil {
		return "<pre>" + html.EscapeString(markdown) + "</pre>"
	}
	return b.String()
}

// nodes renders what goldmark would not, or not safely.
type nodes struct {
	prose
	tags bool
}

func (n *nodes) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindRawHTML, n.rawHTML)
	reg.Register(ast.KindHTMLBlock, n.htmlBlock)
	reg.Register(ast.KindFencedCodeBlock, n.fence)
	reg.Register(ast.KindImage, n.image)
	reg.Register(ast.KindLink, n.link)
}

func (n *nodes) rawHTML(w util.BufWriter, src []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		w.WriteString(n.pass(string(node.(*ast.RawHTML).Segments.Value(src))))
	}
	return ast.WalkSkipChildren, nil
}

func (n *nodes) htmlBlock(w util.BufWriter, src []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	block := node.(*ast.HTMLBlock)
	switch {
	case entering:
		w.WriteString(n.pass(string(block.Lines().Value(src))))
	case block.HasClosure():
		w.WriteString(n.pass(string(block.ClosureLine.Value(src))))
	}
	return ast.WalkContinue, nil
}

var (
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	ownTag  = regexp.MustCompile(`&lt;(/?(?:details|summary|sub|sup))&gt;`)
)

// pass escapes HTML but for comments, which are dropped, and dfbot's own tags.
func (n *nodes) pass(text string) string {
	text = html.EscapeString(comment.ReplaceAllString(text, ""))
	if n.tags {
		text = ownTag.ReplaceAllString(text, "<$1>")
	}
	return text
}

var anyOwnTag = regexp.MustCompile(`<(/?)(details|summary|sub|sup)>`)

// balanced reports whether dfbot's own tags are closed in the order in which they were opened. Other tags come
// from the renderer, which closes its own.
func balanced(out string) bool {
	var open []string
	for _, m := range anyOwnTag.FindAllStringSubmatch(out, -1) {
		switch {
		case m[1] == "":
			open = append(open, m[2])
		case len(open) == 0 || open[len(open)-1] != m[2]:
			return false
		default:
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

// fence shows a block of code: a suggestion and a diff with colours, the rest as it is.
func (n *nodes) fence(w util.BufWriter, src []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	block := node.(*ast.FencedCodeBlock)
	content := string(block.Lines().Value(src))
	switch lang := string(block.Language(src)); {
	case lang == "suggestion" && n.suggestion != nil:
		w.WriteString(`<div class="suggestion"><p class="suggestion-title">Suggested change</p><pre class="diff-lines">`)
		for _, l := range n.suggestion {
			diffLine(w, string(l.Op)+l.Text)
		}
		w.WriteString("</pre></div>\n")
	case lang == "diff":
		w.WriteString(`<pre class="diff-lines">`)
		for line := range strings.SplitSeq(strings.TrimSuffix(content, "\n"), "\n") {
			diffLine(w, line)
		}
		w.WriteString("</pre>\n")
	default:
		w.WriteString("<pre><code>" + html.EscapeString(content) + "</code></pre>\n")
	}
	return ast.WalkSkipChildren, nil
}

// diffLine writes one line of a patch.
func diffLine(w util.BufWriter, line string) {
	class := "same"
	switch {
	case strings.HasPrefix(line, "@@"), strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		class = "head"
	case strings.HasPrefix(line, "+"):
		class = "add"
	case strings.HasPrefix(line, "-"):
		class = "del"
	}
	if class == "head" {
		w.WriteString(`<span class="head">` + html.EscapeString(shown(line)) + "</span>\n")
		return
	}
	mark, text := " ", ""
	if line != "" {
		mark, text = line[:1], line[1:]
	}
	w.WriteString(`<span class="` + class + `"><span class="mark">` + html.EscapeString(mark) + "</span>" +
		html.EscapeString(shown(text)) + "</span>\n")
}

// image shows what an image is said to show: the page loads nothing from elsewhere.
func (n *nodes) image(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		w.WriteString(`<em class="image">`)
	} else {
		w.WriteString("</em>")
	}
	return ast.WalkContinue, nil
}

// onPull matches a link to a comment of the pull request, as check runs have it: the lines of a new one, the number of
// an earlier one.
var onPull = regexp.MustCompile(`^https?://[^/]+/[^/]+/[^/]+/pull/\d+(?:/files#diff-[0-9a-f]{64}R\d+|#discussion_r(\d+))$`)

// link leads to the demo's own copy of a rule's page, so that it can be read without a network, and to its own page of
// the pull request.
func (n *nodes) link(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		w.WriteString("</a>")
		return ast.WalkContinue, nil
	}
	to := string(node.(*ast.Link).Destination)
	if rule, ok := strings.CutPrefix(to, checks.DocsURL); ok {
		to = "/rules/" + strings.TrimSuffix(rule, ".md")
	} else if m := onPull.FindStringSubmatch(to); m != nil && m[1] != "" {
		to = "/#thread-" + m[1]
	} else if m != nil {
		to = "/files"
	} else if !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "http://") {
		to = ""
	}
	if to == "" {
		w.WriteString("<a>")
		return ast.WalkContinue, nil
	}
	w.WriteString(`<a rel="noopener noreferrer" href="` + html.EscapeString(string(util.URLEscape([]byte(to), true))) +
		`">`)
	return ast.WalkContinue, nil
}
