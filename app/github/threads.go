package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

// Mark gives earlier comments their new text: that they are done, or are not. Where nothing is left to do, and the
// installation grants it, it resolves the thread first: a comment that says that it is done is not looked at again. A
// comment that someone has deleted is left alone. Marking twice does no harm, and a new snapshot has the comments as
// closed.
func (s *Snapshot) Mark(ctx context.Context, fixed []checks.Fixed) error {
	if len(fixed) == 0 {
		return nil
	}
	if err := s.stillHead(ctx); err != nil {
		return err
	}
	ctx = s.writing(ctx)
	if err := s.resolve(ctx, fixed); err != nil {
		return err
	}
	for _, f := range fixed {
		if err := s.mark(ctx, f); err != nil {
			return fmt.Errorf("edit comment %d of %s: %w", f.ID, s.Ref, typed(err))
		}
	}
	return nil
}

func (s *Snapshot) mark(ctx context.Context, f checks.Fixed) error {
	_, _, err := s.in.rest.PullRequests.EditComment(ctx, s.Owner, s.Name, f.ID,
		&github.PullRequestComment{Body: &f.Body})
	if missing(err) {
		return nil
	}
	return err
}

// Reopen opens the threads of comments that are in force again, and returns the comments whose threads it could not
// open. What they say would not be seen.
func (s *Snapshot) Reopen(ctx context.Context, edited []checks.Fixed) (folded []int64, err error) {
	var threads []string
	for _, f := range edited {
		if f.Reopen {
			threads = append(threads, f.Thread)
		}
	}
	if len(threads) == 0 {
		return nil, nil
	}
	if err := s.stillHead(ctx); err != nil {
		return nil, err
	}
	done, err := s.settle(s.writing(ctx), unresolveMutation, threads)
	if err != nil {
		return nil, err
	}
	for _, f := range edited {
		if f.Reopen && !done[f.Thread] {
			folded = append(folded, f.ID)
		}
	}
	return folded, nil
}

const (
	resolveMutation = `mutation($thread: ID!) {
  resolveReviewThread(input: {threadId: $thread}) { thread { id } }
}
`
	unresolveMutation = `mutation($thread: ID!) {
  unresolveReviewThread(input: {threadId: $thread}) { thread { id } }
}
`
)

// grantMemory is how long it is remembered that an installation does not let dfbot resolve threads.
const grantMemory = time.Hour

// resolve resolves the threads of comments with which nothing is left to do, as far as the installation lets it: the
// text of the comments says the same. It returns an error as settle does.
func (s *Snapshot) resolve(ctx context.Context, fixed []checks.Fixed) error {
	var threads []string
	for _, f := range fixed {
		if f.Resolve && f.Thread != "" && !s.resolved(f.Thread) {
			threads = append(threads, f.Thread)
		}
	}
	_, err := s.settle(ctx, resolveMutation, threads)
	return err
}

// settle does it to the threads until one fails, and returns those with which it worked. It returns an error only if
// GitHub limits dfbot or does not know it at the moment (401), as it would for any call, so that it works later. The
// token that it takes could push. It is got for these calls only, is never used for others, and is not kept.
func (s *Snapshot) settle(ctx context.Context, mutation string, threads []string) (map[string]bool, error) {
	done := map[string]bool{}
	c := s.in.client
	if len(threads) == 0 || c.noGraphQL.Load() || !c.mayResolve(s.Installation) {
		return done, nil
	}
	rest := c.restClient(c.newTokenTransport(s.in.limits, s.Ref, c.askToResolve))
	for _, t := range threads {
		err := s.in.ask(repeatable(ctx), rest, mutation, map[string]any{"thread": t}, &struct{}{})
		if errors.Is(err, errForbidden) || errors.Is(err, errMayNotResolve) {
			c.resolvesNot(s.Installation)
		}
		if errors.As(typed(err), new(job.RetryAt)) || status(err) == http.StatusUnauthorized {
			return done, fmt.Errorf("settle threads of %s: %w", s.Ref, typed(err))
		}
		if err != nil {
			return done, nil
		}
		done[t] = true
	}
	return done, nil
}

// resolved says that a thread was resolved when the snapshot was taken.
func (s *Snapshot) resolved(thread string) bool {
	for _, c := range s.Prior.Comments {
		if c.Thread == thread {
			return c.Resolved
		}
	}
	return false
}

// errMayNotResolve says that GitHub gives no token that may resolve threads.
var errMayNotResolve = errors.New("the installation does not grant the permission to resolve threads")

// askToResolve asks for a token that may resolve threads.
func (c *Client) askToResolve(ctx context.Context, ref job.Ref) (credential, error) {
	fresh, err := c.askToken(ctx, ref, resolving())
	if code := status(err); code == http.StatusForbidden || code == http.StatusUnprocessableEntity {
		return credential{}, errMayNotResolve
	}
	return fresh, err
}

// mayResolve reports whether an installation is worth being asked for a token that may resolve threads.
func (c *Client) mayResolve(installation int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.opts.Now().Before(c.unresolving[installation])
}

// resolvesNot remembers that an installation does not let dfbot resolve threads.
func (c *Client) resolvesNot(installation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.opts.Now()
	maps.DeleteFunc(c.unresolving, func(_ int64, until time.Time) bool { return !now.Before(until) })
	c.unresolving[installation] = now.Add(grantMemory)
}
