// Package rulebook draws the page of each rule, and the index of all, from what the rule declares and from its
// .txtar file: docs/rules, `dfbot rules` and code scanning show the same text. It must never hold a fact about one
// rule: that belongs in the rule's own two files.
package rulebook

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

// All lists every rule by name, with the one for files that do not parse.
func All() []*analysis.Rule {
	all := append([]*analysis.Rule{analysis.DoesNotParse}, rules.All...)
	slices.SortFunc(all, func(a, b *analysis.Rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Page is the rule's page in Markdown: its facts, a wrong and a right example, and the chapters that its .txtar
// opens with. It is empty for a rule without a .txtar.
func Page(r *analysis.Rule) string {
	ar := txtar.Parse(rules.Source(r))
	title, text, found := strings.Cut(strings.TrimRight(string(ar.Comment), "\n")+"\n", "\n")
	if !found || title == "" {
		return ""
	}
	return title + "\n\n> " + facts(r) + "\n" + examples(r, ar) + text
}

// facts is what the code says of the rule, in one line.
func facts(r *analysis.Rule) string {
	s := r.Doc + ". Severity: " + emphasize(Severity(r)) + ". Since " + r.Since + "."
	if codes := Elsewhere(r); codes != "" {
		s += " Elsewhere: " + codes + "."
	}
	return s
}

// Severity is the rule's severity in words: the default, or which severity each case has.
func Severity(r *analysis.Rule) string {
	if r.Severities != "" {
		return r.Severities
	}
	return r.Severity.String()
}

// emphasize sets the names of severities in bold.
func emphasize(text string) string {
	words := strings.Split(text, " ")
	for i, w := range words {
		name := strings.TrimRight(w, ",;")
		if _, err := analysis.ParseSeverity(name); err == nil {
			words[i] = "**" + name + "**" + w[len(name):]
		}
	}
	return strings.Join(words, " ")
}

// HasFix reports whether the rule has fixes: then one of its examples shows what a fix makes of the file.
func HasFix(r *analysis.Rule) bool {
	return strings.Contains(string(rules.Source(r)), "/fixed --\n")
}

// Index lists all rules by topic.
func Index() string {
	byTopic := map[analysis.Topic][]*analysis.Rule{}
	var topics []analysis.Topic
	for _, r := range All() {
		if byTopic[r.Topic] == nil {
			topics = append(topics, r.Topic)
		}
		byTopic[r.Topic] = append(byTopic[r.Topic], r)
	}
	slices.Sort(topics)
	var b strings.Builder
	b.WriteString("# Rules\n\n" + intro)
	for _, topic := range topics {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | what is wrong | severity | elsewhere |\n|---|---|---|---|\n", topic)
		for _, r := range byTopic[topic] {
			fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s |\n", r.Name, r.Name, r.Doc, Severity(r), Elsewhere(r))
		}
	}
	return b.String()
}

const intro = "`dfbot rules NAME` prints the page of a rule, by its name or by the code that another tool has for " +
	"it.\n" +
	"Search this page for such a code, or read [Coming from hadolint](../hadolint.md).\n" +
	"[How often each rule is right](../precision.md) was measured on real Dockerfiles.\n"
