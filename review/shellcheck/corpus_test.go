package shellcheck

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
)

// corpus returns the real Dockerfiles below the folder that DFBOT_CORPUS names.
func corpus(tb testing.TB) []analysis.Unit {
	dir := os.Getenv("DFBOT_CORPUS")
	if dir == "" {
		tb.Skip("DFBOT_CORPUS is not set: no real Dockerfiles to read")
	}
	var all []analysis.Unit
	for _, pattern := range []string{"dockerfiles/*", "replays/*/*.Dockerfile"} {
		names, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, name := range names {
			if src, err := os.ReadFile(name); err == nil && filepath.Base(name) != "MANIFEST.tsv" {
				all = append(all, ruleset.Unit(config.Repo{}, rules.All, name, src))
			}
		}
	}
	if len(all) == 0 {
		tb.Fatalf("no Dockerfiles below %s", dir)
	}
	return all
}

// TestCorpus prints what is said of real files by default, and holds the signs by which RUNs are left out
// (mayFind) to what ShellCheck finds when none is left out.
func TestCorpus(t *testing.T) {
	c := New(Options{Deadline: 5 * time.Minute})
	if c == nil {
		t.Skip("shellcheck is not installed")
	}
	for _, u := range corpus(t) {
		t.Run(filepath.Base(u.Path), func(t *testing.T) {
			t.Parallel()
			all := u
			all.Codes = map[string]analysis.Severity{"SC9999": analysis.Notice} // one is named, so no RUN is left out
			if got, want := listed(t, c, u), listed(t, c, all); got != want {
				t.Errorf("with the signs\n%swithout them\n%s", got, want)
			}
			if said := listed(t, c, u); said != "" {
				fmt.Printf("%s:\n%s", u.Path, said)
			}
		})
	}
}

// listed lists the findings.
func listed(t *testing.T, c *Checks, u analysis.Unit) string {
	t.Helper()
	_ = u.Parse() // a file that does not parse has no answer
	a, err := c.Check(t.Context(), u)
	if err != nil || len(a.Gaps) > 0 {
		t.Fatal(err, a.Gaps)
	}
	text := ""
	for _, o := range a.Findings {
		place := analysis.PlaceOf(u.File, o.Span)
		text += fmt.Sprintf("\t%d:%d-%d:%d %s %s\n\t\t%s\n\t\t%q\n", place.Line, place.Column, place.EndLine,
			place.EndColumn,
			o.Code, o.Message, o.Why, u.File.Text(o.Span))
	}
	return text
}
