package rulebook_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/dfbot/dfbot/review/rulebook"
)

const published = "../../docs/rules"

var update = flag.Bool("update", false, "rewrite docs/rules")

// TestPublishedPages holds docs/rules to the pages and the index that rulebook draws.
func TestPublishedPages(t *testing.T) {
	want := map[string]string{"README.md": rulebook.Index()}
	for _, r := range rulebook.All() {
		want[r.Name+".md"] = rulebook.Page(r)
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
			t.Errorf("docs/rules/%s is not what the rule's files say: run make update", name)
		}
	}
}

// publish writes the folder anew.
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
