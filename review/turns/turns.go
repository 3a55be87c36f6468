// Package turns shares a few processes fairly between all who ask for one: everyone who waits gets a turn, however much
// others ask for, and a pull request that has used up its share gets no more. It must never start a process itself, nor
// know what a turn is used for.
package turns

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Why there is no turn.
var (
	ErrUsedUp = errors.New("what is due to one asker is used up")
	ErrClosed = errors.New("there are no turns any more")
)

// Turns hands out turns. It may be used by many goroutines at once.
type Turns struct {
	due   Due
	share int // turns that one group may have at once

	mu      sync.Mutex
	free    int
	groups  map[string]*group
	waiting []*waiter // the longest first
	served  int       // turns so far
	closed  bool
	working sync.WaitGroup
}

// Due is what one Asker may use. The zero Due has no bound.
type Due struct {
	Time     time.Duration // of all its turns
	Failures int           // turns that came to nothing, such as those that ran into a deadline
}

// group is the askers of one Group.
type group struct{ working, last int } // last: when it was served

type waiter struct {
	group string
	turn  chan error // gets nil, or why there is no turn
}

// Asker is one who asks for turns, such as a pull request. It belongs to one goroutine.
type Asker struct {
	Group string // of those who share turns: the turns go round between groups, as between installations
	used  map[*Turns]*Due
}

// New makes so many turns that can be had at once. One group never has all of them, unless there is only one, so that
// another's does not wait until a turn is over; the group "" may.
func New(n int, due Due) *Turns {
	return &Turns{due: due, share: max(1, n-1), free: n, groups: map[string]*group{}}
}

// Do waits for a turn and runs f in it; f returns whether the turn came to nothing. The error is ErrUsedUp, ErrClosed
// or ctx's cause, where f was not run. A nil Asker is of the group "" and may use all.
func (t *Turns) Do(ctx context.Context, a *Asker, f func() (failed bool)) error {
	used, name := &Due{}, ""
	if a != nil {
		used, name = a.of(t), a.Group
		if t.due.Time > 0 && used.Time >= t.due.Time || t.due.Failures > 0 && used.Failures >= t.due.Failures {
			return ErrUsedUp
		}
	}
	if err := t.take(ctx, name); err != nil {
		return err
	}
	defer t.give(name)
	began := time.Now()
	failed := f()
	used.Time += time.Since(began)
	if failed {
		used.Failures++
	}
	return nil
}

func (a *Asker) of(t *Turns) *Due {
	if a.used == nil {
		a.used = map[*Turns]*Due{}
	}
	if a.used[t] == nil {
		a.used[t] = &Due{}
	}
	return a.used[t]
}

// take waits for a turn.
func (t *Turns) take(ctx context.Context, name string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w := &waiter{group: name, turn: make(chan error, 1)}
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return ErrClosed
	}
	t.waiting = append(t.waiting, w)
	t.handOut()
	t.mu.Unlock()
	select {
	case err := <-w.turn:
		return err
	case <-ctx.Done():
		t.leave(w)
		return context.Cause(ctx)
	}
}

// leave takes back a waiter; a turn that it got in the meantime goes on to the next.
func (t *Turns) leave(w *waiter) {
	t.mu.Lock()
	for i := range t.waiting {
		if t.waiting[i] == w {
			t.waiting = append(t.waiting[:i], t.waiting[i+1:]...)
			t.mu.Unlock()
			return
		}
	}
	t.mu.Unlock()
	if <-w.turn == nil {
		t.give(w.group)
	}
}

// give takes a turn back.
func (t *Turns) give(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups[name].working--
	t.free++
	t.handOut()
	t.working.Done()
}

// handOut gives what is free to those who wait and may have more: to the group with the fewest at work, and among those
// to the one that was served longest ago.
func (t *Turns) handOut() {
	for t.free > 0 {
		best := t.next()
		if best < 0 {
			break
		}
		w := t.waiting[best]
		t.waiting = append(t.waiting[:best], t.waiting[best+1:]...)
		t.served++
		g := t.group(w.group)
		g.working, g.last = g.working+1, t.served
		t.free--
		t.working.Add(1)
		w.turn <- nil
	}
	if len(t.waiting) == 0 { // the next one gives way to no one
		for name, g := range t.groups {
			if g.working == 0 {
				delete(t.groups, name)
			}
		}
	}
}

// next is the place in the line of whose turn it is, -1 where it is no one's.
func (t *Turns) next() int {
	best := -1
	for i, w := range t.waiting {
		g := t.group(w.group)
		if w.group != "" && g.working >= t.share {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		if b := t.group(t.waiting[best].group); g.working < b.working || g.working == b.working && g.last < b.last {
			best = i
		}
	}
	return best
}

func (t *Turns) group(name string) *group {
	g := t.groups[name]
	if g == nil {
		g = &group{}
		t.groups[name] = g
	}
	return g
}

// Working is how many turns are taken.
func (t *Turns) Working() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, g := range t.groups {
		n += g.working
	}
	return n
}

// Close sends away those who wait, and waits for those who work. No one gets a turn afterwards.
func (t *Turns) Close() {
	t.mu.Lock()
	t.closed = true
	for _, w := range t.waiting {
		w.turn <- ErrClosed
	}
	t.waiting = nil
	t.mu.Unlock()
	t.working.Wait()
}
