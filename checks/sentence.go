package checks

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

// DocsURL is where the pages of the rules are published; a rule's page is its name and ".md".
const DocsURL = "https://github.com/dfbot/dfbot/blob/main/docs/rules/"

// link is the rule's name, linked to its page. Both are dfbot's own.
func link(r *analysis.Rule) string { return linkNamed(r.Name) }

// linkNamed is a rule's name, linked to its page. Besides small letters, digits and dashes a name has nothing.
func linkNamed(name string) string { return "[" + name + "](" + DocsURL + name + ".md)" }

// links names the rules of the diagnostics, each once.
func links(ds []analysis.Diagnostic) string {
	var names []string
	seen := map[*analysis.Rule]bool{}
	for _, d := range ds {
		if !seen[d.Rule] {
			seen[d.Rule] = true
			names = append(names, link(d.Rule))
		}
	}
	return and(names)
}

// and lists words: a, b and c.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// sentence is the message with its strings quoted, ended by a full stop; "" where there is none.
func sentence(m analysis.Message, quote func(string) string) string {
	if m.Format == "" {
		return ""
	}
	return stop(m.Render(func(s string) string { return quote(digest.ReplaceAllString(s, "${1}…")) }))
}

// digest is the digest of an image, of which the first digits are enough.
var digest = regexp.MustCompile(`(sha256:[0-9a-f]{12})[0-9a-f]{52}`)

// stop ends a sentence that has no end yet.
func stop(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// what is what the diagnostic says: what is wrong and what it costs.
func what(d analysis.Diagnostic, quote func(string) string) string {
	return strings.TrimSpace(sentence(d.Message, quote) + " " + sentence(d.Why, quote))
}

// own lets a sentence of a rule's author pass, which has no arguments to quote, and makes a code
// span of it where it has anything that Markdown or GitHub would make more of than text and code
// spans: no rule should put words of a pull request there, and none can do harm by it.
func own(s string) string {
	harmless := func(r rune) bool {
		return r == ' ' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
			strings.ContainsRune(".,;:?!()'\"-/=`$%+", r)
	}
	for _, r := range s {
		if !harmless(r) {
			return Code(s)
		}
	}
	if strings.Contains(s, "``") || strings.Count(s, "`")%2 == 1 || strings.Contains(s, "//") ||
		strings.Contains(s, "www.") {
		return Code(s)
	}
	return s
}

// plural counts things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
