// Package work bounds what a hostile file may cost. Code whose cost can grow faster than its input charges a [Budget]
// before it does the work. Where the budget is spent, or its context has ended, Charge stops the code by a panic that
// [Budget.Within] turns into an error. The caller of Within then says what was not reviewed.
//
// Work is counted, not timed, so the same input gives the same answer on every machine. A unit is about the cost of
// looking at one byte: a few nanoseconds.
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

// Unbounded is what a nil Budget has left.
const Unbounded = 1 << 62

// Budget is an amount of work. The nil Budget has no bound and counts nothing. A Budget belongs to one goroutine.
type Budget struct {
	// of the job that the work belongs to; Charge is called too deep in pure code to pass it along
	ctx   context.Context
	from  *Budget // the budget that this one is a share of; may be nil
	total int
	used  int

	// Of the innermost Within that is running. Outside of all, Charge only counts.
	running bool
	limit   int // what used may not go beyond
	look    int // at which value of used something is to be looked at: the limit, or the context
}

// New returns a budget of so many units for work that ends with ctx.
func New(ctx context.Context, units int) *Budget {
	return &Budget{ctx: ctx, total: units}
}

// Share returns a budget of at most so many units that takes what it spends from b as well. Only one share of a budget
// may be spent at a time. The share of a nil Budget has no bound but its own.
func (b *Budget) Share(units int) *Budget {
	if b == nil {
		return New(context.Background(), units)
	}
	return &Budget{ctx: b.ctx, from: b, total: units}
}

// Left returns how many units can still be charged.
func (b *Budget) Left() int {
	if b == nil {
		return Unbounded
	}
	left := b.total - b.used
	if b.running {
		left = b.limit - b.used
	}
	if b.from != nil {
		left = min(left, b.from.Left())
	}
	return max(0, left)
}

// Used returns how many units have been charged.
func (b *Budget) Used() int {
	if b == nil {
		return 0
	}
	return b.used
}

// Charge takes units from the budget. Where there are not as many left, or the context has ended, it does not return:
// the panic belongs to the Within that surrounds the call. Outside of a Within it only counts.
func (b *Budget) Charge(units int) {
	if b == nil {
		return
	}
	b.used += units
	if b.from != nil {
		b.from.used += units
	}
	if b.running && b.used >= b.look {
		b.check()
	}
}

// check stops the work that runs where it must not go on.
func (b *Budget) check() {
	if b.ctx.Err() != nil {
		panic(stop{context.Cause(b.ctx)})
	}
	if over := b.used - b.limit; over > 0 { // that is not done
		b.used -= over
		if b.from != nil {
			b.from.used -= over
		}
		panic(stop{ErrSpent})
	}
	b.look = min(b.limit+1, b.used+interval)
}

// stop is what Charge panics with.
type stop struct{ err error }

// Within runs f, which may charge at most so many units of what is left of b. It returns ErrSpent where f would charge
// more, the context's cause where that has ended, and nil where f comes to its end. Other panics pass through. A Within
// inside of f may take from f's units only.
func (b *Budget) Within(units int, f func()) (err error) {
	if b == nil {
		f()
		return nil
	}
	left := b.Left()
	outer := *b
	b.running, b.limit = true, b.used+min(units, left)
	b.look = b.used // the context may have ended before
	defer func() {
		b.running, b.limit, b.look = outer.running, outer.limit, outer.look
		err = stopped(recover(), err)
	}()
	b.check()
	if left == 0 {
		return ErrSpent
	}
	f()
	return nil
}

// stopped returns why the work was stopped, for what recover returned; where nothing stopped it, err.
func stopped(recovered any, err error) error {
	switch v := recovered.(type) {
	case nil:
		return err
	case stop:
		return v.err
	}
	panic(recovered)
}

// Stop stops the Within that surrounds the call with an error that an inner one returned. Outside of all it does
// nothing.
func (b *Budget) Stop(err error) {
	if b != nil && b.running {
		panic(stop{err})
	}
}

// Stops reports whether v, which a caller of recover got, is what Charge stops its caller with. It has to be panicked
// with again.
func Stops(v any) bool {
	_, ok := v.(stop)
	return ok
}
