package turns

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

// worker takes turns and says so.
type worker struct {
	*Turns
	t     *testing.T
	began chan string
	end   map[string]chan bool // what its f returns
	done  sync.WaitGroup
}

func newWorker(t *testing.T, n int, due Due) *worker {
	return &worker{Turns: New(n, due), t: t, began: make(chan string, 100), end: map[string]chan bool{}}
}

// ask asks for a turn, and returns when the asker waits or works.
func (w *worker) ask(a *Asker, name string) {
	w.t.Helper()
	end := make(chan bool, 1)
	w.end[name] = end
	before := w.asked()
	w.done.Go(func() {
		_ = w.Do(context.Background(), a, func() bool { w.began <- name; return <-end })
	})
	for deadline := time.Now().Add(time.Minute); w.asked() == before; {
		if time.Now().After(deadline) {
			w.t.Fatal(name, "does not ask")
		}
		time.Sleep(time.Millisecond)
	}
}

func (w *worker) asked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.served + len(w.waiting)
}

func (w *worker) next() string {
	w.t.Helper()
	select {
	case name := <-w.began:
		return name
	case <-time.After(time.Minute):
		w.t.Fatal("no one gets a turn")
	}
	return ""
}

// TestFair: who asks for much does not keep others from their turn: one is kept for them, and they come first.
func TestFair(t *testing.T) {
	w := newWorker(t, 3, Due{})
	much := []*Asker{{Group: "much"}, {Group: "much"}, {Group: "much"}, {Group: "much"}, {Group: "much"}}
	for i, a := range much {
		w.ask(a, "much"+string(rune('0'+i)))
	}
	running := []string{w.next(), w.next()}
	slices.Sort(running)
	if !slices.Equal(running, []string{"much0", "much1"}) {
		t.Fatalf("at work: %v", running)
	}
	w.ask(&Asker{Group: "one"}, "one")
	if got := w.next(); got != "one" {
		t.Errorf("while much0 and much1 are at work: %s", got)
	}
	w.ask(&Asker{Group: "other"}, "other")
	w.end["much0"] <- false
	if got := w.next(); got != "other" {
		t.Errorf("after much0: %s", got)
	}
	w.end["one"] <- false
	if got := w.next(); got != "much2" {
		t.Errorf("when no one else waits: %s", got)
	}
	for _, name := range []string{"much1", "other", "much2", "much3", "much4"} {
		w.end[name] <- false
	}
	w.done.Wait()
	if w.Working() != 0 || w.free != 3 || len(w.groups) != 0 {
		t.Errorf("at work %d, free %d, groups %d", w.Working(), w.free, len(w.groups))
	}
}

// TestUsedUp: after some turns that come to nothing an asker gets none; others do.
func TestUsedUp(t *testing.T) {
	turns := New(1, Due{Failures: 3})
	ask := func(a *Asker, failed bool) error { return turns.Do(t.Context(), a, func() bool { return failed }) }
	bad, good := &Asker{Group: "a"}, &Asker{Group: "a"}
	for i, want := range []error{nil, nil, nil, ErrUsedUp, ErrUsedUp} {
		if err := ask(bad, true); !errors.Is(err, want) {
			t.Errorf("turn %d: %v, want %v", i, err, want)
		}
	}
	for range 10 {
		if err := errors.Join(ask(good, false), ask(nil, true)); err != nil {
			t.Error(err)
		}
	}
	short := New(1, Due{Time: 1})
	slow := &Asker{}
	f := func() bool { time.Sleep(time.Millisecond); return false }
	if err := short.Do(t.Context(), slow, f); err != nil {
		t.Error(err)
	}
	if err := short.Do(t.Context(), slow, f); !errors.Is(err, ErrUsedUp) {
		t.Errorf("after its time: %v", err)
	}
}

// TestLeaves: who does not wait any more leaves the turn to others.
func TestLeaves(t *testing.T) {
	w := newWorker(t, 1, Due{})
	w.ask(nil, "first")
	w.next()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("superseded")
	left := make(chan error, 1)
	before := w.asked()
	go func() { left <- w.Do(ctx, nil, func() bool { t.Error("works"); return false }) }()
	for w.asked() == before {
		time.Sleep(time.Millisecond)
	}
	cancel(cause)
	if err := <-left; !errors.Is(err, cause) {
		t.Error(err)
	}
	w.end["first"] <- false
	w.done.Wait()
	if err := w.Do(t.Context(), nil, func() bool { return false }); err != nil {
		t.Error(err)
	}
	w.Close()
	if err := w.Do(t.Context(), nil, func() bool { return false }); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}
