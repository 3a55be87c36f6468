package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/queue"
)

// Handle does a job. It is a [queue.Handler].
func (a *App) Handle(ctx context.Context, job queue.Job, attempt queue.Attempt) error {
	start := time.Now()
	err := forQueue(patient(a.do(ctx, job, attempt), attempt))
	a.metrics.job(string(job.Kind), word(err), time.Since(start))
	return err
}

func (a *App) do(ctx context.Context, job queue.Job, attempt queue.Attempt) error {
	switch job.Kind {
	case queue.Review:
		if job.Pull == 0 {
			return a.find(ctx, job)
		}
		return a.review(ctx, job, attempt)
	case queue.Refresh, queue.Forget:
		a.github.Forget(job.Installation)
		return nil
	case queue.Close:
		return a.close(ctx, job, attempt)
	}
	return queue.GiveUp{Err: fmt.Errorf("no meaning for a job of kind %q", job.Kind)}
}

// close has done its work by taking the place of reviews, but for two things. Deliveries come in any order: if the pull request is open, it was
// opened again after it was closed, and it is that review whose place was taken. And the check run of its head may say what is true of it, and no longer
// of the other pull requests with that head: then one of them is reviewed.
func (a *App) close(ctx context.Context, job queue.Job, attempt queue.Attempt) error {
	open, others, err := a.github.Left(ctx, ref(job))
	if err != nil {
		return err
	}
	if open {
		return a.review(ctx, job, attempt)
	}
	return a.reviewTwins(ctx, job, job.Head, others)
}

// reviewTwins queues reviews of pull requests that had their head in common with the job's until now, if any.
func (a *App) reviewTwins(ctx context.Context, job queue.Job, head string, others []int) error {
	job.Kind, job.Why, job.Head, job.Left = queue.Review, "twin-left", head, ""
	return a.queueEach(ctx, job, others)
}

// find makes a job for each pull request that a delivery was about without naming it.
func (a *App) find(ctx context.Context, job queue.Job) error {
	numbers, err := a.github.PullsOf(ctx, ref(job))
	if err != nil {
		return err
	}
	return a.queueEach(ctx, job, numbers)
}

// queueEach makes a job like this one for each of the pull requests.
func (a *App) queueEach(ctx context.Context, job queue.Job, numbers []int) error {
	for _, n := range numbers {
		named := job
		named.Pull = n
		named.Delivery = fmt.Sprintf("%s#%d", job.Delivery, n)
		if _, err := a.accept(ctx, named.Delivery, named); err != nil {
			return fmt.Errorf("queue review of %s: %w", ref(named), err)
		}
	}
	return nil
}

func ref(job queue.Job) github.Ref {
	return github.Ref{
		Installation: job.Installation, Repository: job.Repository, Owner: job.Owner, Name: job.Name, Pull: job.Pull, Head: job.Head, Left: job.Left,
	}
}

// patience is the number of the attempt at which a refusal that may pass is taken as final. Until then some 15 seconds have gone by,
// and GitHub knows of a commit what it will ever know.
const patience = 3

// patient makes a refusal of GitHub's final that has not passed.
func patient(err error, attempt queue.Attempt) error {
	var refused github.MayPass
	if attempt.Number < patience || !errors.As(err, &refused) {
		return err
	}
	return github.GiveUp{Reason: refused.Error(), Err: err}
}

// forQueue gives an error the type by which the queue knows what to do. Others are tried again after a growing wait.
func forQueue(err error) error {
	var (
		later     github.TryAgain
		never     github.GiveUp
		stale     github.Stale
		suspended github.Suspended
	)
	switch {
	case errors.As(err, &suspended):
		return queue.Stale{Reason: suspended.Error(), Suspended: true}
	case errors.As(err, &stale):
		return queue.Stale{Reason: stale.Reason}
	case errors.As(err, &later):
		return queue.RetryAt{Time: later.At, Err: err}
	case errors.As(err, &never):
		return queue.GiveUp{Err: err}
	}
	return err
}

// word is the outcome of a job as metrics name it.
func word(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.As(err, new(queue.Stale)):
		return "stale"
	case errors.As(err, new(queue.GiveUp)):
		return "given_up"
	}
	return "try_again"
}
