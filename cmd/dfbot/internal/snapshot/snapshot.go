// Package snapshot gives the files of a folder, of a work tree or of a commit as a forecast compares them. It reads
// only what is asked for, and must never write.
package snapshot

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
	"github.com/dfbot/dfbot/review/forecast"
)

const (
	maxPaths = worktree.MaxPaths
	maxText  = 1 << 20 // bytes of a Dockerfile or an ignore file
)

// Folder is a folder as a build sees it: with every file, hidden and untracked ones too, and with folders that have
// nothing in them.
func Folder(ctx context.Context, dir string) (*Local, error) {
	f, err := open(dir)
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(f.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		return f.list(p, d)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("list the files of %s: %w", dir, err), f.Close())
	}
	return f, nil
}

// list notes what a walk comes to.
func (f *Local) list(p string, d fs.DirEntry) error {
	switch {
	case len(f.Paths) >= maxPaths:
		return fmt.Errorf("it has more than %d files", maxPaths)
	case p == ".":
	case d.IsDir():
		f.Paths = append(f.Paths, p+"/")
	default:
		f.Paths = append(f.Paths, p)
	}
	return nil
}

// Work is the work tree of a repository: the files that git tracks or would track. A file that is as git has it has the
// ID that it has in a commit.
func Work(t *worktree.Tree, isGit bool) (*Local, error) {
	f, err := open(t.Root)
	if err != nil {
		return nil, err
	}
	f.Paths, f.Git, f.like = t.Paths, isGit, true
	return f, nil
}

// Local is the files of a folder. They are read while it is open, and none outside of the folder, whatever a symlink
// leads to; the caller closes it.
type Local struct {
	forecast.Tree

	root *os.Root
	ids  map[string]string // what was asked for
	like bool              // of the mode, only what git keeps counts
}

func open(dir string) (*Local, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", dir, err)
	}
	f := &Local{root: root, ids: map[string]string{}}
	f.ID, f.Link, f.Read = f.id, f.link, f.read
	return f, nil
}

// Close ends the reading.
func (f *Local) Close() error { return f.root.Close() }

// id is the mode and git's name of the contents.
func (f *Local) id(p string) string {
	id, known := f.ids[p]
	if !known {
		id = f.hash(p)
		f.ids[p] = id
	}
	return id
}

func (f *Local) hash(p string) string {
	if target, is := f.link(p); is {
		return "120000 " + nameOf(int64(len(target)), strings.NewReader(target))
	}
	info, err := f.root.Lstat(filepath.FromSlash(p))
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := f.open(p)
	if err != nil {
		return ""
	}
	defer file.Close()
	return f.mode(info) + " " + nameOf(info.Size(), file)
}

// open opens a file, and does not wait where it has become a pipe.
func (f *Local) open(p string) (*os.File, error) {
	return f.root.OpenFile(filepath.FromSlash(p), os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// mode is what counts of the mode of a file.
func (f *Local) mode(info fs.FileInfo) string {
	switch {
	case !f.like:
		return strconv.FormatUint(uint64(info.Mode().Perm()), 8)
	case info.Mode()&0o100 != 0:
		return "100755"
	}
	return "100644"
}

// nameOf is the name by which git knows a text, in a repository that uses SHA-1; "" if it cannot be read.
func nameOf(size int64, text io.Reader) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", size)
	if n, err := io.Copy(h, text); err != nil || n != size {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (f *Local) link(p string) (string, bool) {
	info, err := f.root.Lstat(filepath.FromSlash(p))
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return "", false
	}
	target, err := f.root.Readlink(filepath.FromSlash(p))
	if err != nil {
		return "", true
	}
	return filepath.ToSlash(target), true
}

func (f *Local) read(p string) ([]byte, bool) {
	info, err := f.root.Stat(filepath.FromSlash(p))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxText {
		return nil, false
	}
	file, err := f.open(p)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxText))
	return data, err == nil
}

// Commit is the files of a commit. Its texts are read while it is open; the caller closes it.
type Commit struct {
	forecast.Tree
	Hash string

	entries map[string]entry
	git     *git.Process
}

type entry struct{ mode, blob string }

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
	if c.git, err = repo.Start("cat-file", "--batch"); err != nil {
		return nil, err
	}
	c.ID, c.Tree.Read, c.Tree.Link, c.Tree.Git = c.id, c.read, c.link, true
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

func (c *Commit) id(p string) string {
	if e, ok := c.entries[p]; ok {
		return e.mode + " " + e.blob
	}
	return ""
}

// Close ends the git that reads texts.
func (c *Commit) Close() { c.git.Stop() }

// maxLinks is how many symlinks lead to a text.
const maxLinks = 10

func (c *Commit) read(p string) ([]byte, bool) {
	for range maxLinks {
		e, ok := c.entries[p]
		if !ok {
			return nil, false
		}
		if target, is := c.link(p); is {
			p = path.Join(path.Dir(p), target)
			continue
		}
		data, err := c.blob(e.blob)
		return data, err == nil
	}
	return nil, false
}

func (c *Commit) link(p string) (string, bool) {
	e := c.entries[p]
	if e.mode != "120000" {
		return "", false
	}
	data, err := c.blob(e.blob)
	if err != nil {
		return "", true
	}
	return string(data), true
}

// errLarge reports a text that is too large.
var errLarge = errors.New("it is too large")

// blob reads a text from git.
func (c *Commit) blob(name string) (data []byte, err error) {
	err = c.git.Ask(name+"\n", func(r *bufio.Reader) error {
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
