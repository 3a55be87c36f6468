// Package worktree reads and writes the files that a person works on: it finds the root of the
// repository that a path belongs to, lists its files as git sees them, reads them within bounds,
// and replaces one in a single step. It knows nothing of Dockerfiles, and must never change
// a file but by Replace.
package worktree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/dfbot/dfbot/app/git"
)

// Limits of what is listed and read.
const (
	MaxPaths = 200_000  // files in a folder that git does not list; the rest is left out
	MaxFile  = 64 << 20 // bytes of one file
	maxDepth = 200      // folders in such a folder; each is opened from the root, name by name
)

// Tree is a folder whose files are looked at together: the work tree of a git repository, or
// else a plain folder.
type Tree struct {
	Root     string   // absolute, without symbolic links
	Paths    []string // every file, slash-separated from Root, sorted
	Partial  bool     // files are missing from Paths
	Problems []error  // folders that could not be read

	root *os.Root
}

// RootOf returns the nearest folder from dir upward that holds a .git, and dir itself where none
// does. Dir is absolute.
func RootOf(dir string) (root string, git bool) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at, true
		}
		if at == filepath.Dir(at) {
			return dir, false
		}
	}
}

// Open lists the files of the tree at root, as RootOf gives it. In a git work tree these are the
// files that git tracks or would track; elsewhere all but those below .git and node_modules.
// The caller closes it.
func Open(ctx context.Context, root string) (*Tree, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", root, cause(err))
	}
	t := &Tree{Root: root, root: r}
	if _, clone := RootOf(root); clone {
		if t.Paths, err = t.gitFiles(ctx); err == nil {
			return t, nil
		}
		if stuck := new(git.StuckError); errors.As(err, &stuck) {
			t.Problems = append(t.Problems,
				fmt.Errorf("git cannot list the files of %s, so ignored files are taken too: %w", root, stuck))
		}
	}
	if err := t.walk(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("list files of %s: %w", root, err), r.Close())
	}
	return t, nil
}

// Close releases the folder.
func (t *Tree) Close() error { return t.root.Close() }

// walk lists the files without git's help.
func (t *Tree) walk(ctx context.Context) error {
	err := fs.WalkDir(t.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			t.Partial = true
			t.Problems = append(t.Problems, fmt.Errorf("read folder %s: %w", filepath.Join(t.Root, p), cause(err)))
			return fs.SkipDir
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() && strings.Count(p, "/") >= maxDepth:
			t.Partial = true
			t.Problems = append(t.Problems,
				fmt.Errorf("folders more than %d deep are left out: %s", maxDepth, filepath.Join(t.Root, p)))
			return fs.SkipDir
		case d.IsDir():
			return nil
		case len(t.Paths) == MaxPaths:
			t.Partial = true
			return fs.SkipAll
		}
		t.Paths = append(t.Paths, p)
		return nil
	})
	slices.Sort(t.Paths)
	return err
}

// Add lists a file that is there though git ignores it.
func (t *Tree) Add(p string) {
	if i, ok := slices.BinarySearch(t.Paths, p); !ok {
		t.Paths = slices.Insert(t.Paths, i, p)
	}
}

// Below returns the listed files in the folder dir and in those below it; dir is
// slash-separated from the root, "." or "" for the root itself.
func (t *Tree) Below(dir string) []string {
	if dir == "." || dir == "" {
		return t.Paths
	}
	var all []string
	first, _ := slices.BinarySearch(t.Paths, dir+"/")
	for _, p := range t.Paths[first:] {
		if !strings.HasPrefix(p, dir+"/") {
			break
		}
		all = append(all, p)
	}
	return all
}

// Regular reports whether there is a regular file at p: no folder, no symbolic link, no pipe.
func (t *Tree) Regular(p string) bool {
	info, err := t.root.Lstat(filepath.FromSlash(p))
	return err == nil && info.Mode().IsRegular()
}

// Size is the size in bytes of the file at p; 0 where it is not a regular file.
func (t *Tree) Size(p string) int {
	info, err := t.root.Lstat(filepath.FromSlash(p))
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return int(min(info.Size(), math.MaxInt32))
}

// Executable reports whether the file at p is a regular one that may be run.
func (t *Tree) Executable(p string) bool {
	info, err := t.root.Lstat(filepath.FromSlash(p))
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Read returns the file at p, slash-separated from the root. It follows no symbolic link out of
// the tree. A missing file is fs.ErrNotExist, wrapped.
func (t *Tree) Read(p string) ([]byte, error) {
	name := filepath.FromSlash(p)
	return read(
		func() (fs.FileInfo, error) { return t.root.Stat(name) },
		func() (*os.File, error) { return t.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) },
	)
}

// ReadFile returns the file of that name, wherever it is and through symbolic links.
func ReadFile(name string) ([]byte, error) {
	return read(
		func() (fs.FileInfo, error) { return os.Stat(name) },
		func() (*os.File, error) { return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) },
	)
}

// read opens a file, once it is known to be regular, and reads it. To open a device can have an effect, and a named
// pipe makes its reader wait: one that takes the file's place in the meantime is opened without waiting, and then
// refused too.
func read(stat func() (fs.FileInfo, error), open func() (*os.File, error)) ([]byte, error) {
	if err := regular(stat()); err != nil {
		return nil, err
	}
	f, err := open()
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	return content(f)
}

func regular(info fs.FileInfo, err error) error {
	switch {
	case err != nil:
		return cause(err)
	case info.IsDir():
		return errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	return nil
}

func content(f *os.File) ([]byte, error) {
	if err := regular(f.Stat()); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, cause(err)
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("it has more than %d MiB", MaxFile>>20)
	}
	return data, nil
}

// cause takes the path out of an error of package os, so that it is not said twice.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Rel returns name, an absolute path, as a slash-separated path from the root; false where it is
// not below the root.
func (t *Tree) Rel(name string) (string, bool) {
	rel, err := filepath.Rel(t.Root, name)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return path.Clean(filepath.ToSlash(rel)), true
}
