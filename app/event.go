package app

import (
	"context"
	"errors"
	"time"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
	"github.com/dfbot/dfbot/review"
)

// EventKind is what happened.
type EventKind string

// The kinds of events. The events of one job come in this order, but for Accepted: a worker may begin a job while its
// delivery is still being answered. Each Began is followed by exactly one of Done, Stale and Failed, even if the
// attempt panics.
const (
	Accepted EventKind = "accepted" // a delivery: its jobs are on the disk
	Began    EventKind = "began"    // an attempt at a job
	Crashed  EventKind = "crashed"  // a rule panicked on a Dockerfile; the review goes on without it
	Unproved EventKind = "unproved" // a fix failed its proof and is not shown
	Posted   EventKind = "posted"   // a review is on the pull request, with its check run
	Applied  EventKind = "applied"  // the fixes of a button or a command are committed
	Pressed  EventKind = "pressed"  // a button was pressed, and that had its outcome
	Obeyed   EventKind = "obeyed"   // a command was given, and that had its outcome
	Done     EventKind = "done"     // the attempt ended well
	Stale    EventKind = "stale"    // the attempt ended with nothing left to do, or a newer job replaced this one
	Failed   EventKind = "failed"   // the attempt ended with an error; the queue tries again, or gives the job up
	GaveUp   EventKind = "gave up"  // no further attempt is made, and that has been reported as far as it can be
)

// Event is one thing that happened to a job. Which fields are set besides Kind and Job depends on the kind.
type Event struct {
	Kind EventKind
	// Job is what the event is about. Of Accepted it has the id of the delivery and what that names, and no kind; of
	// Crashed, Unproved, Posted, Applied, Pressed and Obeyed its Ref is what the pull request was found to be.
	Job job.Job

	Delivery   webhook.Delivery  // Accepted
	Attempt    int               // Began, Done, Stale, Failed: its number, from 1
	Took       time.Duration     // Done, Stale, Failed: how long the attempt took
	Rule       string            // Crashed, Unproved
	Conclusion review.Conclusion // Posted: of the check run
	Comments   int               // Posted: how many were written
	Fixes      int               // Applied: how many were committed
	Commit     string            // Applied: its SHA
	Verb       command.Verb      // Obeyed
	Outcome    string            // Pressed, Obeyed: one of dfbot's own words
	Calls      github.Calls      // Done, Stale, Failed: the attempt's calls to GitHub
	Err        error             // Stale, Failed, GaveUp: why
}

// Accepted reports a delivery whose jobs are on the disk. It is what [webhook.Options.Accepted] takes.
func (a *App) Accepted(d webhook.Delivery) {
	a.emit(Event{Kind: Accepted, Job: job.Job{Ref: d.Ref, Delivery: d.ID}, Delivery: d})
}

// emit hands an event to the subscriber, if there is one.
func (a *App) emit(e Event) {
	if a.observe != nil {
		a.observe(e)
	}
}

// ended is the kind of event with which an attempt ends.
func ended(ctx context.Context, err error) EventKind {
	switch {
	case err == nil:
		return Done
	case errors.As(err, new(job.Stale)), queue.Superseded(ctx):
		return Stale
	}
	return Failed
}
