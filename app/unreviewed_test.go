package app_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/review/analysis"
)

// situation is one in which dfbot does not review all, by its name in docs/unreviewed.md.
type situation struct {
	name    string
	base    map[string]string
	head    map[string]string
	link    bool // the Dockerfile is a symbolic link
	draft   bool
	options githubtest.Options
	rules   []*analysis.Rule
	fault   githubtest.Match
	gaveUp  bool
}

var crashing = &analysis.Rule{Name: "crashing", Doc: "always", Severity: analysis.Warning,
	Run: func(*analysis.Pass) { panic("oh") }}

func situations() []situation {
	file := func(content string) map[string]string { return map[string]string{"Dockerfile": content} }
	many, beside := map[string]string{}, map[string]string{}
	for i := range 201 {
		many[fmt.Sprintf("d%03d/Dockerfile", i)] = "FROM scratch\n"
		beside[fmt.Sprintf("d%03d/main.go", i)] = "package main\n"
	}
	long := strings.Repeat("# a line of a comment\n", 25_000)
	return []situation{
		{name: "The pull request affects no image build", head: map[string]string{"main.go": "package main\n"}},
		{
			name: "All Dockerfiles that it changes are excluded by `files.exclude`",
			base: map[string]string{".dfbot.yml": "files: {exclude: [\"**\"]}\n"}, head: file("FROM scratch\n"),
		},
		{name: "A Dockerfile holds NUL bytes", head: file("FROM scratch\n# \x00\n")},
		{
			name: "Shell code of an instruction is over 128 KiB or nested too deeply",
			head: file("FROM scratch\nRUN " + strings.Repeat("(", 5000) + "\n"),
		},
		{
			name: "The pull request is a draft, and the configuration says `drafts: skip`",
			base: map[string]string{".dfbot.yml": "drafts: skip\n"}, head: file("FROM scratch\n"), draft: true,
		},
		{name: "A Dockerfile is larger than 1 MiB", head: file("FROM scratch\n" + strings.Repeat("# x\n", 1<<18))},
		{name: "A Dockerfile has more than 10,000 instructions",
			head: file("FROM scratch\n" + strings.Repeat("ENV A=b\n", 10_001))},
		{name: "A Dockerfile is a symbolic link or a submodule", head: file("other"), link: true},
		{name: "A Dockerfile is a Git LFS pointer", head: file("version https://git-lfs.github.com/spec/v1\n")},
		{name: "A Dockerfile is for a frontend other than Docker's",
			head: file("# syntax=evil.example/x/dockerfile:1\nFROM scratch\n")},
		{name: "A file is a template or has no `FROM`", head: file("{{ if .X }}\nFROM scratch\n{{ end }}\n")},
		{
			name: "BuildKit refuses a Dockerfile, and `does-not-parse` is off",
			base: map[string]string{".dfbot.yml": "rules: {does-not-parse: off}\n"},
			head: file("FROM scratch\nRUNN x\n"),
		},
		{name: "The pull request touches more than 200 Dockerfiles", head: many},
		{name: "The pull request changes files beside more than 200 Dockerfiles, and not those",
			base: many, head: beside},
		{
			name: "GitHub shows no patch of a Dockerfile, and does not compare the branches",
			base: file("FROM scratch\n" + long), head: file("FROM scratch\nENV A=b\n" +
				strings.ReplaceAll(long, "line", "row")),
			fault: githubtest.Match{Path: "/repos/{owner}/{repo}/compare/{basehead}"},
		},
		{name: "GitHub truncates the list of files in the repository", head: file("FROM scratch\n"),
			options: githubtest.Options{TruncateTrees: 1}},
		{
			name: "A rule of dfbot's crashed", head: file("FROM scratch\n"),
			rules: []*analysis.Rule{crashing},
		},
		{
			name: "The configuration on the base branch has mistakes",
			base: map[string]string{".dfbot.yml": "rulez: {}\n"}, head: file("FROM scratch\n"),
		},
		{name: "The pull request leaves the configuration with mistakes",
			head: map[string]string{".dfbot.yml": "rulez: {}\n"}},
		{name: "dfbot gave up, as when GitHub does not answer", head: file("FROM scratch\n"), gaveUp: true},
	}
}

// elsewhere are situations of the table that other tests hold, or that take too long to make.
var elsewhere = []string{
	// TestTruncated in app/github, TestConclusion in review
	"GitHub truncates the list of changed files",
	"The budget of work for a Dockerfile or the pull request is spent",   // TestConclusion in review
	"Docker's build checks or ShellCheck did not finish on a Dockerfile", // TestConclusion in review
}

// TestUnreviewed holds the table of docs/unreviewed.md: in each situation the check ends as that says, with
// check.on-unreviewed and without.
func TestUnreviewed(t *testing.T) {
	table := unreviewedTable(t)
	for _, name := range elsewhere {
		if table[name] == nil {
			t.Errorf("no row %q", name)
		}
		delete(table, name)
	}
	for _, s := range situations() {
		row := table[s.name]
		if len(row) < 4 {
			t.Errorf("no row %q", s.name)
			continue
		}
		delete(table, s.name)
		for column, on := range map[int]string{1: "", 2: "check: {on-unreviewed: failure}\n"} {
			t.Run(s.name+"/"+row[column], func(t *testing.T) {
				t.Parallel()
				run := s.review(t, on)
				if run.Conclusion != row[column] {
					t.Errorf("the check is %s, %s, want %s\n%s", run.Conclusion, run.Title, row[column], run.Summary)
				}
				if says := strings.HasPrefix(run.Summary,
					"This check fails because"); says != (run.Conclusion == "failure") {
					t.Errorf("says why it fails: %t\n%s", says, run.Summary)
				}
			})
		}
	}
	for name := range table {
		t.Errorf("nothing tests the row %q", name)
	}
}

// unreviewedTable reads the rows of the table by their first cell.
func unreviewedTable(t *testing.T) map[string][]string {
	page, err := os.ReadFile("../docs/unreviewed.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) < 4 || strings.Contains(line, "---") || strings.Contains(line, "Situation") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows[cells[0]] = cells
	}
	return rows
}

// play makes the situation under a configuration, and gives what GitHub shows then.
func (s situation) review(t *testing.T, configuration string) githubtest.CheckRun {
	w := newWorld(t, s.options)
	w.rules = []*analysis.Rule{analysis.DoesNotParse, labels}
	if s.rules != nil {
		w.rules = s.rules
	}
	w.app = w.bot()
	if s.fault.Path != "" {
		w.srv.Fault(s.fault, githubtest.Fault{Status: 404})
	}
	base := map[string]string{"README.md": "# shop\n"}
	for path, content := range s.base {
		base[path] = content
	}
	if configuration != "" {
		base[".dfbot.yml"] += configuration
	}
	repo, err := w.srv.CreateRepo("octo", "shop", base)
	w.must(err)
	change := githubtest.Commit{Entries: map[string]githubtest.File{}}
	for path, content := range s.head {
		change.Entries[path] = githubtest.File{Content: content}
		if s.link {
			change.Entries[path] = githubtest.File{Content: content, Mode: "120000"}
		}
	}
	head, err := repo.Commit("topic", change)
	w.must(err)
	if s.gaveUp {
		w.srv.Fault(githubtest.Match{Path: "/repos/{owner}/{repo}/pulls/{pull_number}/files"},
			githubtest.Fault{Status: 502})
	}
	_, err = repo.OpenPull(githubtest.PullOptions{Head: "topic", Draft: s.draft})
	w.must(err)
	ended := w.wait(1)[0]
	if s.gaveUp {
		w.must(w.app.GaveUp(t.Context(), ended.job, ended.err))
	} else {
		w.must(ended.err)
	}
	runs := repo.CheckRuns(head)
	if len(runs) == 0 {
		t.Fatal("no check run")
	}
	return slices.MaxFunc(runs, func(x, y githubtest.CheckRun) int { return int(x.ID - y.ID) })
}
