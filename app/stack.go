package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ruleset"
)

// This file tells, of a pull request in a stack, which of its older findings the unmerged pull requests below it bring:
// those that the branch does not have which the whole stack goes into.

// stack compares the Dockerfiles that have older findings with the trunk.
func (r *reviewer) stack(ctx context.Context) error {
	if !slices.ContainsFunc(r.results, r.older) {
		return nil
	}
	all, err := r.snap.Stack(ctx)
	if all == nil || err != nil {
		return err
	}
	paths := map[string]string{} // at the trunk, by that at the head
	for i := range r.results {
		if path := r.results[i].Unit.Path; r.older(r.results[i]) {
			paths[path] = r.trunkPath(all, path)
		}
	}
	r.readTrunk(all, paths)
	for _, s := range r.sources {
		if was, wanted := paths[s.path]; wanted {
			if err := r.compareStack(ctx, all, s, was); err != nil {
				return err
			}
		}
	}
	return nil
}

// older reports whether there is something in the file that the branch below has too, and that is not raised.
func (r *reviewer) older(res analysis.Result) bool {
	return r.policy.HasOlder(r.pull.Changes[res.Unit.Path], &res)
}

// trunkPath is where the trunk has a Dockerfile of the head; "" where it has none.
func (r *reviewer) trunkPath(all *github.Snapshot, path string) string {
	i := slices.IndexFunc(all.Files, func(f github.File) bool { return f.Path == path })
	switch {
	case i < 0:
		return path
	case r.isNew(all.Files[i]):
		return ""
	}
	return oldPath(all.Files[i])
}

// readTrunk takes from the patches what the Dockerfiles were on the trunk, and what rules ask for around them.
func (r *reviewer) readTrunk(all *github.Snapshot, paths map[string]string) {
	var dockerfiles []string
	for _, p := range paths {
		if p != "" {
			dockerfiles = append(dockerfiles, p)
		}
	}
	slices.Sort(dockerfiles)
	files, _ := (&ruleset.Tree{Paths: all.Before.Paths, Blob: all.BlobBefore}).Files(dockerfiles)
	wants := append(wantDockerfiles(dockerfiles), wantFiles(files)...)
	keep(all.KnownBefore(wants, r.blobs), &all.Before)
	ruleset.State(r.budget, &all.Before, r.policy.Repo, r.policy.Path)
}

// compareStack runs the rules over a Dockerfile as the trunk has it. Where that is not known, nothing is.
func (r *reviewer) compareStack(ctx context.Context, all *github.Snapshot, s source, was string) error {
	change := r.pull.Changes[s.path]
	change.Stack = &review.Change{Added: was == "" && !all.Truncated}
	if src, known := all.Before.Contents[was]; known {
		u := ruleset.Unit(r.policy.Repo, r.app.rules, was, src)
		u.Tree, u.Programs, u.Wants = &all.Before, r.programs(s), analysis.NoFixes
		res, err := r.run(ctx, u)
		if err != nil {
			return fmt.Errorf("compare %s with %s: %w", s.path, all.BaseRef, err)
		}
		change.Stack.Base = &res
	}
	r.pull.Changes[s.path] = change
	return nil
}
