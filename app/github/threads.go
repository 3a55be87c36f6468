package github

import (
	"context"
	"fmt"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/checks"
)

// Mark gives earlier comments their new text: that they are done, or are not. To resolve their threads dfbot would need to write contents,
// for which it asks no token. A comment that somebody has deleted is left alone. Marking twice does no harm, and a new snapshot has the
// comments as closed.
func (s *Snapshot) Mark(ctx context.Context, fixed []checks.Fixed) error {
	if len(fixed) == 0 {
		return nil
	}
	if err := s.stillHead(ctx); err != nil {
		return err
	}
	ctx = s.writing(ctx)
	for _, f := range fixed {
		if err := s.mark(ctx, f); err != nil {
			return fmt.Errorf("edit comment %d of %s: %w", f.ID, s.Ref, outcome(err))
		}
	}
	return nil
}

func (s *Snapshot) mark(ctx context.Context, f checks.Fixed) error {
	_, _, err := s.in.rest.PullRequests.EditComment(ctx, s.Owner, s.Name, f.ID, &github.PullRequestComment{Body: &f.Body})
	if missing(err) {
		return nil
	}
	return err
}
