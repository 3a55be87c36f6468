package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

const published = "../../docs/rules"

// TestPublishedPages: docs/rules holds each rule's page and an index by topic, as they are drawn
// from the .txtar files; -update writes them.
func TestPublishedPages(t *testing.T) {
	want := map[string]string{"README.md": index()}
	for _, r := range withPages() {
		want[r.Name+".md"] = page(r)
	}
	if *update {
		publish(t, want)
	}
	have, err := filepath.Glob(filepath.Join(published, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range have {
		if _, ok := want[filepath.Base(p)]; !ok {
			t.Errorf("%s is the page of no rule", p)
		}
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(published, name))
		if err != nil || string(got) != text {
			t.Errorf("docs/rules/%s is not what its .txtar says: run go test ./review/rules -update", name)
		}
	}
}

func publish(t *testing.T, want map[string]string) {
	t.Helper()
	if err := os.RemoveAll(published); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(published, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range want {
		if err := os.WriteFile(filepath.Join(published, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// withPages lists all rules, with the one that speaks for the parser.
func withPages() []*analysis.Rule {
	return append([]*analysis.Rule{analysis.DoesNotParse}, rules.All...)
}

// page is a rule's page with what the code knows of it below the title.
func page(r *analysis.Rule) string {
	title, rest, _ := strings.Cut(rules.Page(r), "\n")
	facts := fmt.Sprintf("%s. Severity: **%s**.", r.Doc, r.Severity)
	if len(r.Aliases) > 0 {
		facts += " Elsewhere: " + strings.Join(r.Aliases, ", ") + "."
	}
	return title + "\n\n> " + facts + "\n" + rest
}

// index lists the rules by topic.
func index() string {
	byTopic := map[analysis.Topic][]*analysis.Rule{}
	var topics []string
	for _, r := range withPages() {
		if byTopic[r.Topic] == nil {
			topics = append(topics, string(r.Topic))
		}
		byTopic[r.Topic] = append(byTopic[r.Topic], r)
	}
	sort.Strings(topics)
	var b strings.Builder
	b.WriteString("# Rules\n\nDrawn from the `.txtar` files in `review/rules`; `dfbot rules NAME` prints the same page.\n" +
		"Which rule has which of hadolint's codes: [Coming from hadolint](../hadolint.md).\n")
	for _, topic := range topics {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | what is wrong | severity |\n|---|---|---|\n", topic)
		rs := byTopic[analysis.Topic(topic)]
		sort.Slice(rs, func(i, j int) bool { return rs[i].Name < rs[j].Name })
		for _, r := range rs {
			fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", r.Name, r.Name, r.Doc, r.Severity)
		}
	}
	return b.String()
}

// TestPrecisionHasEveryRule: docs/precision.md tells of each rule how often it was right.
func TestPrecisionHasEveryRule(t *testing.T) {
	page, err := os.ReadFile("../../docs/precision.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.All {
		if !strings.Contains(string(page), "\n| "+r.Name+" |") {
			t.Errorf("docs/precision.md has no row for %s", r.Name)
		}
	}
}
