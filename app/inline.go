package app

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/work"
)

// This file reviews the Dockerfiles that compose and bake files hold. What is found in them is reported in those files,
// without fixes, since no line there is one of a Dockerfile.

// inline is such a Dockerfile as it was reviewed.
type inline struct {
	ruleset.Inline
	head analysis.Result
	base *analysis.Result // nil where it is new
}

// checkInlines reviews those that the pull request changes or whose builds it affects.
func (r *reviewer) checkInlines(ctx context.Context) error {
	base := ruleset.Inlines(r.before)
	for _, in := range ruleset.Inlines(r.now) {
		was, known := in.Before(base, r.pathBefore(in.Build.Origin.Path))
		affects, err := r.affectsInline(in, was)
		if err != nil {
			return err
		}
		if !affects || r.budget.Left() < pullWork/100 {
			continue
		}
		done, err := r.checkInline(ctx, in, was, known)
		if err != nil {
			return err
		}
		r.held = append(r.held, done)
	}
	r.pull.Unaltered += len(r.held)
	return nil
}

// checkInline reviews one, as it was on the base if that is known, and as it is.
func (r *reviewer) checkInline(ctx context.Context, in, was ruleset.Inline, known bool) (done inline, err error) {
	done.Inline = in
	u := r.inlineUnit(in, &r.snap.Tree, was)
	if known {
		base, err := r.run(ctx, r.inlineUnit(was, &r.snap.Before, was))
		if err != nil {
			return done, err
		}
		done.base = &base
		r.snap.Before.Contents[was.Path] = was.Src
		u.Before, u.BeforePath = &r.snap.Before, was.Path
	}
	done.head, err = r.run(ctx, u)
	return done, err
}

// pathBefore is where a file was before the pull request.
func (r *reviewer) pathBefore(p string) string {
	for _, f := range r.snap.Files {
		if f.Path == p {
			return oldPath(f)
		}
	}
	return p
}

// affectsInline reports whether the pull request affects the build of a Dockerfile that a definition holds.
func (r *reviewer) affectsInline(in, was ruleset.Inline) (affects bool, err error) {
	if in.Build.Inline != was.Build.Inline || in.Build.Context != was.Build.Context ||
		builds.Differ(in.Path, ruleset.WithInlines(r.before), ruleset.WithInlines(r.now)) && was.Path == in.Path {
		return true, nil
	}
	budget := r.budget.Share(analysis.FileWork)
	err = budget.Within(budget.Left()/4, func() {
		f, err := dockerfile.ParseWithin(budget, in.Path, in.Src, r.policy.Files.Frontends...)
		affects = err == nil && buildcontext.Affects(r.changes(), &r.snap.Before, &r.snap.Tree, f)
	})
	if errors.Is(err, work.ErrSpent) {
		return true, nil
	}
	return affects, err
}

// inlineUnit is the unit of one, which sees the tree if its context is a folder there.
func (r *reviewer) inlineUnit(in ruleset.Inline, tree *buildcontext.Tree, was ruleset.Inline) analysis.Unit {
	u := ruleset.Unit(r.policy.Repo, r.app.rules, in.Path, in.Src)
	u.Wants = analysis.NoFixes
	if !in.Build.Elsewhere {
		u.Tree = tree
	}
	if !bytes.Equal(in.Src, was.Src) || r.policy.Scope == config.ScopeAll {
		u.Programs = []analysis.Program{r.app.docker.Check, r.app.shell.Check}
	}
	return u
}

// withInlines adds to the definitions what was found in the Dockerfiles that they hold.
func (r *reviewer) withInlines(all []ruleset.Definition) []ruleset.Definition {
	for _, in := range r.held {
		i := slices.IndexFunc(all, func(d ruleset.Definition) bool { return d.Head.Unit.Path == in.Build.Origin.Path })
		if i < 0 {
			i, all = len(all), append(all, r.definition(in.Build.Origin.Path))
		}
		in.addTo(&all[i])
	}
	slices.SortFunc(all, func(x, y ruleset.Definition) int {
		return strings.Compare(x.Head.Unit.Path, y.Head.Unit.Path)
	})
	return all
}

// definition is a definition in which nothing is found.
func (r *reviewer) definition(p string) ruleset.Definition {
	u := ruleset.Unit(r.policy.Repo, r.app.rules, p, r.snap.Tree.Contents[p])
	d := ruleset.Definition{Head: analysis.Beside(u, nil, nil)}
	old := r.pathBefore(p)
	if src, read := r.snap.Before.Contents[old]; read {
		before := u
		before.Path, before.Src = old, src
		res := analysis.Beside(before, nil, nil)
		d.Base = &res
	}
	return d
}

// addTo adds what was found to the definition: on both sides what the pull request does not bring.
func (in inline) addTo(d *ruleset.Definition) {
	comparison := review.Compare(&in.head, in.base)
	on := func(res *analysis.Result, f analysis.Diagnostic, subject string) {
		if res != nil {
			res.Diagnostics = append(res.Diagnostics, in.At(f, subject, res.Unit.Src))
		}
	}
	for i, f := range in.head.Diagnostics {
		on(&d.Head, f, f.Fingerprint)
		if in.base != nil && !comparison.Found[i].Standing.Own() {
			on(d.Base, f, f.Fingerprint)
		}
	}
	for _, f := range comparison.Fixed {
		on(d.Base, f, "fixed "+f.Fingerprint)
	}
	d.Head.Gaps = append(d.Head.Gaps, in.head.Gaps...)
}
