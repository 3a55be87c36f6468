// Package work bounds what a hostile file may cost. Code whose cost can grow faster than its input charges a [Budget] before it
// does the work; when the budget is spent, or its context has ended, Charge stops the code by a panic that [Within] turns into an
// error. The caller of Within then says what was not judged.
//
// Work is counted, not timed, so the same input gives the same answer on every machine. A unit is about the cost of looking at one
// byte: a few nanoseconds.
//
// The package knows nothing of Dockerfiles, and must never decide what a spent budget means.
package work

import (
	"context"
	"errors"
)

// ErrSpent reports that a budget had no units left.
var ErrSpent = errors.New("too much work")

// interval is after how many units the context is looked at: well under a millisecond.
const interval = 1 << 16

// Budget is an amount of work. The nil Budget has no bound. A Budget belongs to one goroutine.
type Budget struct {
	ctx    context.Context // of the job that the work belongs to; Charge is called too deep in pure code to pass it along
	from   *Budget         // the budget that this one is a share of; may be nil
	left   int
	unseen int // units charged since the context was looked at
	spent  bool
}

// New returns a budget of so many units for work that ends with ctx.
func New(ctx context.Context, units int) *Budget {
	return &Budget{ctx: ctx, left: units}
}

// Share returns a budget of at most so many units that takes what it spends from b as well. The share of a nil Budget has no bound
// but its own.
func (b *Budget) Share(units int) *Budget {
	if b == nil {
		return New(context.Background(), units)
	}
	return &Budget{ctx: b.ctx, from: b, left: units}
}

// Left returns how many units can still be charged.
func (b *Budget) Left() int {
	switch {
	case b == nil:
		return 1 << 62
	case b.spent:
		return 0
	case b.from != nil:
		return max(0, min(b.left, b.from.Left()))
	}
	return max(0, b.left)
}

// Charge takes units from the budget. Where there are not as many left, or the context has ended, it does not return: the panic
// belongs to the Within that surrounds the call.
func (b *Budget) Charge(units int) {
	if b == nil {
		return
	}
	if err := b.take(units); err != nil {
		panic(stop{err})
	}
}

func (b *Budget) take(units int) error {
	if b.unseen += units; b.unseen >= interval {
		b.unseen = 0
		if b.ctx.Err() != nil {
			return context.Cause(b.ctx)
		}
	}
	if b.spent || units > b.left {
		b.spent = true // what is small enough to fit still must not go on as if nothing was missed
		return ErrSpent
	}
	b.left -= units
	if b.from != nil {
		return b.from.take(units)
	}
	return nil
}

// stop is what Charge panics with.
type stop struct{ err error }

// Within runs f. It returns ErrSpent where a budget that f charges is spent, the context's cause where that has ended, and nil where
// f comes to its end. Other panics pass through.
func Within(f func()) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case stop:
			err = v.err
		default:
			panic(v)
		}
	}()
	f()
	return nil
}
