package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/work"
)

// This file finds the Dockerfiles that a pull request leaves as they are and whose builds it affects.

// others lists the Dockerfiles of the head that the pull request leaves as they are, those first that are nearest to a
// file that it changes. Where the tree is cut off, nothing can be said of their builds, and there are none.
func (r *reviewer) others(touched []github.File) []string {
	if r.snap.Tree.Partial || len(r.snap.Files) == 0 {
		return nil
	}
	changed := map[string]bool{}
	var paths []string
	for _, f := range r.snap.Files {
		changed[f.Path] = true
		paths = append(paths, f.Path, oldPath(f))
	}
	var all []string
	for _, p := range r.snap.Tree.Paths {
		if !changed[p] && r.policy.IsDockerfile(p) {
			all = append(all, p)
		}
	}
	near, beyond := ruleset.Near(all, paths, maxDockerfiles-len(touched))
	if i := slices.IndexFunc(near, func(p string) bool { return !r.fits(p) }); i >= 0 {
		near, beyond = near[:i], near[i:]
	}
	if len(beyond) > 0 {
		r.gap(fmt.Sprintf("dfbot looks at no more than %d Dockerfiles of %d MiB in total: this pull request may "+
			"affect the builds of others", maxDockerfiles, maxSources>>20))
	}
	return near
}

// addAffected adds those of the other Dockerfiles whose builds the pull request affects. They are only counted where no
// rule can find anything else in them than on the base.
func (r *reviewer) addAffected(ctx context.Context, others []string) error {
	affected, err := r.affected(others)
	if err != nil || len(affected) == 0 {
		return err
	}
	files, gap := r.head().Files(affected)
	before, _ := r.base().Files(affected)
	if !r.visible(files, before) {
		r.pull.Unaltered = len(affected)
		for _, p := range affected {
			r.unaltered = append(r.unaltered, source{path: p, was: p, src: r.blobs[p].Source})
		}
		return nil
	}
	r.gap(gap)
	if err := r.load(ctx, wantFiles(files), slices.Concat(wantDockerfiles(affected), wantFiles(before))); err != nil {
		return err
	}
	for _, p := range affected {
		r.pull.Changes[p] = review.Change{Untouched: true}
		r.sources = append(r.sources, source{path: p, was: p, src: r.blobs[p].Source})
	}
	return nil
}

// affected are those of the Dockerfiles whose builds the pull request affects. One of which that takes too much work to
// tell counts.
func (r *reviewer) affected(dockerfiles []string) (all []string, err error) {
	changes := r.changes()
	for _, p := range dockerfiles {
		b, read := r.blobs[p]
		if !read || b.Skipped != "" || r.policy.Doubtful(p) && !dockerfile.Begins(b.Source) {
			continue
		}
		budget, affects := r.budget.Share(analysis.FileWork), false
		err := budget.Within(budget.Left()/4, func() {
			f, err := dockerfile.ParseWithin(budget, p, b.Source, r.policy.Files.Frontends...)
			affects = err == nil && (builds.Differ(p, r.before, r.now) ||
				buildcontext.Affects(changes, &r.snap.Before, &r.snap.Tree, f))
		})
		switch {
		case affects, errors.Is(err, work.ErrSpent):
			all = append(all, p)
		case err != nil:
			return nil, fmt.Errorf("look at %s: %w", p, err)
		}
	}
	return all, nil
}

// definitions adds what is wrong with the files that define builds: those that name what does not exist, and those that
// the pull request changes.
func (r *reviewer) definitions() {
	head, base := r.sides()
	found := ruleset.Broken(r.budget, r.policy.Repo, r.app.rules, head, base)
	for _, d := range r.withInlines(found) {
		p := d.Head.Unit.Path
		change := review.Change{Added: d.New, Base: d.Base, Untouched: true}
		if i := slices.IndexFunc(r.snap.Files, func(f github.File) bool { return f.Path == p }); i >= 0 {
			change.Patch, _ = r.snap.Files[i].WholePatch()
			change.Untouched = false
		}
		if !change.Untouched || len(d.Head.Diagnostics) > 0 {
			r.pull.Changes[p] = change
			r.results = append(r.results, d.Head)
		}
	}
}

// sides are the repository after and before the pull request, each with its own configuration.
func (r *reviewer) sides() (head, base ruleset.Side) {
	head, base = ruleset.Side{Tree: &r.snap.Tree, Builds: r.now}, ruleset.Side{Tree: &r.snap.Before, Builds: r.before}
	base = base.Stating(r.policy.Path, r.snap.Config.Source, r.app.rules)
	switch b, read := r.blobs[r.pull.ConfigChanged]; {
	case read && b.Skipped == "":
		head = head.Stating(r.pull.ConfigChanged, b.Source, r.app.rules)
	case r.pull.ConfigChanged != "" || r.pull.ConfigGone != "":
		head = head.Stating("", nil, nil)
	default:
		head = head.Stating(r.policy.Path, r.snap.Config.Source, r.app.rules)
	}
	return head, base
}

// changes are what the pull request does to each file.
func (r *reviewer) changes() []buildcontext.Change {
	all := make([]buildcontext.Change, 0, len(r.snap.Files))
	for _, f := range r.snap.Files {
		c := buildcontext.Change{Before: oldPath(f), After: f.Path}
		switch f.Status {
		case "added", "copied":
			c.Before = ""
		case "removed":
			c.After = ""
		}
		all = append(all, c)
	}
	return all
}

// visible reports whether rules may see what the pull request changes around a Dockerfile that it leaves as it is: they
// see which files there are, and what is in those of the lists. Where GitHub shows no whole patch of a file, its mode
// or its size may have changed.
func (r *reviewer) visible(head, base []ruleset.File) bool {
	looked := map[string]bool{}
	for _, f := range slices.Concat(head, base) {
		looked[f.Path] = true
	}
	return slices.ContainsFunc(r.snap.Files, func(f github.File) bool {
		_, whole := f.WholePatch()
		return f.Status != "modified" || !whole || looked[f.Path]
	})
}
