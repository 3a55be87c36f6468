package github

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review/buildcontext"
)

// maxCompared is how many files GitHub lists of a comparison, all of them on its first page.
const maxCompared = 300

// Stack is the snapshot of the whole stack up to this pull request, as if one pull request took it all into the trunk:
// its Files are what that would change, and Before is what the trunk was where the stack left it. It costs one call. It
// is nil where there is no stack, or where GitHub does not compare the two.
func (s *Snapshot) Stack(ctx context.Context) (*Snapshot, error) {
	if s.Trunk == "" {
		return nil, nil
	}
	compared, _, err := s.in.rest.Repositories.CompareCommits(ctx, s.Owner, s.Name, s.Trunk, s.Head,
		&github.ListOptions{Page: 1, PerPage: 1})
	err = typed(err)
	if missing(err) || errors.As(err, new(job.GiveUp)) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("compare %s with %s: %w", s.Ref, s.Trunk, err)
	}
	all := s.in.newSnapshot(s.Ref)
	all.BaseRef, all.entries = s.Trunk, s.entries
	all.Tree = buildcontext.Tree{Paths: s.Tree.Paths, Partial: s.Tree.Partial, Stat: s.Tree.Stat}
	for _, f := range compared.Files {
		all.Files = append(all.Files, changedFile(f))
	}
	all.Truncated = len(all.Files) >= maxCompared
	all.takeBack()
	return all, nil
}

// KnownBefore is ReadBefore as far as the patches tell, without a call.
func (s *Snapshot) KnownBefore(wants []Want, head map[string]Blob) map[string]Blob {
	found, _ := s.takenBack(wants, head)
	return found
}
