package demo

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/review"
)

// Said is what a review comment of the bot says.
type Said struct {
	Findings   []Finding
	Suggestion *string // content of its suggestion block; nil where there is none
	Fixed      string  // commit in which its finding was gone; "" while it is there
}

// Finding is a rule and what it says about the lines.
type Finding struct{ Rule, Text string }

// Rules names the rules of the findings.
func (s Said) Rules() string {
	var names []string
	for _, f := range s.Findings {
		names = append(names, f.Rule)
	}
	return strings.Join(names, ", ")
}

// findingLine is how checks begins what it says about one diagnostic.
var findingLine = regexp.MustCompile(`(?m)^(?:- )?\*\*\[([a-z0-9-]+)\]\([^)\s]*\)\*\* · [a-z]+[a-z0-9, ]*: (.*)$`)

// read takes a comment of the bot apart.
func read(body string) Said {
	var s Said
	if m, ok := review.ParseMarker(body); ok {
		s.Fixed = m.Fixed
	}
	for _, m := range findingLine.FindAllStringSubmatch(body, -1) {
		s.Findings = append(s.Findings, Finding{m[1], firstSentence(m[2])})
	}
	for _, f := range fences(body, "suggestion") {
		if s.Suggestion == nil {
			s.Suggestion = &f
		}
	}
	return s
}

// firstSentence cuts the text after its first full stop that is not in a code span.
func firstSentence(text string) string {
	code := false
	for i, r := range text {
		switch {
		case r == '`':
			code = !code
		case r == '.' && !code && strings.HasPrefix(text[i+1:], " "):
			return text[:i]
		}
	}
	return strings.TrimSuffix(text, ".")
}

// fences gives the contents of the fenced blocks of a language.
func fences(markdown, language string) []string {
	src := []byte(markdown)
	var found []string
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(src))
	ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if f, ok := n.(*ast.FencedCodeBlock); ok && entering && string(f.Language(src)) == language {
			found = append(found, string(f.Lines().Value(src)))
		}
		return ast.WalkContinue, nil
	})
	return found
}

// conversation is a review thread and what its first comment, where it is the bot's, says.
type conversation struct {
	githubtest.Thread
	ID   int64 // of the first comment
	Said Said
}

// botLogin is the login under which the bot writes.
const botLogin = "dfbot[bot]"

func conversationOf(t githubtest.Thread) conversation {
	first := t.Comments[0]
	c := conversation{Thread: t, ID: first.ID}
	if first.Author == botLogin {
		c.Said = read(first.Body)
	}
	return c
}

// Open reports whether there is still something to do about it.
func (c conversation) Open() bool { return !c.Resolved && !c.Outdated && c.Said.Fixed == "" }

// lines are the 1-based lines that the thread is on: now, or where it was written if these are gone.
func (c conversation) lines() (first, last int) {
	a := c.Anchor
	first, last = a.StartLine, a.Line
	if last == 0 {
		first, last = a.OriginalStartLine, a.OriginalLine
	}
	if first == 0 {
		first = last
	}
	return first, last
}
