package app_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

// TestCases opens the pull requests of testdata/cases, with all rules. Each file opens with what an expert would say of
// it; "base/" and "head/" are the files of the two branches, "want" is what dfbot says.
func TestCases(t *testing.T) {
	eachArchive(t, "testdata/cases/*.txtar", func(t *testing.T, file string, p *transcript) {
		p.compare(t, file, p.openCase(t))
	})
}

// openCase opens the pull request and returns what it says.
func (p *transcript) openCase(t *testing.T) string {
	p.world = newWorldOf(t, githubtest.Options{}, queue.Options{Workers: 1})
	p.rules = slices.Concat([]*analysis.Rule{analysis.DoesNotParse}, rules.All)
	p.app = p.botWith(func(o *app.Options) {
		o.Today = func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }
	})
	var err error
	p.repo, err = p.srv.CreateRepo("octo", "shop", map[string]string{"unrelated.md": "# shop\n"})
	p.must(err)
	base, head := p.folder("base"), p.folder("head")
	p.must2(p.repo.Commit("main", githubtest.Commit{Entries: base}))
	p.must(p.repo.SetBranch("topic", "main"))
	var gone []string
	for path := range base {
		if _, stays := head[path]; !stays {
			gone = append(gone, path)
		}
	}
	p.must2(p.repo.Commit("topic", githubtest.Commit{Entries: head, Delete: gone}))
	p.pull, err = p.repo.OpenPull(githubtest.PullOptions{Head: "topic", Title: "A change"})
	p.must(err)
	for _, e := range p.wait(1) {
		p.must(e.err)
	}
	return said(p.repo, p.pull, p.head())
}

func (p *transcript) must2(_ string, err error) {
	p.Helper()
	p.must(err)
}

// compare compares what was said with what the file wants, or rewrites it.
func (p *transcript) compare(t *testing.T, file, got string) {
	if *update && !t.Failed() {
		p.archive.Files = slices.DeleteFunc(p.archive.Files, func(f txtar.File) bool { return f.Name == "want" })
		p.archive.Files = append(p.archive.Files, txtar.File{Name: "want", Data: []byte(got)})
		p.must(os.WriteFile(file, txtar.Format(p.archive), 0o644))
		return
	}
	if diff := gocmp.Diff(strings.Split(p.section("want"), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-want +got, `go test ./app -run TestCases -update` rewrites it\n%s", diff)
	}
}
