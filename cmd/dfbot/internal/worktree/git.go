package worktree

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/app/git"
)

// gitFiles lists what git tracks or would track in the work tree at root, without the files that
// are deleted there.
func gitFiles(ctx context.Context, root string) ([]string, error) {
	repo, err := git.Find(root)
	if err != nil {
		return nil, err
	}
	var there, gone []string
	p := pool.New().WithContext(ctx).WithCancelOnError()
	p.Go(func(ctx context.Context) (err error) {
		there, err = lsFiles(ctx, repo, "--cached", "--others", "--exclude-standard")
		return err
	})
	p.Go(func(ctx context.Context) (err error) {
		gone, err = lsFiles(ctx, repo, "--deleted")
		return err
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

func lsFiles(ctx context.Context, repo git.Repo, flags ...string) ([]string, error) {
	out, err := repo.Output(ctx, nil, append([]string{"ls-files", "-z"}, flags...)...)
	if err != nil {
		return nil, fmt.Errorf("list files of %s: %w", repo.Top, err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
}
