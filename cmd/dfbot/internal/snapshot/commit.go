package snapshot

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/review/forecast"
)

// Commit is the files of a commit. Its texts are read while it is open; the caller closes it.
type Commit struct {
	forecast.Tree
	Hash string

	entries map[string]entry
	texts   *texts
}

// entry is a file of a commit.
type entry struct{ mode, blob string }

// id is the mode and git's name of the contents; "" for no file.
func (e entry) id() string {
	if e.mode == "" {
		return ""
	}
	return e.mode + " " + e.blob
}

// Open lists the files of a commit.
func Open(ctx context.Context, repo git.Repo, revision string) (*Commit, error) {
	hash, err := repo.Output(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("%s is no commit here", revision)
	}
	c := &Commit{Hash: strings.TrimSpace(string(hash)), entries: map[string]entry{}}
	listed, err := repo.Output(ctx, nil, "ls-tree", "-r", "-z", "--full-tree", c.Hash)
	if err != nil {
		return nil, err
	}
	c.list(listed)
	if c.texts, err = textsOf(repo); err != nil {
		return nil, err
	}
	c.Tree = c.texts.tree(func(p string) entry { return c.entries[p] }, c.Paths)
	return c, nil
}

// list reads what ls-tree prints.
func (c *Commit) list(listed []byte) {
	for line := range bytes.SplitSeq(listed, []byte{0}) {
		about, p, ok := strings.Cut(string(line), "\t")
		if words := strings.Fields(about); ok && len(words) == 3 {
			c.entries[p] = entry{words[0], words[2]}
			c.Paths = append(c.Paths, p)
		}
	}
	slices.Sort(c.Paths)
}

// Close ends the git that reads texts.
func (c *Commit) Close() { c.texts.git.Stop() }

// Bounds of what is read.
const (
	maxLinks = 10       // symlinks that lead to a text
	maxKept  = 64 << 20 // bytes of texts that are not asked for twice
)

// texts reads texts of a repository.
type texts struct {
	git  *git.Process
	kept map[string][]byte // by git's name
	size int               // of those that are kept
}

func textsOf(repo git.Repo) (*texts, error) {
	process, err := repo.Start("cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	return &texts{git: process, kept: map[string][]byte{}}, nil
}

// tree is the files that find knows, of which the paths are listed.
func (t *texts) tree(find func(p string) entry, paths []string) forecast.Tree {
	return forecast.Tree{
		Paths: paths, Git: true,
		ID:   func(p string) string { return find(p).id() },
		Read: func(p string) ([]byte, bool) { return t.read(find, p) },
		Link: func(p string) (string, bool) { return t.link(find(p)) },
	}
}

// read returns the text at a path, which may be a symlink.
func (t *texts) read(find func(p string) entry, p string) ([]byte, bool) {
	for range maxLinks {
		e := find(p)
		if e.mode == "" {
			return nil, false
		}
		if target, is := t.link(e); is {
			p = path.Join(path.Dir(p), target)
			continue
		}
		data, err := t.blob(e.blob)
		return data, err == nil
	}
	return nil, false
}

func (t *texts) link(e entry) (string, bool) {
	if e.mode != "120000" {
		return "", false
	}
	data, err := t.blob(e.blob)
	if err != nil {
		return "", true
	}
	return string(data), true
}

// errLarge reports a text that is too large.
var errLarge = errors.New("it is too large")

// blob is a text of git. What it returns must not be changed.
func (t *texts) blob(name string) (data []byte, err error) {
	if data, kept := t.kept[name]; kept {
		return data, nil
	}
	err = t.git.Ask(name+"\n", func(r *bufio.Reader) error {
		head, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		words := strings.Fields(head)
		if len(words) != 3 {
			return fmt.Errorf("git has no %s", name)
		}
		data, err = text(r, words[2])
		return err
	})
	if err == nil && t.size+len(data) <= maxKept {
		t.kept[name], t.size = data, t.size+len(data)
	}
	return data, err
}

// text reads so many bytes and the line feed after them.
func text(r *bufio.Reader, bytes string) ([]byte, error) {
	size, err := strconv.ParseInt(bytes, 10, 64)
	if err != nil {
		return nil, err
	}
	if size > maxText {
		_, err = io.CopyN(io.Discard, r, size+1)
		return nil, errors.Join(err, errLarge)
	}
	data := make([]byte, size+1)
	_, err = io.ReadFull(r, data)
	return data[:size], err
}
