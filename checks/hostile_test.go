package checks

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/contract"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// canary marks what came from the pull request.
const canary = "q7zx"

// ownHTML is all the HTML that dfbot writes.
var ownHTML = regexp.MustCompile(`^(<!-- dfbot:v1 [A-Za-z0-9_.:,/~-]+ sha=[0-9a-f]+( fixed=[0-9a-f]+)? -->|</?sub>|<details><summary>(\d+ older findings?|\d+ findings? that may be older|What this comment said|What changes at run time)</summary>|</details>)$`)

// ownLink is a link to a place of the pull request.
var ownLink = regexp.MustCompile(`^https://github\.test/octo/shop/pull/12(/files#diff-[0-9a-f]{64}R[0-9]+|#discussion_r[0-9]+)$`)

// inert renders the Markdown and reports what in it is not dfbot's own outside of code.
func inert(markdown string) error {
	src := []byte(markdown)
	doc := gfm.Parser().Parse(text.NewReader(src))
	return ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if v := string(n.Segment.Value(src)); strings.Contains(v, canary) {
				return ast.WalkStop, fmt.Errorf("text %q outside of code", v)
			}
		case *ast.Link:
			if to := string(n.Destination); !strings.HasPrefix(to, DocsURL) && !ownLink.MatchString(to) {
				return ast.WalkStop, fmt.Errorf("link to %q", n.Destination)
			}
		case *ast.Image, *ast.AutoLink, *ast.CodeBlock:
			return ast.WalkStop, fmt.Errorf("a %s", n.Kind())
		case *ast.RawHTML:
			if v := string(n.Segments.Value(src)); !ownHTML.MatchString(strings.TrimSpace(v)) {
				return ast.WalkStop, fmt.Errorf("HTML %q", v)
			}
		case *ast.HTMLBlock:
			v := string(n.Lines().Value(src))
			if n.HasClosure() {
				v += string(n.ClosureLine.Value(src))
			}
			if !ownHTML.MatchString(strings.TrimSpace(v)) {
				return ast.WalkStop, fmt.Errorf("HTML block %q", v)
			}
		}
		return ast.WalkContinue, nil
	})
}

// FuzzWord puts a hostile string wherever a pull request can put one, and reads all that dfbot
// would write of it.
func FuzzWord(f *testing.F) {
	for _, s := range []string{"", "`", "```", "\n```\n@a\n", "@a", "#1", "![i](https://a.example)", "<img/src=x>",
		"-->", "</details>", "|", `\|`,
		"\r\n````suggestion\r\nRUN x\r\n````", "\u202e", "https://a.example", "[a](javascript:b)", "%s%d", "`````~~~",
		"\\\n```\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1000 {
			return
		}
		s = canary + s + canary
		src := "FROM scratch\nRUN bad" + s + "\nRUN vague" + s + "\n# dfbot ignore=no-odd " + s +
			"\nRUN odd\nRUN risky" + s + "\nRUN wrong" + s + "\nRUN leak" + s + "\nRUN drip" + s + "\n"
		u := analysis.Unit{Path: s, Src: []byte(src)}
		for _, r := range testRules {
			u.Rules = append(u.Rules, analysis.Active{Rule: r, Severity: r.Severity})
		}
		foreign := analysis.Result{Unit: analysis.Unit{Path: s + "2"},
			Foreign: analysis.Say("written for the frontend %s", s)}
		pull := review.Pull{
			Changes:       map[string]review.Change{s: changed(u, "FROM scratch\n", false)},
			ConfigChanged: s,
			Unread:        []review.Unread{{Path: s, Reason: "a link"}},
		}
		policy := review.Policy{Path: s,
			Problems: []config.Problem{{Line: 1, Format: "no rule %s", Args: []string{s}, Nearest: "no-bad"}}}
		for _, max := range []int{0, config.NoComments} {
			policy.Comments.Max = max
			r := review.New([]analysis.Result{judged(u), foreign}, pull, review.Prior{}, policy)
			r.Running = []review.Running{{Path: s,
				Changes: []contract.Change{{Stage: s, Setting: "ENV " + s, Before: contract.Value{Text: s}},
					{Setting: "USER", After: contract.Value{Text: s}}}}}
			p := Word(r, meta)
			for _, md := range append(bodies(p), p.Run.Summary, p.ReviewBody) {
				if err := inert(md); err != nil {
					t.Fatalf("%v came of\n%s", err, md)
				}
			}
			if strings.Contains(p.Run.Title, canary) {
				t.Fatalf("the title is %q", p.Run.Title)
			}
		}
	})
}

func bodies(p Post) []string {
	var all []string
	for _, c := range p.Comments {
		all = append(all, c.Body)
	}
	return all
}
