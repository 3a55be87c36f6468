package main

import (
	"context"
	"maps"
	"slices"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/work"
)

// This file reviews what the builds of a repository say: Dockerfiles of any name, Dockerfiles inside definitions, and
// the definitions themselves.

// maxInlines is how many Dockerfiles inside definitions are reviewed in a repository.
const maxInlines = 100

// stated is a tree with the builds that its files state.
type stated struct {
	tree   *buildcontext.Tree
	builds []builds.Build
}

// opened are the repositories with something to review, in the order of their roots.
func (f *finder) opened() (all []*repository) {
	for _, root := range slices.Sorted(maps.Keys(f.repos)) {
		if r := f.repos[root]; r != nil && len(r.folders)+len(f.in(r)) > 0 {
			all = append(all, r)
		}
	}
	return all
}

// in are the paths of the targets in the repository.
func (f *finder) in(r *repository) (paths []string) {
	for _, t := range f.targets {
		if t.repo == r {
			paths = append(paths, t.path)
		}
	}
	return paths
}

// nameByBuilds adds the Dockerfiles in reviewed folders whose names only builds know, and reports whether it did.
func (f *finder) nameByBuilds(r *repository, all []builds.Build) bool {
	before := len(f.targets)
	for _, b := range all {
		t := r.target(b.Dockerfile)
		if b.Dockerfile != "" && t.name != "" && !r.config.IsDockerfile(t.path) && !r.config.Excludes(t.path) &&
			r.tree.Regular(t.path) && begins(r.tree, t.path) {
			f.add(t)
		}
	}
	return len(f.targets) > before
}

// trees reads for each repository what the rules may ask for: ignore files, what defines builds, and the manifests of
// package managers. It adds the targets that only builds know.
func (a *analyst) trees(ctx context.Context, f *finder) (map[*repository]stated, error) {
	trees, trouble := map[*repository]stated{}, a.trouble
	for _, r := range f.opened() {
		all, gaps := a.state(ctx, r, f.in(r))
		if f.nameByBuilds(r, all.builds) {
			all, gaps = a.state(ctx, r, f.in(r))
		}
		trees[r], trouble = all, append(trouble, gaps...)
	}
	a.trouble = trouble
	return trees, ctx.Err()
}

// near are paths in the reviewed folders.
func (r *repository) near() (all []string) {
	for _, d := range r.folders {
		all = append(all, d.path+"/Dockerfile")
	}
	return all
}

// state reads what rules may ask for around the Dockerfiles; without Dockerfiles, around the reviewed folders.
func (a *analyst) state(ctx context.Context, r *repository, dockerfiles []string) (stated, []render.Trouble) {
	_, clone := worktree.RootOf(r.tree.Root)
	tree := ruleset.Tree{Paths: r.tree.Paths, Blob: func(p string) (string, int) { return p, r.tree.Size(p) }}
	files, gap := tree.Files(dockerfiles)
	if len(dockerfiles) == 0 {
		files = tree.Holders(r.near())
	}
	var trouble []render.Trouble
	if gap != "" {
		trouble = append(trouble, render.Trouble{Message: gap})
	}
	all := stated{tree: &buildcontext.Tree{
		Paths: r.tree.Paths, Partial: r.tree.Partial, NoClone: !clone, Contents: read(ctx, r.tree, files),
		Stat: func(p string) (buildcontext.Mode, int) { return mode(r.tree, p), r.tree.Size(p) },
	}}
	budget := work.New(ctx, analysis.FileWork)
	if err := budget.Within(budget.Left(), func() {
		all.builds = ruleset.State(budget, all.tree, r.config, r.configPath)
	}); err != nil {
		trouble = append(trouble, render.Trouble{Message: "how images are built takes too much work to tell"})
	}
	return all, trouble
}

// definitions looks at the files in the reviewed folders that define builds: whether what they name exists, and what is
// wrong with the Dockerfiles that they hold.
func (a *analyst) definitions(ctx context.Context, r *repository, t stated) (all []answer) {
	r.readNamed(t)
	nothing := &buildcontext.Tree{Contents: map[string][]byte{}}
	results := a.inlines(ctx, r, t)
	for _, d := range ruleset.Broken(work.New(ctx, analysis.FileWork), r.config, rulebook.All(),
		ruleset.Side{Tree: t.tree, Builds: t.builds}, ruleset.Side{Tree: nothing}) {
		if held, also := results[d.Head.Unit.Path]; also {
			d.Head.Diagnostics = append(d.Head.Diagnostics, held.Diagnostics...)
			d.Head.Gaps = held.Gaps
		}
		results[d.Head.Unit.Path] = d.Head
	}
	for _, p := range slices.Sorted(maps.Keys(results)) {
		res, on := results[p], r.target(p)
		if o := a.answer(on, &res); on.name != "" && len(o.file.Diagnostics)+o.file.Hidden+len(o.trouble) > 0 {
			o.file.Defines = true
			if a.group {
				o.file.Groups = res.Groups(o.file.Diagnostics)
			}
			all = append(all, o)
		}
	}
	return all
}

// readNamed reads the files that define the builds, and the Dockerfiles that they name.
func (r *repository) readNamed(t stated) {
	for _, b := range t.builds {
		for _, p := range []string{b.Dockerfile, b.Origin.Path} {
			if _, known := t.tree.Contents[p]; !known && r.tree.Regular(p) {
				if src, err := r.tree.Read(p); err == nil {
					t.tree.Contents[p] = src
				}
			}
		}
	}
}

// inlines reviews the Dockerfiles that definitions hold, and returns what is found by the path of the definition.
func (a *analyst) inlines(ctx context.Context, r *repository, t stated) map[string]analysis.Result {
	found := map[string]analysis.Result{}
	for i, in := range ruleset.Inlines(t.builds) {
		p := in.Build.Origin.Path
		on := r.target(p)
		if on.name == "" || r.config.Excludes(p) {
			continue
		}
		res, known := found[p]
		if !known {
			res = analysis.Beside(ruleset.Unit(r.config, rulebook.All(), p, t.tree.Contents[p]), nil, nil)
		}
		if i >= maxInlines {
			res.Gaps = []analysis.Message{
				analysis.Say("dfbot reviews at most %d Dockerfiles inside definitions", maxInlines)}
		} else {
			a.inline(ctx, on, in, t, &res)
		}
		found[p] = res
	}
	return found
}

// inline reviews one Dockerfile that a definition holds, and adds what is found to the result about the definition.
func (a *analyst) inline(ctx context.Context, on target, in ruleset.Inline, t stated, to *analysis.Result) {
	on.path = in.Path
	u := a.unit(on, in.Src)
	u.Wants, u.Budget = analysis.NoFixes, work.New(ctx, analysis.FileWork)
	u.Programs = []analysis.Program{a.docker.Check, a.shell.Check}
	if !in.Build.Elsewhere {
		u.Tree = t.tree
	}
	res, err := analysis.Run(ctx, u)
	unread, line := res.Unread, max(1, in.Build.Lines.Inline)
	if err != nil {
		unread = analysis.Say("%s", err.Error())
	}
	if !unread.Empty() {
		to.Gaps = append(to.Gaps, analysis.Say("the Dockerfile in line %d was not reviewed: %s", line, unread))
	}
	for _, d := range res.Diagnostics {
		to.Diagnostics = append(to.Diagnostics, in.At(d, d.Fingerprint, to.Unit.Src))
	}
	to.Gaps, to.Crashed = append(to.Gaps, res.Gaps...), append(to.Crashed, res.Crashed...)
}
