package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// This file commits what the buttons of a check run offer. The fixes are worked out anew from the commit that was
// reviewed, by the same road as the review, and have to be those that the button showed. The push brings a delivery, by
// which the commit is reviewed like any other; nothing is applied but by a press.

// offer works out the buttons of a review that has fixes. If dfbot cannot find out whether it may commit, the job is
// tried again, and in the end offers none.
func (r *reviewer) offer(ctx context.Context, said *review.Review) error {
	if !slices.ContainsFunc(said.Findings, func(f review.Finding) bool {
		return f.Diagnostic.Fixable(analysis.Unsafe)
	}) {
		return nil
	}
	may, err := r.snap.MayCommit(ctx)
	switch {
	case err != nil && r.attempt < patience:
		return err
	case err != nil:
		r.app.log.WarnContext(ctx, "no buttons on a check run", slog.Any("", r.job),
			"error", err)
	case may:
		r.offers = review.Offers(said, r.results)
	}
	return nil
}

// apply commits what the pressed button offers, or says on the check run why not.
func (a *App) apply(ctx context.Context, j job.Job, attempt int) error {
	snap, err := a.github.Snapshot(ctx, j.Ref)
	switch {
	case errors.Is(err, github.ErrClosed):
		return a.refuse(ctx, j, checks.Refusal{Why: checks.PullClosed})
	case err != nil:
		return reading.in(err)
	case snap.Head != j.Head:
		return a.moved(ctx, snap, j)
	case !a.current(snap, j):
		return a.refuse(ctx, j, checks.Refusal{Why: checks.OutOfDate})
	}
	may, err := snap.MayPush(ctx, j.Press.Login, j.Press.User)
	if err != nil {
		return reading.in(err)
	}
	if !may {
		return a.refuse(ctx, j, checks.Refusal{Why: checks.NoWriteAccess, Detail: j.Press.Login})
	}
	r := a.newReviewer(ctx, j, attempt, snap)
	offer, err := r.pressed(ctx)
	if err != nil {
		return err
	}
	if offer == nil {
		return a.refuse(ctx, j, checks.Refusal{Why: checks.OutOfDate})
	}
	return r.commit(ctx, *offer)
}

// current reports whether the pressed check run is the result of a review as it would be made now.
func (a *App) current(snap *github.Snapshot, j job.Job) bool {
	return !snap.Tree.Partial && slices.ContainsFunc(snap.Runs, func(r github.CheckRun) bool {
		v := r.Verdict()
		return r.ID == j.Press.Run && r.Completed && v.Pull == j.Pull && v.About(a.key(snap))
	})
}

// moved ends the job of a button on a commit that is not the head any more: well, if that is the doing of this button.
func (a *App) moved(ctx context.Context, snap *github.Snapshot, j job.Job) error {
	done, err := snap.Committed(ctx, j.Head, checks.CommittedBy(j.Press.Button))
	if err != nil || done {
		return a.pressEnded(j, "done", reading.in(err))
	}
	return a.refuse(ctx, j, checks.Refusal{Why: checks.HeadMoved})
}

// pressed works out what the pressed button offers; nil if that is no longer what it showed.
func (r *reviewer) pressed(ctx context.Context) (*review.Offer, error) {
	if err := r.read(ctx); err != nil {
		return nil, reading.in(err)
	}
	if err := r.analyse(ctx); err != nil {
		return nil, analysing.in(err)
	}
	offers := review.Offers(r.said(), r.results)
	i := slices.IndexFunc(offers, func(o review.Offer) bool { return o.Button() == r.job.Press.Button })
	if i < 0 || ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return &offers[i], nil
}

// commit commits the offer of the pressed button, or says on the check run why not.
func (r *reviewer) commit(ctx context.Context, o review.Offer) error {
	refusal, err := r.tryCommit(ctx, o, checks.CommittedBy(o.Button()), r.job.Press)
	switch {
	case err != nil || refusal == nil:
		return r.app.pressEnded(r.job, "done", err)
	case refusal.Why == checks.HeadMoved:
		return r.overtaken(ctx)
	}
	return r.app.refuse(ctx, r.job, *refusal)
}

// tryCommit commits the offer for the account, or returns why not.
func (r *reviewer) tryCommit(ctx context.Context, o review.Offer, mark string, by job.Press) (*checks.Refusal, error) {
	why, err := r.barred(ctx)
	if err != nil {
		return nil, reading.in(err)
	}
	if why != nil {
		return &checks.Refusal{Why: *why, Detail: r.snap.HeadRef, Offer: o}, nil
	}
	change := github.Commit{Mark: mark, Files: map[string][]byte{}}
	change.Headline, change.Body = checks.Commit(o, mark, by.Login, by.User)
	for _, f := range o.Files {
		change.Files[f.Path] = f.After
	}
	sha, err := r.snap.Commit(queue.Uninterrupted(ctx), change)
	if err != nil {
		return notCommitted(err, o)
	}
	n, _ := o.Fixes()
	r.app.log.InfoContext(ctx, "fixes committed", slog.Any("", r.job), "button", o.Button(), "fixes", n, "files",
		len(o.Files), "commit", sha)
	r.app.emit(Event{Kind: Applied, Job: r.job, Fixes: n, Commit: sha})
	return nil, nil
}

// notCommitted tells the reasons that a person can do something about from other trouble.
func notCommitted(err error, o review.Offer) (*checks.Refusal, error) {
	var refused github.CommitRefused
	switch {
	case errors.Is(err, github.ErrClosed):
		return &checks.Refusal{Why: checks.PullClosed}, nil
	case errors.Is(err, github.ErrHeadMoved):
		return &checks.Refusal{Why: checks.HeadMoved}, nil
	case errors.Is(err, github.ErrMayNotCommit):
		return &checks.Refusal{Why: checks.NoPermission, Offer: o}, nil
	case errors.As(err, &refused):
		return &checks.Refusal{Why: checks.GitHubRefused, Detail: refused.Message, Offer: o}, nil
	}
	return nil, committing.in(err)
}

// barred is why dfbot does not push to the branch, if there is a reason.
func (r *reviewer) barred(ctx context.Context) (*checks.Obstacle, error) {
	why := checks.BranchLocked
	switch {
	case r.snap.Fork:
		why = checks.InFork
	case r.snap.HeadRef == r.snap.DefaultRef:
		why = checks.OnDefault
	default:
		if locked, err := r.snap.Locked(ctx); err != nil || !locked {
			return nil, err
		}
	}
	return &why, nil
}

// overtaken looks again at a branch that has moved while the fixes were worked out.
func (r *reviewer) overtaken(ctx context.Context) error {
	snap, err := r.app.github.Snapshot(ctx, r.job.Ref)
	switch {
	case errors.Is(err, github.ErrClosed):
		return r.app.refuse(ctx, r.job, checks.Refusal{Why: checks.PullClosed})
	case err != nil:
		return reading.in(err)
	}
	return r.app.moved(ctx, snap, r.job)
}

// refuse says on the check run of the job's commit that nothing was committed, and why.
func (a *App) refuse(ctx context.Context, j job.Job, refusal checks.Refusal) error {
	return a.pressEnded(j, refusal.Why.String(), a.sayRefused(ctx, j, refusal))
}

func (a *App) sayRefused(ctx context.Context, j job.Job, refusal checks.Refusal) error {
	refusal.Key = hash(j.Delivery, 8)
	err := a.github.Amend(queue.Uninterrupted(ctx), j.Ref, func(title, summary string) (string, string) {
		return checks.Refuse(title, summary, refusal)
	})
	return concluding.in(err)
}

// pressEnded reports the outcome of a press, unless the attempt ends with an error.
func (a *App) pressEnded(j job.Job, outcome string, err error) error {
	if err == nil {
		a.emit(Event{Kind: Pressed, Job: j, Outcome: outcome})
	}
	return err
}

// reportNotApplied says on the check run that a press was given up, or in the log if dfbot may not write it.
func (a *App) reportNotApplied(ctx context.Context, j job.Job, cause error) error {
	err := a.sayRefused(ctx, j, checks.Refusal{Why: checks.GaveUp})
	if errors.As(err, new(job.GiveUp)) {
		a.log.ErrorContext(ctx, "gave up, and could not report it", slog.Any("", j), "error", cause, "because", err)
		return nil
	}
	if errors.As(err, new(job.Stale)) {
		return nil
	}
	return err
}
