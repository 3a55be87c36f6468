package demo

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// lifeText is what the author of the sample pushes after opening it. Each section is one push: its name is the title of
// the commit, its lines are edits. "in PATH" names a file, "- OLD" and "+ NEW" replace a text in it, "move OLD NEW"
// moves a file. A text that is not there any more, because someone applied a suggestion, stays as it is.
//
//go:embed life.txtar
var lifeText []byte

// life are the pushes, in order.
func life() []txtar.File { return txtar.Parse(lifeText).Files }

// NextPush is the title of the commit that Push pushes next, and which of how many pushes it is; "" where there is
// none.
func (w *World) NextPush() (title string, number, of int) {
	all, pushed := life(), int(w.pushed.Load())
	if w.Own != nil || pushed >= len(all) {
		return "", 0, 0
	}
	return all[pushed].Name, pushed + 1, len(all)
}

// Push pushes the sample's next commit.
func (w *World) Push() error {
	w.acting.Lock()
	defer w.acting.Unlock()
	title, number, _ := w.NextPush()
	if title == "" {
		return errors.New("the author has pushed everything")
	}
	commit, err := w.edited(string(life()[number-1].Data))
	if err != nil {
		return fmt.Errorf("push %q: %w", title, err)
	}
	commit.Message, commit.Author = title, w.author()
	w.pushed.Add(1)
	return w.push(func() (string, string, error) {
		sha, err := w.repo.Commit(sampleHead, commit)
		return sha, title, err
	})
}

// edited makes the commit of the edits.
func (w *World) edited(edits string) (githubtest.Commit, error) {
	commit := githubtest.Commit{Entries: map[string]githubtest.File{}}
	path, old := "", ""
	for line := range strings.Lines(edits) {
		verb, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch verb {
		case "in":
			f, err := w.file(rest)
			if err != nil {
				return commit, err
			}
			path, commit.Entries[rest] = rest, f
		case "-":
			old = rest
		case "+":
			f := commit.Entries[path]
			f.Content = strings.Replace(f.Content, old, rest, 1)
			commit.Entries[path] = f
		case "move":
			from, to, _ := strings.Cut(rest, " ")
			f, err := w.file(from)
			if err != nil {
				return commit, err
			}
			commit.Entries[to], commit.Delete = f, append(commit.Delete, from)
		}
	}
	return commit, nil
}

// file is a file of the sample's head.
func (w *World) file(path string) (githubtest.File, error) {
	src, err := w.repo.ReadFile(sampleHead, path)
	return githubtest.File{Content: string(src), Mode: section("base")[path].Mode}, err
}
