package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/git/gittest"
	"github.com/dfbot/dfbot/app/github/githubtest"
)

// applies does what the last check run asks of a reader: it applies the suggestions that are open, as GitHub does,
// and then each patch of the check run by `git apply`. It returns how many there were of each.
func (p *transcript) applies(t *testing.T) (suggestions, patches int) {
	t.Helper()
	if p.pull == nil {
		return 0, 0
	}
	runs := p.repo.CheckRuns(p.head())
	if len(runs) == 0 || runs[len(runs)-1].Status != "completed" {
		return 0, 0
	}
	diffs := blocks(runs[len(runs)-1].Summary, "diff")
	if refused, rest, ok := strings.Cut(runs[len(runs)-1].Summary, "<!-- dfbot:v1 end "); ok {
		p.appliesRefused(t, refused)
		diffs = blocks(rest, "diff")
	}
	dir := t.TempDir()
	if _, err := gittest.Run(dir, nil, "init", "-q"); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, d := range diffs {
		files[patchedFile(d)] = ""
	}
	for path := range files {
		src, err := p.from().ReadFile(p.head(), path)
		p.must(err)
		files[path] = string(src)
	}
	threads := p.pull.Threads()
	slices.SortStableFunc(threads, func(x, y githubtest.Thread) int { return y.Comments[0].Line - x.Comments[0].Line })
	for _, th := range threads {
		c := th.Comments[0]
		src, wanted := files[c.Path]
		for _, block := range blocks(c.Body, "suggestion") {
			if !wanted || th.Resolved || th.Outdated || c.Line == 0 {
				continue
			}
			lines := strings.SplitAfter(src, "\n")
			start := c.Line
			if c.StartLine > 0 {
				start = c.StartLine
			}
			files[c.Path] = strings.Join(lines[:start-1], "") + block + strings.Join(lines[c.Line:], "")
			suggestions++
		}
	}
	for path, src := range files {
		file := filepath.Join(dir, filepath.FromSlash(path))
		p.must(os.MkdirAll(filepath.Dir(file), 0o755))
		p.must(os.WriteFile(file, []byte(src), 0o644))
	}
	for _, d := range diffs {
		patches++
		if out, err := gittest.Run(dir, []byte(d), "apply", "-"); err != nil {
			t.Errorf("git apply: %v\n%s\n%s\nto\n%s", err, out, d, files[patchedFile(d)])
		}
	}
	return suggestions, patches
}

// appliesRefused applies the patch of a press that was refused to the files as they are, in one go.
func (p *transcript) appliesRefused(t *testing.T, refused string) {
	t.Helper()
	dir := t.TempDir()
	if _, err := gittest.Run(dir, nil, "init", "-q"); err != nil {
		t.Fatal(err)
	}
	for _, d := range blocks(refused, "diff") {
		for part := range strings.SplitSeq("\n"+d, "\n--- a/") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			path := patchedFile(part)
			src, err := p.from().ReadFile(p.head(), path)
			p.must(err)
			file := filepath.Join(dir, filepath.FromSlash(path))
			p.must(os.MkdirAll(filepath.Dir(file), 0o755))
			p.must(os.WriteFile(file, src, 0o644))
		}
		if out, err := gittest.Run(dir, []byte(d), "apply", "-"); err != nil {
			t.Errorf("git apply: %v\n%s\n%s", err, out, d)
		}
	}
}

// patchedFile is the file that a diff is for.
func patchedFile(patch string) string {
	_, rest, _ := strings.Cut(patch, "+++ b/")
	name, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSuffix(name, "\t")
}

// blocks returns the fenced blocks of the language. In transcripts their contents never include a fence of three
// backticks.
func blocks(markdown, language string) []string {
	var all []string
	for rest := markdown; ; {
		_, after, found := strings.Cut(rest, "```"+language+"\n")
		if !found {
			return all
		}
		block, behind, _ := strings.Cut(after, "```\n")
		all, rest = append(all, block), behind
	}
}
