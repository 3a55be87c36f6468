package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/sourcegraph/conc/panics"

	"github.com/dfbot/dfbot/app/job"
)

// worker runs the queue's jobs on River's behalf.
type worker struct {
	river.WorkerDefaults[args]
	queue *Queue
}

// retryAt is a time, or the zero time for "as the backoff says".
type retryAt = time.Time

// Work runs a job in the lane that it was given when it was taken.
func (w *worker) Work(ctx context.Context, rj *river.Job[args]) error {
	q := w.queue
	rj.Args.as = job.Kind(rj.JobRow.Kind)
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, uninterrupted{}, ctx))
	defer cancel(nil)
	defer q.bell.ring() // last: a job may have waited for the lane, or for a share of the workers
	defer q.lanes.leave(rj.Args.Lane)
	q.lanes.begin(rj.Args.Lane, cancel)
	var notes []any
	err := q.attempt(context.WithValue(ctx, notesKey{}, &notes), rj)
	log := q.log.With("job", rj.ID, slog.Any("", rj.Args.Job), "attempt", rj.Attempt).With(notes...)
	return q.conclude(ctx, rj, log, err)
}

// riverWrites is how late River may be in writing down what became of a job: it gathers outcomes for a quarter of a
// second.
const riverWrites = 250 * time.Millisecond

// ringAfter has River look for jobs once a wait is over, rather than at its next poll.
func (q *Queue) ringAfter(wait time.Duration) {
	time.AfterFunc(max(wait, riverWrites)+50*time.Millisecond, q.bell.ring)
}

// attempt runs the handler, or the callback for a job given up, unless there is no point in it.
func (q *Queue) attempt(ctx context.Context, rj *river.Job[args]) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if n := q.suspects.deaths(rj.ID); n >= mostDeaths {
		return job.GiveUp{Err: killer(n)}
	}
	if rj.Args.as == gaveUpKind {
		return try(func() error {
			return q.gaveUp(ctx, rj.Args.Job,
				Cause{rj.Args.Cause, rj.Args.Words, rj.Args.Attempts})
		})
	}
	// A newer job that was stored before this one was taken could not end its context.
	newer, err := q.store.newer(ctx, rj.Args.Lane, rj.ID)
	switch {
	case err != nil:
		return err
	case newer:
		return job.Stale{Reason: ErrSuperseded.Error()}
	}
	return try(func() error {
		err := q.handler(ctx, rj.Args.Job, rj.Attempt)
		if err == nil && rj.Args.Job.Kind == job.Refresh {
			err = q.store.unshelve(ctx, rj.Args.Job.Installation) // leaving the lane rings the bell
		}
		return err
	})
}

// killer is the error of a job that was running at so many deaths.
type killer int

// Words is the same for people.
func (n killer) Words() string {
	return fmt.Sprintf("dfbot's process ended %d times while it reviewed this pull request", int(n))
}

func (n killer) Error() string {
	return fmt.Sprintf("dfbot's process ended %d times while this job was running", int(n))
}

// try makes an error of a panic.
func try(f func() error) (err error) {
	if caught := panics.Try(func() { err = f() }); caught != nil {
		return caught.AsError()
	}
	return err
}

// conclude turns what an attempt returned into what River should do, and logs and counts it.
func (q *Queue) conclude(ctx context.Context, rj *river.Job[args], log *slog.Logger, err error) error {
	if !errors.Is(context.Cause(ctx), errStopping) {
		q.acquit(ctx, rj.ID)
	}
	switch stopped := context.Cause(ctx); {
	case err == nil:
		q.counts.done.Add(1)
		log.Info("job done")
		return nil
	case Superseded(ctx):
		q.counts.superseded.Add(1)
		log.Info("job superseded")
		if errors.Is(stopped, errForgotten) {
			q.leaveUndone(ctx, rj, true)
		}
		return nil
	case errors.Is(stopped, errStopping):
		log.Info("job interrupted")
		return river.JobSnooze(0) // does not count the attempt
	case stopped != nil && !errors.Is(stopped, context.DeadlineExceeded):
		// River knows its own reason to stop and puts the job back without counting the attempt.
		log.Info("job interrupted")
		return stopped
	}
	return q.failed(ctx, log, rj, err)
}

// failed is conclude for the error of an attempt that was not stopped.
func (q *Queue) failed(ctx context.Context, log *slog.Logger, rj *river.Job[args], err error) error {
	var (
		stale  job.Stale
		giveUp job.GiveUp
		retry  job.RetryAt
		caught *panics.ErrRecovered
	)
	switch {
	case errors.As(err, &stale):
		q.counts.stale.Add(1)
		log.Info("job stale", "reason", stale.Reason)
		q.leaveUndone(ctx, rj, stale.Suspended)
		return nil
	case errors.As(err, &retry) && retry.Free:
		q.counts.retried.Add(1)
		wait := time.Until(q.nextTry(retry.Time, rj.Attempt))
		log.Info("job waits for its turn", "at", retry.Time)
		return river.JobSnooze(wait) // does not count the attempt
	case errors.As(err, &giveUp) || rj.Attempt >= rj.MaxAttempts:
		return q.finish(ctx, log, rj, err)
	case errors.As(err, &retry):
		rj.Args.next = retry.Time
	case errors.As(err, &caught):
		log = log.With("stack", string(caught.Stack))
	}
	rj.Args.next = q.nextTry(rj.Args.next, rj.Attempt)
	q.counts.retried.Add(1)
	log.Warn("job failed, will be tried again", "error", err, "at", rj.Args.next)
	return err
}

// soonest is the shortest wait before another attempt. River takes a time that is past when it gets to it for a
// mistake, and waits as it sees fit.
const soonest = 50 * time.Millisecond

// nextTry is when to try again: at a given time, else as the backoff says.
func (q *Queue) nextTry(at time.Time, attempt int) time.Time {
	now := time.Now()
	if at.IsZero() {
		wait := float64(q.opts.Backoff) * math.Pow(3, float64(attempt-1)) * (0.8 + 0.4*rand.Float64())
		at = now.Add(time.Duration(min(wait, float64(24*time.Hour))))
	}
	wait := max(soonest, at.Sub(now))
	if wait < 5*time.Second {
		q.ringAfter(wait) // sooner than River's scheduler and poll would look
	}
	return now.Add(wait)
}

// NextRetry hands River the time that Work chose.
func (w *worker) NextRetry(rj *river.Job[args]) time.Time { return rj.Args.next }

// finish gives a job up. It first stores a job that reports it; if that fails, the attempt is made again.
func (q *Queue) finish(ctx context.Context, log *slog.Logger, rj *river.Job[args], cause error) error {
	var caught *panics.ErrRecovered
	if errors.As(cause, &caught) {
		log = log.With("stack", string(caught.Stack))
	}
	if rj.Args.as == gaveUpKind {
		log.Error("could not report that a job was given up", "error", cause)
		return river.JobCancel(cause)
	}
	if err := q.storeGaveUp(ctx, rj, cause); err != nil {
		q.ringAfter(time.Second)
		log.Error("could not store that a job was given up", "error", errors.Join(cause, err))
		return river.JobSnooze(time.Second)
	}
	q.counts.failed.Add(1)
	log.Error("job given up", "error", cause)
	return river.JobCancel(cause)
}

// leaveUndone makes it possible to bring back a job that ends undone: its delivery may be sent again, and if it returns
// on its own it goes on the shelf.
func (q *Queue) leaveUndone(ctx context.Context, rj *river.Job[args], returns bool) {
	ctx = context.WithoutCancel(ctx)
	if err := q.store.undone(ctx, rj.ID, rj.Args.Job, returns, nil); err != nil {
		q.log.Warn("the delivery of an unfinished job cannot be redelivered", "job", rj.ID, "error", err)
	}
}

// storeGaveUp stores the job that runs the GaveUp callback, once for each job given up.
func (q *Queue) storeGaveUp(ctx context.Context, rj *river.Job[args], end error) error {
	c := cause(end, rj.Attempt)
	report := args{Job: rj.Args.Job, Lane: rj.Args.Lane, Cause: c.Text, Words: c.Words, Attempts: c.Attempts,
		as: gaveUpKind}
	returns := !errors.As(end, new(killer)) // a job that kills runs again when someone asks for it, and not on its own
	return q.store.undone(context.WithoutCancel(ctx), rj.ID, rj.Args.Job, returns, &report)
}
