package worktree

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/pool"
)

// gitFiles lists what git tracks or would track in the work tree at root, without the files that
// are deleted there.
func gitFiles(ctx context.Context, root string) ([]string, error) {
	var there, gone []string
	p := pool.New().WithContext(ctx).WithCancelOnError()
	p.Go(func(ctx context.Context) (err error) {
		there, err = lsFiles(ctx, root, "--cached", "--others", "--exclude-standard")
		return err
	})
	p.Go(func(ctx context.Context) (err error) {
		gone, err = lsFiles(ctx, root, "--deleted")
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

// lsFiles runs git ls-files. A repository may name programs for git to run in its configuration;
// the one that ls-files would run is turned off.
func lsFiles(ctx context.Context, root string, flags ...string) ([]string, error) {
	args := append([]string{"-c", "core.fsmonitor=false", "-C", root, "ls-files", "-z"}, flags...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), namesRepository), "GIT_OPTIONAL_LOCKS=0")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files in %s: %w", root, err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
}

// namesRepository reports whether a variable of the environment would make git look at another
// repository than that of the folder, as git sets them for its hooks.
func namesRepository(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"}, name)
}
