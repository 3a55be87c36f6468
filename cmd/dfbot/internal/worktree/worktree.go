// Package worktree reads and writes the files that a person works on: it finds the root of the
// repository that a path belongs to, lists its files as git sees them, reads them within bounds,
// and replaces one in a single step. It knows nothing of Dockerfiles, and it changes nothing but
// what Replace is asked to change.
package worktree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of what is listed and read.
const (
	MaxPaths = 200_000  // files in a folder that git does not list; the rest is left out
	MaxFile  = 64 << 20 // bytes of one file
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
	if _, git := RootOf(root); git {
		if t.Paths, err = gitFiles(ctx, root); err == nil {
			return t, nil
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

// Has reports whether the file is listed.
func (t *Tree) Has(p string) bool {
	_, ok := slices.BinarySearch(t.Paths, p)
	return ok
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

// Read returns the file at p, slash-separated from the root. It follows no symbolic link out of
// the tree. A missing file is fs.ErrNotExist, wrapped.
func (t *Tree) Read(p string) ([]byte, error) {
	f, err := t.root.Open(filepath.FromSlash(p))
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	return read(f)
}

// ReadFile returns the file of that name, wherever it is and through symbolic links.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	return read(f)
}

func read(f *os.File) ([]byte, error) {
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a folder")
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

// cause takes the path out of an error of package os, so that it is told once.
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
