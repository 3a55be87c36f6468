package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/config"
)

// groupAttempts is how often a verdict is looked for before a merge group goes without. By then 24 minutes have passed;
// GitHub waits for an hour, unless the queue is set up otherwise.
const groupAttempts = 7

// checkGroup answers a merge queue with the verdict on the pull request. Where there is none yet, the pull request is
// reviewed first. A group that gets no answer would take the pull request out of the queue, so an answer always comes:
// [App.GaveUp] gives one if no attempt is left.
func (a *App) checkGroup(ctx context.Context, j job.Job, attempt int) error {
	if j.Pull == 0 {
		return job.GiveUp{Reason: "the merge group names no pull request"}
	}
	snap, err := a.github.Queued(ctx, j.Ref)
	if err != nil {
		return reading.in(err)
	}
	verdict, _ := snap.Verdict(keyGaveUp)
	if !verdict.Conclusion.Known() {
		return a.reviewFirst(ctx, j, snap, attempt)
	}
	run := checks.Group(verdict.Name, j.Pull, snap.Head, verdict.Conclusion)
	return concluding.in(patient(a.github.CheckGroup(queue.Uninterrupted(ctx), j.Ref, run), attempt))
}

// reviewFirst queues a review of the pull request, once, and has the job wait for it.
func (a *App) reviewFirst(ctx context.Context, j job.Job, snap *github.Snapshot, attempt int) error {
	first := job.Job{Kind: job.Review, Ref: snap.Ref, Why: "merge-group", Delivery: j.Delivery + "#review"}
	if _, err := a.accept(ctx, first.Delivery, first); err != nil {
		return fmt.Errorf("queue review of %s: %w", j.Ref, err)
	}
	if attempt >= groupAttempts {
		return job.GiveUp{Reason: "the pull request got no result"}
	}
	return fmt.Errorf("the check of %s has no result yet", snap.Ref)
}

// answerGroup completes the check run of a merge group whose job was given up.
func (a *App) answerGroup(ctx context.Context, j job.Job, cause error) error {
	check, err := a.checkOf(ctx, j)
	if errors.As(err, new(job.Stale)) {
		return nil
	}
	a.log.ErrorContext(ctx, "gave up", slog.Any("", j), "error", cause)
	err = a.github.CheckGroup(ctx, j.Ref, checks.NoGroup(check.Title(), check.FailsUnreviewed()))
	if errors.As(err, new(job.GiveUp)) { // not even that is allowed
		a.log.ErrorContext(ctx, "gave up, and could not report it", slog.Any("", j), "error", cause, "because", err)
		return nil
	}
	return err
}

// checkOf is what the configuration says of the check, as far as it can be read.
func (a *App) checkOf(ctx context.Context, j job.Job) (check config.Check, err error) {
	if j.Pull == 0 {
		return check, nil
	}
	snap, err := a.github.Queued(ctx, j.Ref)
	if err != nil {
		return check, err
	}
	if err := snap.ReadConfig(ctx); err != nil {
		return check, err
	}
	repo, _ := config.ParseFile(snap.Config.Path, snap.Config.Source, a.rules)
	return repo.Check, nil
}
