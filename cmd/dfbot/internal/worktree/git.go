package worktree

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/app/git"
)

// patience is how long git may take until dfbot looks for a file at which it waits for ever.
const patience = time.Second

// gitFiles lists what git tracks or would track in the tree, without the files that are deleted there. An error that is
// a git.StuckError says what keeps git from coming to an end.
func (t *Tree) gitFiles(ctx context.Context) ([]string, error) {
	repo, err := git.Find(t.Root)
	if err != nil {
		return nil, err
	}
	var there, gone []string
	watch, listed := context.WithCancel(ctx)
	p := pool.New().WithContext(ctx).WithCancelOnError()
	p.Go(func(ctx context.Context) (err error) {
		defer listed()
		there, err = lsFiles(ctx, repo, "--cached", "--others", "--exclude-standard")
		return err
	})
	p.Go(func(ctx context.Context) (err error) {
		gone, err = lsFiles(ctx, repo, "--deleted")
		return err
	})
	p.Go(func(context.Context) error {
		select {
		case <-watch.Done():
			return nil
		case <-time.After(patience):
			return t.stuck(watch)
		}
	})
	if err := p.Wait(); err != nil {
		return nil, err
	}
	slices.Sort(gone)
	paths := slices.DeleteFunc(there, func(name string) bool {
		_, deleted := slices.BinarySearch(gone, name)
		return deleted || strings.HasSuffix(name, "/") // a repository inside this one
	})
	slices.Sort(paths)
	return slices.Compact(paths), nil // a file in conflict is listed once a side
}

// stuck looks for an ignore file that git opens and that is not a file: git waits until something writes to a named
// pipe.
func (t *Tree) stuck(ctx context.Context) error {
	return fs.WalkDir(t.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil:
			return nil // git, too, passes over what it cannot read
		case d.Name() == ".gitignore" && git.Blocks(d.Type()):
			return &git.StuckError{Reason: filepath.Join(t.Root, filepath.FromSlash(p)) + " is not a regular file"}
		}
		return nil
	})
}

// lsFiles runs git ls-files.
func lsFiles(ctx context.Context, repo git.Repo, flags ...string) ([]string, error) {
	out, err := repo.Output(ctx, nil, append([]string{"ls-files", "-z"}, flags...)...)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
}
