package rulebook_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/rules"
)

// TestPagesHaveTheirChapters: every page shows what is wrong and what is right, and then answers the same questions.
func TestPagesHaveTheirChapters(t *testing.T) {
	for _, r := range rulebook.All() {
		page, at := rulebook.Page(r), 0
		for _, part := range []string{"# " + r.Name, "> " + r.Doc + ". Severity: **", "Wrong:\n\n```dockerfile",
			"Right:\n\n```dockerfile",
			"## What it costs", "## When not to", "## The fix", "## Source"} {
			i := strings.Index("\n"+page[at:], "\n"+part)
			if i < 0 {
				t.Errorf("the page of %s lacks %q, or has it out of order", r.Name, part)
				continue
			}
			at += i
		}
	}
}

// TestSeverities: a rule whose examples show another severity than its default says which case has which, and names
// no severity that no example shows.
func TestSeverities(t *testing.T) {
	for _, r := range rulebook.All() {
		shown, standard := shownSeverities(r), max(r.Severity, analysis.Notice)
		if r.Severities == "" {
			if !slices.Equal(shown, []string{standard.String()}) {
				t.Errorf("%s: the examples show %v: set Severities to say which case has which", r.Name, shown)
			}
			continue
		}
		if !strings.HasPrefix(r.Severities, standard.String()) {
			t.Errorf("%s: Severities begins with %s, the default", r.Name, standard)
		}
		if said := severityName.FindAllString(r.Severities, -1); !slices.Equal(slices.Sorted(slices.Values(said)),
			shown) {
			t.Errorf("%s: Severities names %v, the examples show %v", r.Name, said, shown)
		}
	}
}

var (
	severityName = regexp.MustCompile(`\b(notice|warning|error)\b`)
	wanted       = regexp.MustCompile(`(?m)^\d+:\d+-\d+:\d+ (\w+): `)
)

// shownSeverities lists the severities in the rule's examples.
func shownSeverities(r *analysis.Rule) []string {
	shown := map[string]bool{}
	for _, f := range txtar.Parse(rules.Source(r)).Files {
		if strings.HasSuffix(f.Name, "/want") {
			for _, m := range wanted.FindAllSubmatch(f.Data, -1) {
				shown[string(m[1])] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(shown))
}

// TestElsewhere: a page names the tool of every code, so that no one has to guess whose DF007 is.
func TestElsewhere(t *testing.T) {
	for _, r := range rulebook.All() {
		for _, code := range r.Aliases {
			if !regexp.MustCompile(`[ ]` + code + `\b`).MatchString(rulebook.Elsewhere(r)) {
				t.Errorf("%s: the tool that calls it %s is not known: add it to tools", r.Name, code)
			}
		}
	}
	index := rulebook.Index()
	for _, want := range []string{"hadolint DL3015, Trivy DS-0029", "Docker SecretsUsedInArgOrEnv",
		"Checkov CKV_DOCKER", "droast DF007",
		"Semgrep dockerfile-source-not-pinned", "ShellCheck SC1015", "SC2086", "SC3xxx"} {
		if !strings.Contains(index, want) {
			t.Errorf("the index has no %q", want)
		}
	}
}

// TestNothingIsLeftToWrite says what to write next in a rule that make rule has started.
func TestNothingIsLeftToWrite(t *testing.T) {
	for _, pattern := range []string{"../rules/*.go", "../rules/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				if _, what, left := strings.Cut(line, "WRITE: "); left {
					t.Errorf("review/rules/%s:%d: write %s", filepath.Base(file), i+1, what)
				}
			}
		}
	}
}

// TestSince: each rule says which release brought it, and none is newer than the one that is made next.
func TestSince(t *testing.T) {
	for _, r := range rulebook.All() {
		if !semver.IsValid("v"+r.Since) || semver.Compare("v"+r.Since, "v"+rules.Release) > 0 {
			t.Errorf("%s: since %q, and the next release is %s", r.Name, r.Since, rules.Release)
		}
	}
}
