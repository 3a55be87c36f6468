package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/sourcegraph/conc/panics"
	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/shellcheck"
	"github.com/dfbot/dfbot/review/work"
)

// lfs is the beginning of a file that only points to the real one
// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
var lfs = []byte("version https://git-lfs.github.com/spec/v1\n")

// analyst reviews files.
type analyst struct {
	stdin   io.Reader
	only    []*analysis.Rule  // to be shown; empty: all
	least   analysis.Severity // to be shown; Off: as the configuration says
	group   bool              // work out which findings are shown together
	fix     bool              // work out the file with its fixes
	trust   analysis.Applicability
	docker  *buildkit.Checks      // nil where they are not asked for
	shell   *shellcheck.Checks    // the same, or ShellCheck is not installed
	report  func(done, total int) // called after each file, by one goroutine at a time
	trouble []render.Trouble      // with the files that are read besides the Dockerfiles
}

// answer is what the review of one file gives.
type answer struct {
	file    *render.File // nil: it could not be read
	context *buildcontext.Context
	trouble []render.Trouble
}

// trouble is what kept a target, or a part of it, from being reviewed.
func trouble(t target, format string, args ...any) render.Trouble {
	return render.Trouble{Name: t.name, Message: fmt.Sprintf(format, args...)}
}

// failed is the answer for a target that could not be reviewed.
func failed(t target, format string, args ...any) answer {
	return answer{trouble: []render.Trouble{trouble(t, format, args...)}}
}

// all reviews what was found, and what builds say of it, concurrently. It returns the answers in the order of the
// targets, then those about the files that define builds.
func (a *analyst) all(ctx context.Context, f *finder) ([]answer, error) {
	trees, err := a.trees(ctx, f)
	if err != nil {
		return nil, err
	}
	targets := f.targets
	out := make([]answer, len(targets))
	var mu sync.Mutex
	done := 0
	// About half of the goroutines wait for child processes.
	p := pool.New().WithMaxGoroutines(2 * runtime.GOMAXPROCS(0)).WithContext(ctx).WithCancelOnError()
	for _, i := range largestFirst(targets) {
		t := targets[i]
		p.Go(func(ctx context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			out[i] = a.guarded(ctx, t, trees[t.repo].tree)
			mu.Lock()
			defer mu.Unlock()
			done++
			a.report(done, len(targets))
			return nil
		})
	}
	err = p.Wait()
	for _, r := range f.opened() {
		out = append(out, a.definitions(ctx, r, trees[r])...)
	}
	return out, err
}

// largestFirst is the order in which the targets take the least time: no large file is left for the end, when the other
// processors are idle.
func largestFirst(targets []target) []int {
	sizes, order := make([]int64, len(targets)), make([]int, len(targets))
	for i, t := range targets {
		order[i] = i
		if info, err := os.Stat(t.abs); err == nil { // reading reports the error later
			sizes[i] = info.Size()
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(sizes[j], sizes[i]) })
	return order
}

// guarded reviews one file; a panic loses only that file.
func (a *analyst) guarded(ctx context.Context, t target, tree *buildcontext.Tree) answer {
	var o answer
	if crash := panics.Try(func() { o = a.one(ctx, t, tree) }); crash != nil {
		return failed(t, "dfbot crashed on it, which is a bug: %v", crash.Value)
	}
	return o
}

func (a *analyst) one(ctx context.Context, t target, tree *buildcontext.Tree) answer {
	src, err := a.read(t)
	if err != nil {
		return failed(t, "cannot be read: %v", err)
	}
	if bytes.HasPrefix(src, lfs) {
		f := t.file(src)
		f.Skipped = "a Git LFS pointer; the Dockerfile itself is not here"
		return answer{file: f}
	}
	u := a.unit(t, src)
	u.Tree = tree
	return a.review(ctx, t, u)
}

// again reviews a target whose text has changed, in the build context of before.
func (a *analyst) again(ctx context.Context, t target, src []byte, before *buildcontext.Context) answer {
	u := a.unit(t, src)
	u.Context = before
	return a.review(ctx, t, u)
}

// review runs the rules and the programs beside them, and makes the fixes that were asked for.
func (a *analyst) review(ctx context.Context, t target, u analysis.Unit) answer {
	u.Budget = work.New(ctx, analysis.FileWork)
	u.Programs = []analysis.Program{a.docker.Check, a.shell.Check}
	res, err := analysis.Run(ctx, u)
	if err != nil {
		return failed(t, "was not reviewed: %v", err)
	}
	if !res.Unread.Empty() {
		return failed(t, "was not reviewed: %s", res.Unread)
	}
	o := a.answer(t, &res)
	if a.group {
		o.file.Groups = res.Groups(o.file.Diagnostics)
	}
	if a.fix {
		o.file.Fixed, o.file.Applied = res.FixAll(a.trust, a.chosen(t))
	}
	return o
}

// answer is what the result says about a target, without groups and fixes.
func (a *analyst) answer(t target, res *analysis.Result) answer {
	o := answer{file: t.file(res.Unit.Src), context: res.Unit.Context}
	o.file.Skipped = res.Foreign.String()
	o.file.Ignored = len(res.Ignored)
	for _, gap := range res.Gaps {
		o.trouble = append(o.trouble, trouble(t, "%s", gap))
	}
	for _, c := range res.Crashed {
		o.trouble = append(o.trouble, trouble(t, "the rule %s crashed on it, which is a bug: %s", c.Rule.Name, c.Value))
	}
	for _, d := range res.Diagnostics {
		switch {
		case !a.wanted(t, d):
		case a.shown(t, d):
			o.file.Diagnostics = append(o.file.Diagnostics, d)
		default:
			o.file.Hidden++
		}
	}
	return o
}

// unit is a target with the rules as its repository has them. A rule that was asked for by name runs even where the
// configuration turns it off. All rules run, because a fix is proved against every one.
func (a *analyst) unit(t target, src []byte) analysis.Unit {
	u := ruleset.Unit(t.repo.config, rulebook.All(), t.path, src)
	u.Today = today()
	u.Wants = func(*analysis.Result) func(analysis.Diagnostic) bool { return a.chosen(t) }
	for i, r := range u.Rules {
		if r.Severity == analysis.Off && slices.Contains(a.only, r.Rule) {
			u.Rules[i].Severity = max(r.Rule.Severity, analysis.Notice)
		}
	}
	return u
}

// chosen returns which diagnostics of a target are reported.
func (a *analyst) chosen(t target) func(analysis.Diagnostic) bool {
	return func(d analysis.Diagnostic) bool { return a.wanted(t, d) && a.shown(t, d) }
}

// wanted reports whether the rule of a diagnostic is asked for, by name or, where no rule is named, by not being
// ignored in this file. That a file does not parse always counts, since no rule has looked at the file then.
func (a *analyst) wanted(t target, d analysis.Diagnostic) bool {
	if len(a.only) == 0 || d.Rule == analysis.DoesNotParse {
		return !t.repo.config.Ignored(t.path, d.Rule.Name)
	}
	return slices.Contains(a.only, d.Rule)
}

// shown reports whether a diagnostic is severe enough to be shown.
func (a *analyst) shown(t target, d analysis.Diagnostic) bool {
	switch {
	case a.least != analysis.Off:
		return d.Severity >= a.least
	case len(a.only) > 0:
		return true
	}
	return t.repo.config.Comments.Shows(d.Severity)
}

func (a *analyst) read(t target) ([]byte, error) {
	if t.abs == "" {
		return io.ReadAll(io.LimitReader(a.stdin, worktree.MaxFile))
	}
	return worktree.ReadFile(t.abs)
}

// file begins the report of a target.
func (t target) file(src []byte) *render.File {
	return &render.File{Name: t.name, Path: t.path, Abs: t.abs, Root: t.repo.tree.Root, Src: src, Fixed: src}
}

// mode is the mode of a file, as a COPY on this machine would find it.
func mode(tree *worktree.Tree, p string) buildcontext.Mode {
	switch {
	case runtime.GOOS == "windows" || !tree.Regular(p): // Windows has no such modes
		return buildcontext.UnknownMode
	case tree.Executable(p):
		return buildcontext.Executable
	}
	return buildcontext.Regular
}

// read returns the contents of those files that are regular and not too large. The rules take the others for unknown.
func read(ctx context.Context, tree *worktree.Tree, files []ruleset.File) map[string][]byte {
	contents := make(map[string][]byte, len(files))
	var mu sync.Mutex
	p := pool.New().WithMaxGoroutines(2 * runtime.GOMAXPROCS(0))
	for _, f := range files {
		p.Go(func() {
			if ctx.Err() != nil || !tree.Regular(f.Path) {
				return
			}
			if data, err := tree.Read(f.Path); err == nil && len(data) <= f.Max {
				mu.Lock()
				defer mu.Unlock()
				contents[f.Path] = data
			}
		})
	}
	p.Wait()
	return contents
}
