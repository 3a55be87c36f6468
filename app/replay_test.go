package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/git/gittest"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/shellcheck"
)

func TestMain(m *testing.M) {
	buildkit.Child()
	code := m.Run()
	docker().Close()
	os.Exit(code)
}

// TestReplays opens real commits as pull requests into their parents, and writes down what is said. DFBOT_REPLAYS names
// a table of them, with a first line that names its columns, among them id, category, repo, commit and parent;
// DFBOT_MIRRORS names the folder with their repositories, each in OWNER+NAME/repo. A commit whose repository is not
// there is counted. All speaks that does in production, Docker's build checks and ShellCheck too, on the day of the
// commit. What is said is for people to read: the test itself asks that every job ends well.
func TestReplays(t *testing.T) {
	table, mirrors := os.Getenv("DFBOT_REPLAYS"), os.Getenv("DFBOT_MIRRORS")
	if table == "" || mirrors == "" {
		t.Skip("DFBOT_REPLAYS and DFBOT_MIRRORS are not set")
	}
	src, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(src), "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	shell := shellcheck.New(shellcheck.Options{})
	missing := 0
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		cell := func(name string) string { return cells[slices.Index(columns, name)] }
		mirror := filepath.Join(mirrors, strings.ReplaceAll(cell("repo"), "/", "+"), "repo")
		if _, err := os.Stat(mirror); err != nil {
			missing++
			continue
		}
		t.Run(cell("id"), func(t *testing.T) {
			day := dayOf(t, mirror, cell("commit"))
			t.Logf("%s %s %s\n%s", cell("category"), cell("repo"), cell("commit"),
				replay(t, mirror, cell("parent"), cell("commit"), func(o *app.Options) {
					o.Docker, o.Shell, o.Today = docker(), shell, func() time.Time { return day }
				}))
		})
	}
	t.Logf("%d repositories are missing", missing)
}

// dayOf is when the commit was made.
func dayOf(t *testing.T, mirror, commit string) time.Time {
	out, err := gittest.Run(mirror, nil, "show", "--no-patch", "--format=%cI", commit)
	if err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse(time.RFC3339, strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return day
}

// replay opens the pull request and returns what is said, with the words of the comments.
func replay(t *testing.T, mirror, parent, commit string, with func(*app.Options)) string {
	p := &transcript{names: map[string]string{}, keys: map[string]string{}}
	p.world = newWorldOf(t, githubtest.Options{}, queue.Options{Workers: 1})
	p.rules = slices.Concat([]*analysis.Rule{analysis.DoesNotParse}, rules.All)
	p.app = p.botWith(with)
	var err error
	p.repo, err = p.srv.OpenRepo("octo", "shop", mirror)
	p.must(err)
	p.must(p.repo.SetBranch("replay-base", parent))
	p.must(p.repo.SetBranch("replay-head", commit))
	p.pull, err = p.repo.OpenPull(githubtest.PullOptions{Base: "replay-base", Head: "replay-head", Title: "A change"})
	p.must(err)
	for _, e := range p.wait(1) {
		p.must(e.err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%d calls\n%s", len(p.srv.Requests()), said(p.repo, p.pull, commit))
	for _, c := range p.pull.Comments() {
		fmt.Fprintf(&out, "---- %s:%d\n%s\n", c.Path, c.Line, c.Body)
	}
	runs := p.repo.CheckRuns(commit)
	for _, a := range runs[len(runs)-1].Annotations {
		fmt.Fprintf(&out, "---- %s %s:%d %s: %s\n", a.Level, a.Path, a.StartLine, a.Title, a.Message)
	}
	fmt.Fprintf(&out, "==== %s\n", runs[len(runs)-1].Summary)
	return out.String()
}

// namedRules are the links to rules' pages, with the severity where one follows.
var namedRules = regexp.MustCompile(`\[([a-z0-9-]+)\]\([^()\s]*/docs/rules/[a-z0-9-]+\.md\)(?:\*\* · (\w+))?`)

// said sums up what a reader sees of a review: how the check ends, the comments, the annotations, and what is folded.
func said(repo *githubtest.Repo, pull *githubtest.Pull, head string) string {
	var out bytes.Buffer
	runs := repo.CheckRuns(head)
	run := runs[len(runs)-1]
	fmt.Fprintf(&out, "%s: %s\n", run.Conclusion, run.Title)
	for _, c := range pull.Comments() {
		var named []string
		for _, m := range namedRules.FindAllStringSubmatch(c.Body, -1) {
			named = append(named, strings.TrimSpace(m[1]+" "+m[2]))
		}
		offer := ""
		if strings.Contains(c.Body, "```suggestion") {
			offer = ", with a suggestion"
		}
		fmt.Fprintf(&out, "comment %s:%d %s%s\n", c.Path, c.Line, strings.Join(named, ", "), offer)
	}
	for _, a := range run.Annotations {
		fmt.Fprintf(&out, "%s %s:%d %s\n", a.Level, a.Path, a.StartLine, strings.ReplaceAll(a.Title, "\n", " "))
	}
	for line := range strings.Lines(run.Summary) {
		if _, folded, ok := strings.Cut(line, "<summary>"); ok {
			folded, _, _ = strings.Cut(folded, "</summary>")
			fmt.Fprintf(&out, "folded: %s\n", folded)
		}
	}
	return out.String()
}
