package githubtest

import (
	"fmt"
	"testing"

	"github.com/google/go-github/v60/github"
	"github.com/sourcegraph/conc/pool"
)

// TestManyAtOnce has people and clients at work at the same time; it means
// something under the race detector.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.twoHunks()
	group := pool.New().WithErrors().WithMaxGoroutines(8)
	for i := range 8 {
		group.Go(func() error {
			if _, err := w.repo.Commit(fmt.Sprintf("b%d", i),
				Commit{Files: map[string]string{"x": fmt.Sprint(i)}}); err != nil {
				return err
			}
			_, _, err := w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number,
				&github.PullRequestReviewRequest{
					Event:    github.String("COMMENT"),
					Comments: []*github.DraftReviewComment{draft(func(*github.DraftReviewComment) {})},
				})
			if err != nil {
				return err
			}
			for _, th := range p.Threads() {
				if len(th.Comments) == 0 {
					return fmt.Errorf("thread %s without comments", th.ID)
				}
			}
			_, err = p.State()
			_, _ = w.srv.Writes(), w.srv.Deliveries()
			return err
		})
	}
	w.must(group.Wait())
	if n := len(p.Comments()); n != 8 {
		t.Errorf("%d comments", n)
	}
}
