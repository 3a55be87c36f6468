package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/dfbot/dfbot/app/job"
)

// Handler does a job. What it returns decides what becomes of the job:
//
//   - nil: it is done.
//   - a [job.RetryAt]: it is tried again at that time, if there are attempts left or this one is free.
//   - a [job.GiveUp]: it is given up at once, and GaveUp is called.
//   - a [job.Stale]: it is forgotten; another job does the work, or it is not needed any more.
//   - any other error, or a panic: it is tried again after a growing wait.
//
// The errors are found with errors.As, so they may be wrapped. The context ends when the attempt takes too long, when
// the queue closes, and when a newer job of the same pull request came in; see [Superseded] and [Uninterrupted]. A
// handler whose job was superseded may return any error: it counts as Stale. One that the queue's closing has
// interrupted may too: the job runs again at the next start, and the attempt does not count.
type Handler func(ctx context.Context, j job.Job, attempt int) error

// GaveUp tells the world that a job was given up, with a [Cause]. It is as durable as a job: an error or a panic makes
// it run again, so it must do no harm when called twice. No other job of its lane runs beside it.
type GaveUp func(ctx context.Context, j job.Job, cause error) error

// Cause is the error that ended a job, as it is stored until it is reported.
type Cause struct {
	Text     string
	Words    string // what Words of the error gave, if it has such a method: for people who do not operate dfbot
	Attempts int    // how often the job was tried
}

func (c Cause) Error() string { return c.Text }

// cause makes the Cause of an error. An error that says something to people has a method Words.
func cause(err error, attempts int) Cause {
	text := err.Error()
	c := Cause{Text: text[:min(len(text), 4096)], Attempts: attempts}
	var worded interface{ Words() string }
	if errors.As(err, &worded) {
		c.Words = worded.Words()
	}
	return c
}

// ErrSuperseded is the cause of a handler's context when a newer job replaced it.
var ErrSuperseded = errors.New("superseded by a newer job")

// errForgotten is the cause when that was a Forget of the installation.
var errForgotten = fmt.Errorf("%w: its installation was suspended or deleted", ErrSuperseded)

// Superseded reports whether a newer job replaced the one that ctx belongs to. A handler asks before it writes.
func Superseded(ctx context.Context) bool { return errors.Is(context.Cause(ctx), ErrSuperseded) }

// notesKey is the key of what Note adds.
type notesKey struct{}

// Note adds to the line that the queue logs at the end of the attempt. The handler calls it, on its own goroutine.
func Note(ctx context.Context, attrs ...any) {
	if notes, ok := ctx.Value(notesKey{}).(*[]any); ok {
		*notes = append(*notes, attrs...)
	}
}

// uninterrupted is the key of the context that Uninterrupted returns.
type uninterrupted struct{}

// Uninterrupted returns the context for what a handler should not leave half done, such as the writing of a review that
// it has begun. It is the parent of the handler's ctx, and goes on when a newer job comes in; when the queue closes it
// lasts as long as Close waits.
func Uninterrupted(ctx context.Context) context.Context {
	if whole, ok := ctx.Value(uninterrupted{}).(context.Context); ok {
		return whole
	}
	return ctx
}

// With returns the context with what add adds to it, and to what Uninterrupted returns for it.
func With(ctx context.Context, add func(context.Context) context.Context) context.Context {
	whole := add(Uninterrupted(ctx))
	return context.WithValue(add(ctx), uninterrupted{}, whole)
}
