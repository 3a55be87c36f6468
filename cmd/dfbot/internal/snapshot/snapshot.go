// Package snapshot gives the files of a folder, of a work tree or of a commit as a forecast compares them. It reads
// only what is asked for, and must never write.
package snapshot

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

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
