package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rulebook"
)

// stdin is the path that means standard input.
const stdin = "-"

// repository is one tree of files and its configuration.
type repository struct {
	tree       *worktree.Tree
	config     config.Repo
	configPath string   // slash-separated from the root; "" where the tree has none
	folders    []folder // that are reviewed
}

// folder is one that is reviewed with what is in it.
type folder struct {
	name string // as it is shown
	path string // slash-separated from the root of the repository; "." for the root
}

// rest is the path, of something in the folder, from there.
func (d folder) rest(p string) (string, bool) {
	if d.path == "." {
		return p, true
	}
	return strings.CutPrefix(p, d.path+"/")
}

// target is one file to be reviewed.
type target struct {
	name string // as it is shown
	path string // slash-separated from the root of the repository
	abs  string // "" for standard input
	repo *repository
}

// finder turns the arguments of the command line into targets.
type finder struct {
	dir       string // the working directory, absolute
	stdinPath string // where standard input would be
	config    string // overrides the configurations of the repositories
	noConfig  bool

	repos   map[string]*repository // by root
	targets []target
	seen    map[string]bool
	trouble []render.Trouble
}

// find adds what the argument names: the Dockerfiles in a folder, as the configuration defines them, or a file,
// whatever its name.
func (f *finder) find(ctx context.Context, arg string) error {
	if arg == stdin {
		return f.file(ctx, arg, f.stdinPath)
	}
	info, err := os.Stat(arg)
	switch {
	case err != nil:
		f.unreadable(arg, err)
		return nil
	case info.IsDir():
		return f.folder(ctx, arg)
	case !info.Mode().IsRegular():
		f.unreadable(arg, errors.New("it is not a regular file"))
		return nil
	}
	return f.file(ctx, arg, arg)
}

// file adds one file, which is at the path name, or standard input.
func (f *finder) file(ctx context.Context, arg, name string) error {
	abs := filepath.Join(f.dir, name)
	if filepath.IsAbs(name) {
		abs = filepath.Clean(name)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		f.unreadable(name, err)
		return nil
	}
	root, _ := worktree.RootOf(dir)
	r, err := f.open(ctx, root)
	if err != nil || r == nil {
		return err
	}
	abs = filepath.Join(dir, filepath.Base(abs))
	rel, ok := r.tree.Rel(abs)
	if !ok {
		f.unreadable(name, errors.New("it is outside its own repository"))
		return nil
	}
	t := target{name: filepath.ToSlash(filepath.Clean(arg)), path: rel, abs: abs, repo: r}
	if arg == stdin {
		t.name, t.abs = stdinName(name), ""
	}
	r.tree.Add(rel)
	f.add(t)
	return nil
}

// stdinName is the name of standard input in the output.
func stdinName(name string) string {
	if name == defaultStdinPath {
		return "<stdin>"
	}
	return filepath.ToSlash(filepath.Clean(name))
}

// folder adds the Dockerfiles in a folder and below it.
func (f *finder) folder(ctx context.Context, arg string) error {
	dir, err := filepath.Abs(arg)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		f.unreadable(arg, err)
		return nil
	}
	root, _ := worktree.RootOf(dir)
	r, err := f.open(ctx, root)
	if err != nil || r == nil {
		return err
	}
	for _, p := range r.tree.Problems {
		f.trouble = append(f.trouble, render.Trouble{Message: p.Error()})
	}
	r.tree.Problems = nil
	within, _ := r.tree.Rel(dir)
	r.folders = append(r.folders, folder{filepath.ToSlash(arg), within})
	for _, p := range r.tree.Below(within) {
		if !r.config.IsDockerfile(p) || !r.tree.Regular(p) || r.config.Doubtful(p) && !begins(r.tree, p) {
			continue
		}
		f.add(r.target(p))
	}
	return nil
}

// target is a file in one of the folders, named as in the last that has it.
func (r *repository) target(p string) target {
	t := target{path: p, repo: r, abs: filepath.Join(r.tree.Root, filepath.FromSlash(p))}
	for _, d := range r.folders {
		if rest, ok := d.rest(p); ok {
			t.name = path.Join(d.name, rest)
		}
	}
	return t
}

// begins reports whether the file begins as a Dockerfile does.
func begins(tree *worktree.Tree, p string) bool {
	src, err := tree.Read(p)
	return err == nil && dockerfile.Begins(src)
}

func (f *finder) add(t target) {
	key := t.abs
	if key == "" {
		key = stdin
	}
	if !f.seen[key] {
		f.seen[key] = true
		f.targets = append(f.targets, t)
	}
}

// open lists the repository at root and reads its configuration. If it cannot, it records the trouble and returns nil.
func (f *finder) open(ctx context.Context, root string) (*repository, error) {
	if r, ok := f.repos[root]; ok {
		return r, nil
	}
	f.repos[root] = nil
	tree, err := worktree.Open(ctx, root)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		f.trouble = append(f.trouble, render.Trouble{Message: err.Error()})
		return nil, nil
	}
	r := &repository{tree: tree}
	r.config, r.configPath = f.configuration(tree)
	f.repos[root] = r
	return r, nil
}

// close releases the folders.
func (f *finder) close() (err error) {
	for _, r := range f.repos {
		if r != nil {
			err = errors.Join(err, r.tree.Close())
		}
	}
	return err
}

// configuration reads the configuration of the tree, and returns it with its path there. It records what is wrong with
// it, and returns the rest.
func (f *finder) configuration(tree *worktree.Tree) (repo config.Repo, from string) {
	switch {
	case f.noConfig:
		return config.Repo{}, ""
	case f.config != "":
		data, err := worktree.ReadFile(f.config)
		return f.parse(f.config, data, err), ""
	}
	for _, p := range config.Paths {
		data, err := tree.Read(p)
		if !errors.Is(err, fs.ErrNotExist) {
			return f.parse(f.show(filepath.Join(tree.Root, p)), data, err), p
		}
	}
	return config.Repo{}, ""
}

func (f *finder) parse(name string, data []byte, err error) config.Repo {
	if err != nil {
		f.unreadable(name, err)
		return config.Repo{}
	}
	repo, problems := config.ParseFile(name, data, rulebook.All())
	for _, p := range problems {
		message := p.Message(func(s string) string { return "`" + s + "`" })
		f.trouble = append(f.trouble, render.Trouble{Name: name, Line: p.Line, Message: message})
	}
	return repo
}

func (f *finder) unreadable(name string, err error) {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	f.trouble = append(f.trouble, render.Trouble{Name: name, Message: fmt.Sprintf("cannot be read: %v", err)})
}

// show is an absolute name as a user would type it.
func (f *finder) show(abs string) string {
	if rel, err := filepath.Rel(f.dir, abs); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return abs
}
