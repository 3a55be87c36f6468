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

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/shellcheck"
	"github.com/dfbot/dfbot/review/work"
)

// What is read for the rules besides Dockerfiles.
const (
	maxManifest  = 1 << 20  // bytes of a manifest or an ignore file
	maxManifests = 2000     // in a repository, the nearest to a Dockerfile first
	maxRead      = 64 << 20 // bytes of all that is read of a repository; no more is begun
	maxAtOnce    = 32       // files that are read before the bytes are counted
)

// lfs is how a file begins that only points to the real one
// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
var lfs = []byte("version https://git-lfs.github.com/spec/v1\n")

// analyst reviews files.
type analyst struct {
	stdin  io.Reader
	only   []*analysis.Rule  // to be shown; empty: all
	least  analysis.Severity // to be shown; Off: as the configuration says
	group  bool              // work out what is said in one place
	mend   bool              // work out the file with its fixes
	trust  analysis.Applicability
	docker *buildkit.Checks      // nil where nobody asks for them
	shell  *shellcheck.Checks    // the same, or ShellCheck is not installed
	report func(done, total int) // called as files get done, never at once by two
}

// outcome is what became of one file.
type outcome struct {
	file    *render.File // nil: it could not be read
	context *buildcontext.Context
	trouble []render.Trouble
}

// all reviews the targets side by side and returns the outcomes in their order.
func (a *analyst) all(ctx context.Context, targets []target) ([]outcome, error) {
	trees, err := contexts(ctx, targets)
	if err != nil {
		return nil, err
	}
	out := make([]outcome, len(targets))
	var mu sync.Mutex
	done := 0
	// Half of them wait for the processes that they have asked.
	p := pool.New().WithMaxGoroutines(2 * runtime.GOMAXPROCS(0)).WithContext(ctx).WithCancelOnError()
	for _, i := range largestFirst(targets) {
		t := targets[i]
		p.Go(func(ctx context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			out[i] = a.guarded(ctx, t, trees[t.repo])
			mu.Lock()
			defer mu.Unlock()
			done++
			a.report(done, len(targets))
			return nil
		})
	}
	return out, p.Wait()
}

// largestFirst gives the order in which the targets take the least time side by side: no large file is left for the
// end, when the other processors have nothing more to do.
func largestFirst(targets []target) []int {
	sizes, order := make([]int64, len(targets)), make([]int, len(targets))
	for i, t := range targets {
		order[i] = i
		if info, err := os.Stat(t.abs); err == nil { // one that cannot be read is told so in its turn
			sizes[i] = info.Size()
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(sizes[j], sizes[i]) })
	return order
}

// guarded reviews one file; a panic loses only that.
func (a *analyst) guarded(ctx context.Context, t target, tree *buildcontext.Tree) outcome {
	var o outcome
	if crash := panics.Try(func() { o = a.one(ctx, t, tree) }); crash != nil {
		return outcome{trouble: []render.Trouble{{Name: t.name, Message: fmt.Sprintf("dfbot crashed on it, which is a bug: %v", crash.Value)}}}
	}
	return o
}

func (a *analyst) one(ctx context.Context, t target, tree *buildcontext.Tree) outcome {
	src, err := a.read(t)
	if err != nil {
		return outcome{trouble: []render.Trouble{{Name: t.name, Message: fmt.Sprintf("cannot be read: %v", err)}}}
	}
	if bytes.HasPrefix(src, lfs) {
		f := t.file(src)
		f.Skipped = "a pointer of Git LFS; the Dockerfile itself is not here"
		return outcome{file: f}
	}
	return a.judge(ctx, t, a.configured(t, analysis.Unit{Path: t.path, Src: src, Tree: tree}))
}

// judge runs the rules and what speaks beside them, and makes the fixes that were asked for.
func (a *analyst) judge(ctx context.Context, t target, u analysis.Unit) outcome {
	u.Budget = work.New(ctx, analysis.FileWork)
	u.Programs = []analysis.Program{a.docker.Check, a.shell.Check}
	res, err := analysis.Run(ctx, u)
	if err != nil {
		return outcome{trouble: []render.Trouble{{Name: t.name, Message: fmt.Sprintf("was not reviewed: %v", err)}}}
	}
	if !res.Unread.Empty() {
		return outcome{trouble: []render.Trouble{{Name: t.name, Message: "was not reviewed: " + res.Unread.String()}}}
	}
	o := outcome{file: t.file(u.Src), context: res.Unit.Context}
	o.file.Skipped = res.Foreign.String()
	o.file.Ignored = len(res.Ignored)
	for _, gap := range res.Gaps {
		o.trouble = append(o.trouble, render.Trouble{Name: t.name, Message: gap.String()})
	}
	for _, c := range res.Crashed {
		o.trouble = append(o.trouble, render.Trouble{Name: t.name,
			Message: fmt.Sprintf("the rule %s crashed on it, which is a bug: %s", c.Rule.Name, c.Value)})
	}
	for _, d := range res.Diagnostics {
		d, wanted := a.wanted(t, d)
		switch {
		case !wanted:
		case a.shown(t, d):
			o.file.Diagnostics = append(o.file.Diagnostics, d)
		default:
			o.file.Hidden++
		}
	}
	if a.group {
		o.file.Groups = res.Groups(o.file.Diagnostics)
	}
	if a.mend {
		o.file.Fixed, o.file.Mends = res.FixAll(a.trust, u.Wants)
	}
	return o
}

// configured gives a unit all that is the same for every file of its repository.
func (a *analyst) configured(t target, u analysis.Unit) analysis.Unit {
	u.Today, u.Rules, u.Overlaps = today(), a.active(t), rules.Overlaps
	u.Wants = func(d analysis.Diagnostic) bool {
		d, wanted := a.wanted(t, d)
		return wanted && a.shown(t, d)
	}
	return app.Configured(u, t.repo.config)
}

// active lists the rules for a file. All run, also where only some were asked for: a fix is
// proved against every rule.
func (a *analyst) active(t target) []analysis.Active {
	all := rules.Default()
	c := t.repo.config
	for i := range all {
		r := all[i].Rule
		all[i].Severity = severity(c, t.path, r)
		if all[i].Severity == analysis.Off && slices.Contains(a.only, r) {
			all[i].Severity = max(r.Severity, analysis.Notice) // asked for by name
		}
		all[i].Options = c.Rules[r.Name].Options
	}
	return all
}

// severity is what the configuration makes of a rule in a file.
func severity(c config.Repo, path string, r *analysis.Rule) analysis.Severity {
	if c.Ignored(path, r.Name) {
		return analysis.Off
	}
	s, err := analysis.ParseSeverity(string(c.Severity(r.Name, config.Severity(r.Severity.String()))))
	if err != nil {
		return r.Severity
	}
	return s
}

// wanted reports whether the rule of a diagnostic was asked for. That a file does not parse is
// told unless the configuration forbids it, since no rule has looked then.
func (a *analyst) wanted(t target, d analysis.Diagnostic) (analysis.Diagnostic, bool) {
	if d.Rule == analysis.DoesNotParse {
		d.Severity = severity(t.repo.config, t.path, d.Rule)
		return d, d.Severity != analysis.Off
	}
	return d, len(a.only) == 0 || slices.Contains(a.only, d.Rule)
}

// shown reports whether a diagnostic is severe enough.
func (a *analyst) shown(t target, d analysis.Diagnostic) bool {
	switch {
	case a.least != analysis.Off:
		return d.Severity >= a.least
	case len(a.only) > 0:
		return true
	}
	return t.repo.config.Comments.Shows(config.Severity(d.Severity.String()))
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

// contexts reads for each repository what its Dockerfiles may ask of it: the ignore files and
// the manifests of package managers.
func contexts(ctx context.Context, targets []target) (map[*repository]*buildcontext.Tree, error) {
	trees := map[*repository]*buildcontext.Tree{}
	wanted, dockerfiles := map[*repository][]string{}, map[*repository][]string{}
	seen := map[*repository]map[string]bool{}
	for _, t := range targets {
		if trees[t.repo] == nil {
			_, clone := worktree.RootOf(t.repo.tree.Root)
			seen[t.repo] = map[string]bool{}
			trees[t.repo] = &buildcontext.Tree{Paths: t.repo.tree.Paths, Partial: t.repo.tree.Partial, NoClone: !clone}
		}
		dockerfiles[t.repo] = append(dockerfiles[t.repo], t.path)
		for _, p := range buildcontext.IgnoreFiles(t.path) {
			if t.repo.tree.Has(p) && !seen[t.repo][p] {
				seen[t.repo][p] = true
				wanted[t.repo] = append(wanted[t.repo], p)
			}
		}
	}
	for r, tree := range trees {
		tree.Contents = read(ctx, r.tree, append(wanted[r], ecosystem.Nearest(r.tree.Paths, dockerfiles[r], maxManifests)...))
	}
	return trees, ctx.Err()
}

// read returns the contents of those files that are regular and of a sensible size, the first maxRead bytes of them; rules take
// what is missing as unknown.
func read(ctx context.Context, tree *worktree.Tree, paths []string) map[string][]byte {
	contents := make(map[string][]byte, len(paths))
	size := 0
	for some := range slices.Chunk(paths, maxAtOnce) {
		var mu sync.Mutex
		p := pool.New().WithMaxGoroutines(2 * runtime.GOMAXPROCS(0))
		for _, path := range some {
			p.Go(func() {
				if ctx.Err() != nil || !tree.Regular(path) {
					return
				}
				if data, err := tree.Read(path); err == nil && len(data) <= maxManifest {
					mu.Lock()
					defer mu.Unlock()
					contents[path] = data
				}
			})
		}
		p.Wait()
		for _, path := range some {
			size += len(contents[path])
		}
		if size > maxRead {
			break
		}
	}
	return contents
}
