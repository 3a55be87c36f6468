package app

import (
	"regexp"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// This file finds Dockerfiles whose names do not say so, but that builds name.

// maxLikely is how many changed files are read because they look like Dockerfiles.
const maxLikely = 10

// instruction matches a line of a patch that a Dockerfile may have.
var instruction = regexp.MustCompile(`(?m)^[ +-](FROM|ARG|RUN|COPY|ADD|ENV|WORKDIR|CMD|ENTRYPOINT) \S`)

// likely lists the changed files that may be Dockerfiles, if a build says so: they are read with the others.
func (r *reviewer) likely() (all []github.File) {
	for _, f := range r.snap.Files {
		if f.Status != "removed" && !r.policy.IsDockerfile(f.Path) && !r.policy.Excludes(f.Path) &&
			builds.KindOf(f.Path) == builds.NoKind && instruction.MatchString(f.Patch) && len(all) < maxLikely {
			all = append(all, f)
		}
	}
	return all
}

// isDockerfile reports whether the file is a Dockerfile by its name, or because a build says so.
func (r *reviewer) isDockerfile(p string) bool { return r.policy.IsDockerfile(p) || r.named[p] }

// nameByBuilds notes the Dockerfiles that only builds know by name, and returns, of those on the head and at most so
// many, the likely ones that the pull request changes and those that it leaves as they are.
func (r *reviewer) nameByBuilds(likely []github.File, most int) (changed []github.File, left []string) {
	r.named = map[string]bool{}
	for _, all := range [][]builds.Build{r.now, r.before} {
		for _, b := range all {
			if p := b.Dockerfile; p != "" && !r.policy.IsDockerfile(p) && !r.policy.Excludes(p) {
				r.named[p] = true
			}
		}
	}
	for _, f := range likely {
		if b := r.blobs[f.Path]; r.named[f.Path] && b.Skipped == "" && dockerfile.Begins(b.Source) {
			changed = append(changed, f)
		}
	}
	done := map[string]bool{}
	for _, f := range r.snap.Files {
		done[f.Path] = true
	}
	for _, b := range r.now {
		if p := b.Dockerfile; r.named[p] && r.there(p) && !done[p] && len(left) < most && r.fits(p) {
			done[p] = true
			left = append(left, p)
		}
	}
	return changed, left
}
