package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sourcegraph/conc/panics"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
)

// Handle does a job. It is a [queue.Handler].
func (a *App) Handle(ctx context.Context, j job.Job, attempt int) error {
	a.emit(Event{Kind: Began, Job: j, Attempt: attempt})
	start := time.Now()
	var counter github.Counter
	ctx = queue.With(ctx, counter.Of)
	var err error
	if caught := panics.Try(func() { err = patient(a.do(ctx, j, attempt), attempt) }); caught != nil {
		err = caught.AsError()
	}
	calls := counter.Calls()
	queue.Note(ctx, slog.Int("calls", calls.All()), slog.Int("graphql", calls.GraphQL))
	a.emit(Event{Kind: ended(ctx, err), Job: j, Attempt: attempt, Took: time.Since(start), Calls: calls, Err: err})
	return err
}

func (a *App) do(ctx context.Context, j job.Job, attempt int) error {
	switch j.Kind {
	case job.Review:
		if j.Pull == 0 {
			return a.find(ctx, j)
		}
		return a.review(ctx, j, attempt)
	case job.Apply:
		return a.apply(ctx, j, attempt)
	case job.Refresh:
		a.github.Refresh(ctx, j.Installation)
		return nil
	case job.Forget:
		a.github.Forget(j.Installation)
		return nil
	case job.Close:
		return a.close(ctx, j, attempt)
	case job.Command:
		return a.obey(ctx, j, attempt)
	case job.Queue:
		return a.checkGroup(ctx, j, attempt)
	}
	return job.GiveUp{Err: fmt.Errorf("unknown kind of job %q", j.Kind)}
}

// close has done its work by replacing reviews, except for two things. Deliveries come in any order: if the pull
// request is open, it was reopened after it was closed, and this job replaced that review. And the check run of its
// head may be about this pull request, and no longer true for others with that head: then one of them is reviewed.
func (a *App) close(ctx context.Context, j job.Job, attempt int) error {
	open, others, err := a.github.Left(ctx, j.Ref)
	if err != nil {
		return err
	}
	if open {
		return a.review(ctx, j, attempt)
	}
	return a.reviewTwins(ctx, j, j.Head, others)
}

// reviewTwins queues reviews of pull requests that had their head in common with the job's until now, if any.
func (a *App) reviewTwins(ctx context.Context, j job.Job, head string, others []int) error {
	j.Kind, j.Why, j.Head, j.Left, j.Trunk = job.Review, "twin-left", head, "", ""
	return a.queueEach(ctx, j, others)
}

// find queues a job for each pull request that a delivery was about without naming it.
func (a *App) find(ctx context.Context, j job.Job) error {
	numbers, err := a.github.PullsOf(ctx, j.Ref)
	if err != nil {
		return err
	}
	return a.queueEach(ctx, j, numbers)
}

// queueEach queues a job like this one for each of the pull requests.
func (a *App) queueEach(ctx context.Context, j job.Job, numbers []int) error {
	for _, n := range numbers {
		named := j
		named.Pull = n
		named.Delivery = fmt.Sprintf("%s#%d", j.Delivery, n)
		if _, err := a.accept(ctx, named.Delivery, named); err != nil {
			return fmt.Errorf("queue review of %s: %w", named.Ref, err)
		}
	}
	return nil
}

// patience is the number of the attempt at which a refusal that may pass counts as final. By then about 15 seconds have
// passed, and GitHub knows all it will ever know about a commit.
const patience = 3

// patient makes a refusal by GitHub final if it has not passed by then.
func patient(err error, attempt int) error {
	var refused github.MayPass
	if attempt < patience || !errors.As(err, &refused) {
		return err
	}
	return job.GiveUp{Reason: refused.Error(), Err: err}
}
