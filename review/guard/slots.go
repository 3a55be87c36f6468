package guard

import (
	"cmp"
	"context"
	"time"

	"github.com/dfbot/dfbot/review/turns"
)

// Slots lets a few processes work at once, each for a while.
type Slots struct {
	Deadline time.Duration // for one piece of work
	*turns.Turns
}

// NewSlots makes n slots. An asker may use what is due.
func NewSlots(n int, deadline time.Duration, due turns.Due) *Slots {
	return &Slots{Deadline: deadline, Turns: turns.New(n, due)}
}

// Run runs work when it is the asker's turn; the work's context ends at the deadline. The error is ctx's cause where
// that has ended, ErrOverran where the deadline has passed, one of package turns where there is no turn, or else the
// work's own.
func (s *Slots) Run(ctx context.Context, who *turns.Asker, work func(context.Context) error) (err error) {
	refused := s.Do(ctx, who, func() (failed bool) {
		limited, cancel := context.WithTimeout(ctx, s.Deadline)
		defer cancel()
		err = work(limited)
		switch {
		case err != nil && ctx.Err() != nil:
			err = context.Cause(ctx)
		case err != nil && limited.Err() != nil:
			err = ErrOverran
		}
		return err != nil
	})
	return cmp.Or(refused, err)
}
