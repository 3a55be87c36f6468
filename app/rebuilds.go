package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"sync"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/work"
)

// This file tells what the pull request runs again in the builds that it affects.

// maxRebuilds is for how many builds of a pull request that is said.
const maxRebuilds = 12

// predict tells what the pull request runs again, and says on findings about the order of steps what it costs here.
// Where it cannot tell for a build, nothing is said of that one: the review is whole without it.
func (r *reviewer) predict(ctx context.Context) error {
	all := r.built()
	if len(all) == 0 || r.app.docker == nil || r.policy.Check.Rebuilds == config.RebuildsNever {
		return nil
	}
	p := &predictor{reviewer: r, before: r.treeBefore(), after: r.treeAfter(), of: forecast.Forecaster{
		Checks: r.app.docker, Asker: &r.asker, Frontends: r.policy.Files.Frontends,
		Budget: r.budget.Share(2 * analysis.FileWork)}}
	p.said = sync.OnceValue(r.said)
	p.with = sync.OnceValue(func() review.Offer { return review.Suggested(p.said(), r.results) })
	for _, s := range all {
		for _, sides := range p.sides(s) {
			if err := p.build(ctx, s, sides); err != nil {
				return err
			}
		}
	}
	return nil
}

// built are the Dockerfiles whose builds the pull request affects and that were there before.
func (r *reviewer) built() (all []source) {
	if r.snap.Before.Partial || r.snap.Tree.Partial {
		return nil
	}
	for _, s := range slices.Concat(r.sources, r.unaltered) {
		if _, known := r.snap.Before.Contents[s.was]; known && s.was != "" {
			all = append(all, s)
		}
	}
	return all
}

// predictor predicts for the builds of a pull request, within a budget for all of them.
type predictor struct {
	*reviewer
	before, after *forecast.Tree
	of            forecast.Forecaster
	said          func() *review.Review
	with          func() review.Offer // what that suggests
}

// sides are the builds of a Dockerfile after the pull request, each with what it was before.
func (p *predictor) sides(s source) (all []forecast.Sides) {
	now, was := forecast.Stated(p.now, s.path), forecast.Stated(p.reviewer.before, s.was)
	if len(now) == 0 {
		if b, known := p.inferred(s.path, s.src, &p.snap.Tree); known {
			now = append(now, b)
		}
	}
	for _, b := range now {
		old := b
		old.Dockerfile = s.was
		if i := slices.IndexFunc(was, func(w forecast.Build) bool {
			return w.Target == b.Target && w.Context == b.Context
		}); i >= 0 {
			old = was[i]
		}
		if p.readable(&p.snap.Tree, b) && p.readable(&p.snap.Before, old) {
			all = append(all, forecast.Sides{Before: p.before, After: p.after, Was: old, Now: b})
		}
	}
	return all
}

// inferred is the build that no one states.
func (p *predictor) inferred(name string, src []byte, tree *buildcontext.Tree) (b forecast.Build, known bool) {
	err := p.of.Budget.Within(p.of.Budget.Left()/4, func() {
		b, known = forecast.Inferred(p.of.Budget, name, src, tree)
	})
	return b, known && err == nil
}

// readable reports whether the ignore files of the build are known, if there are any.
func (p *predictor) readable(tree *buildcontext.Tree, b forecast.Build) bool {
	names := []string{b.Dockerfile + ".dockerignore", path.Join(b.Context, ".dockerignore")}
	for _, dir := range b.Named {
		names = append(names, path.Join(dir, ".dockerignore"))
	}
	return !slices.ContainsFunc(names, func(name string) bool {
		_, there := slices.BinarySearch(tree.Paths, name)
		_, read := tree.Contents[name]
		return there && !read
	})
}

// build predicts for one build.
func (p *predictor) build(ctx context.Context, s source, sides forecast.Sides) error {
	if len(p.rebuilds) == maxRebuilds || p.of.Budget.Left() == 0 {
		return nil
	}
	var made *forecast.Rebuild
	var err error
	spent := p.of.Budget.Within(p.of.Budget.Left(), func() { made, err = p.one(ctx, s, sides) })
	switch err = errors.Join(spent, err); {
	case ctx.Err() != nil:
		return fmt.Errorf("predict: %w", context.Cause(ctx))
	case err == nil && made != nil:
		p.rebuilds = append(p.rebuilds, made)
	case err != nil && !errors.As(err, new(*forecast.StoppedError)) && !errors.Is(err, work.ErrSpent):
		p.app.log.WarnContext(ctx, "no forecast for a build", slog.Any("", p.job), "dockerfile", s.path, "error", err)
	}
	return nil
}

// one is the forecast for a build, without and with what is suggested; nil if it is not worth telling.
func (p *predictor) one(ctx context.Context, s source, sides forecast.Sides) (*forecast.Rebuild, error) {
	made, err := p.of.Rebuild(ctx, sides)
	if err != nil || !made.Dear() && p.policy.Check.Rebuilds != config.RebuildsAlways {
		return nil, err
	}
	files := p.with().Files
	if i := slices.IndexFunc(files, func(f review.Applied) bool { return f.Path == s.path }); i >= 0 {
		if made.Fixed, err = p.of.With(ctx, sides, files[i].After); err != nil {
			return nil, err
		}
	}
	priced, err := p.price(ctx, s, sides)
	if priced {
		made.Grown = nil // the comment says it
	}
	return made, err
}

// price says on the findings about the order of steps in a Dockerfile what this pull request pays for it, and reports
// whether there are any.
func (p *predictor) price(ctx context.Context, s source, sides forecast.Sides) (priced bool, _ error) {
	i := slices.IndexFunc(p.results, func(res analysis.Result) bool { return res.Unit.Path == s.path })
	if i < 0 {
		return false, nil
	}
	res := &p.results[i]
	for n := range res.Diagnostics {
		d := &res.Diagnostics[n]
		if !d.Rule.Reinstalls || !p.raises(d) {
			continue
		}
		var fixed []byte
		if d.Fixable(analysis.Unsafe) {
			if fix := res.Combine([]analysis.Diagnostic{*d}); fix != nil {
				fixed = fix.After
			}
		}
		var lines []int
		for _, place := range d.Related {
			lines = append(lines, place.Line)
		}
		said, err := p.of.Cost(ctx, sides, lines, fixed)
		if err != nil {
			return false, err
		}
		if priced = true; !said.Empty() {
			d.Why = said
		}
	}
	return priced, nil
}

// raises reports whether the review raises the finding.
func (p *predictor) raises(d *analysis.Diagnostic) bool {
	return slices.ContainsFunc(p.said().Findings, func(f review.Finding) bool {
		return f.Diagnostic.Path == d.Path && f.Diagnostic.Fingerprint == d.Fingerprint
	})
}

// treeAfter is the head.
func (r *reviewer) treeAfter() *forecast.Tree {
	return treeOf(&r.snap.Tree, func(p string) string {
		name, _ := r.snap.Blob(p)
		return identity(&r.snap.Tree, p, name)
	})
}

// treeBefore is the base. Of a file that the pull request changes it is only known that it was another one, and of one
// that it moves not even that: GitHub counts no lines of a binary file.
func (r *reviewer) treeBefore() *forecast.Tree {
	moved := map[string]bool{}
	for _, f := range r.snap.Files {
		if f.Status == "renamed" && f.Changes == 0 {
			moved[f.Previous] = true
		}
	}
	return treeOf(&r.snap.Before, func(p string) string {
		switch after, changed := r.snap.Since(p); {
		case moved[p]:
			return ""
		case changed:
			return "before the change of " + p
		default:
			name, _ := r.snap.Blob(after)
			return identity(&r.snap.Tree, after, name)
		}
	})
}

// identity is the mode and the name of the contents of a file; "" where one of them is not known.
func identity(tree *buildcontext.Tree, p, blob string) string {
	mode, _ := tree.Stat(p)
	if mode == 0 || blob == "" {
		return ""
	}
	return fmt.Sprint(mode, " ", blob)
}

// treeOf is a tree as a forecast compares it. What a symlink leads to is not known.
func treeOf(t *buildcontext.Tree, id func(string) string) *forecast.Tree {
	return &forecast.Tree{
		Paths: t.Paths, Git: true, ID: id,
		Link: func(p string) (string, bool) {
			mode, _ := t.Stat(p)
			return "", mode == buildcontext.Symlink
		},
		Read: func(p string) ([]byte, bool) {
			text, known := t.Contents[p]
			return text, known
		},
	}
}
