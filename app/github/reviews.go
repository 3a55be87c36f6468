package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/checks"
)

// maxTrials is how many drafts are tried to find out which comments of a refused review GitHub takes.
const maxTrials = 16

// Comment writes the comments as one review with event COMMENT on the analysed commit; no comments, no review. It may
// be called again after any error, if the snapshot is taken anew: what was written is then in its Prior.
//
// GitHub refuses a review as a whole for one comment and does not say for which. Refused are those that it does not
// take even alone; the review then has the others, under what reword makes of the body for them. A [job.GiveUp] error
// with a Permission says that the installation may not review.
func (s *Snapshot) Comment(ctx context.Context, body string, comments []checks.ReviewComment,
	reword func(refused []checks.ReviewComment) string) (refused []checks.ReviewComment, err error) {
	if len(comments) == 0 {
		return nil, nil
	}
	if err := s.stillHead(ctx); err != nil {
		return nil, err
	}
	ctx = s.writing(ctx)
	_, err = s.review(ctx, "COMMENT", body, comments)
	if status(err) == http.StatusUnprocessableEntity {
		refused, err = s.commentDespite(ctx, err, body, comments, reword)
	}
	if err != nil {
		return nil, fmt.Errorf("review %s: %w", s.Ref, typed(err))
	}
	return refused, nil
}

// review creates a review and returns its id. Without an event it is a draft that only dfbot sees.
func (s *Snapshot) review(ctx context.Context, event, body string, comments []checks.ReviewComment) (int64, error) {
	request := &github.PullRequestReviewRequest{CommitID: &s.Head}
	if event != "" {
		request.Event = &event
	}
	if body = withManifest(body, comments); body != "" {
		request.Body = &body
	}
	for _, c := range comments {
		draft := &github.DraftReviewComment{
			Path: github.String(c.Path), Body: github.String(c.Body), Line: github.Int(c.Line),
			Side: github.String(c.Side),
		}
		if c.StartLine > 0 && c.StartLine < c.Line {
			draft.StartLine, draft.StartSide = github.Int(c.StartLine), github.String(c.Side)
		}
		request.Comments = append(request.Comments, draft)
	}
	r, _, err := s.in.rest.PullRequests.CreateReview(ctx, s.Owner, s.Name, s.Pull, request)
	return r.GetID(), err
}

// commentDespite finds the way out of a refusal: the head has moved; a draft of an earlier run is in
// the way; or some comments are not to GitHub's liking, and the others are written without them.
func (s *Snapshot) commentDespite(ctx context.Context, cause error, body string, comments []checks.ReviewComment,
	reword func([]checks.ReviewComment) string) ([]checks.ReviewComment, error) {
	if err := s.lookAgain(ctx); err != nil {
		return nil, err
	}
	if strings.Contains(cause.Error(), "pending review") {
		if err := s.dropDrafts(ctx); err != nil {
			return nil, err
		}
	}
	trials := maxTrials
	good, err := s.sieve(ctx, comments, &trials)
	if err != nil {
		return nil, err
	}
	if len(good) > 0 {
		if refused := without(comments, good); len(refused) > 0 {
			body = reword(refused)
		}
		if _, err := s.review(ctx, "COMMENT", body, good); status(err) == http.StatusUnprocessableEntity {
			return comments, nil
		} else if err != nil {
			return nil, err
		}
	}
	return without(comments, good), nil
}

// sieve returns the comments that GitHub accepts. It tries them as drafts, of which GitHub notifies no one, and halves
// what is refused.
func (s *Snapshot) sieve(
	ctx context.Context, comments []checks.ReviewComment, trials *int,
) (good []checks.ReviewComment, err error) {
	if len(comments) == 0 || *trials == 0 {
		return nil, nil
	}
	*trials--
	id, err := s.review(ctx, "", "", comments)
	if err == nil {
		return comments, s.dropDraft(ctx, id)
	}
	if status(err) != http.StatusUnprocessableEntity {
		return nil, err
	}
	if len(comments) == 1 {
		return nil, nil
	}
	for _, half := range [][]checks.ReviewComment{comments[:len(comments)/2], comments[len(comments)/2:]} {
		some, err := s.sieve(ctx, half, trials)
		if err != nil {
			return nil, err
		}
		good = append(good, some...)
	}
	return good, nil
}

// dropDrafts deletes what an earlier run has begun to write. GitHub shows drafts to their author only.
func (s *Snapshot) dropDrafts(ctx context.Context) error {
	opts := &github.ListOptions{PerPage: 100}
	for {
		page, resp, err := s.in.rest.PullRequests.ListReviews(ctx, s.Owner, s.Name, s.Pull, opts)
		if err != nil {
			return fmt.Errorf("list reviews: %w", err)
		}
		for _, r := range page {
			if r.GetState() == "PENDING" {
				return s.dropDraft(ctx, r.GetID()) // there can be only one
			}
		}
		if resp.NextPage == 0 {
			return nil
		}
		opts.Page = resp.NextPage
	}
}

// dropDraft deletes a draft. GitHub takes no review beside one that is left, so it is asked again after a refusal.
func (s *Snapshot) dropDraft(ctx context.Context, id int64) error {
	_, _, err := s.in.rest.PullRequests.DeletePendingReview(ctx, s.Owner, s.Name, s.Pull, id)
	if status(err) == http.StatusForbidden {
		_, _, err = s.in.rest.PullRequests.DeletePendingReview(ctx, s.Owner, s.Name, s.Pull, id)
	}
	if err != nil {
		return fmt.Errorf("delete draft of a review: %w", err)
	}
	return nil
}

// without returns the comments that are not among some of them, which are in the same order.
func without(comments, some []checks.ReviewComment) []checks.ReviewComment {
	var others []checks.ReviewComment
	for _, c := range comments {
		if len(some) > 0 && c == some[0] {
			some = some[1:]
		} else {
			others = append(others, c)
		}
	}
	return others
}
