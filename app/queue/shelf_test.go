package queue

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// TestADeliveryThatCameToNothingMayComeAgain sends each delivery twice, as a person does from the App's settings.
func TestADeliveryThatCameToNothingMayComeAgain(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		again bool
	}{
		"done":       {nil, false},
		"given up":   {job.GiveUp{Err: errors.New("cause")}, true},
		"stale":      {job.Stale{Reason: "closed"}, true},
		"suspended":  {job.Stale{Reason: "suspended", Suspended: true}, true},
		"tried last": {errors.New("cause"), true},
	} {
		// a person sends the whole again, not the job that was found by its head
		for _, delivery := range []string{"guid", "guid#7"} {
			t.Run(name+" "+delivery, func(t *testing.T) {
				t.Parallel()
				q := open(t, Options{Attempts: 1})
				j := review(7, "x")
				j.Delivery = delivery
				accept(t, q, "guid", j)
				start(t, q, func(context.Context, job.Job, int) error { return test.err },
					func(context.Context, job.Job, error) error { return nil })
				eventually(t, "it has ended", func() bool { return idle(t, q) })
				again, err := q.Accept(t.Context(), "guid", j)
				if err != nil || again != test.again {
					t.Errorf("sent again: %t, %v", again, err)
				}
			})
		}
	}
}

// TestRefreshBringsBack ends jobs in each way, and then has the installation accept other permissions.
func TestRefreshBringsBack(t *testing.T) {
	const done, givenUp, stale, suspended, elsewhere = 1, 2, 3, 4, 5
	q := open(t, Options{Attempts: 1})
	refreshed := false
	ran := make(chan job.Job, 20)
	start(t, q, func(_ context.Context, j job.Job, _ int) error {
		if j.Kind == job.Refresh {
			refreshed = j.Installation == 1
		}
		if refreshed {
			ran <- j
			return nil
		}
		switch j.Pull {
		case givenUp, elsewhere:
			return job.GiveUp{Err: errors.New("cause")}
		case stale:
			return job.Stale{Reason: "closed"}
		case suspended:
			return job.Stale{Reason: "suspended", Suspended: true}
		}
		return nil
	}, func(context.Context, job.Job, error) error { return errors.New("not even that") })
	for pull := done; pull <= suspended; pull++ {
		accept(t, q, fmt.Sprint(pull), review(pull, "x"))
	}
	accept(t, q, fmt.Sprint(elsewhere), from(2, 2, elsewhere))
	eventually(t, "all have ended", func() bool { return idle(t, q) })
	accept(t, q, "refresh", job.Job{Kind: job.Refresh, Ref: job.Ref{Installation: 1}})
	if got := receive(t, ran); got.Kind != job.Refresh {
		t.Errorf("%+v ran before what the installation may do was read again", got)
	}
	back := map[int]job.Job{}
	for range 2 {
		j := receive(t, ran)
		back[j.Pull] = j
	}
	if back[givenUp] != review(givenUp, "x") || back[suspended] != review(suspended, "x") {
		t.Errorf("back are %+v", back)
	}
	accept(t, q, "again", job.Job{Kind: job.Refresh, Ref: job.Ref{Installation: 1}})
	receive(t, ran)
	eventually(t, "nothing is left", func() bool { return idle(t, q) })
	if len(ran) > 0 {
		t.Errorf("twice: %+v", <-ran)
	}
}

// TestSuspensionLosesNothing drops jobs that wait, that wait for another attempt, and that run, and brings them back;
// but not one that a newer push made needless, and not one that kills.
func TestSuspensionLosesNothing(t *testing.T) {
	q := open(t, Options{Backoff: time.Hour, Workers: 2})
	const runs, retries, waits, replaced = 1, 2, 3, 4
	var suspended atomic.Bool
	ran := make(chan job.Job, 20)
	start(t, q, func(ctx context.Context, j job.Job, _ int) error {
		ran <- j
		switch {
		case j.Kind != job.Review || suspended.Load():
			return nil
		case j.Pull == runs:
			<-ctx.Done()
			return ctx.Err()
		}
		return errors.New("later")
	}, nil)
	accept(t, q, "2", review(retries, "x"))
	receive(t, ran)
	eventually(t, "it waits for its next attempt", func() bool {
		s := stats(t, q)
		return s.Queued == 1 &&
			s.Running == 0
	})
	accept(t, q, "1", review(runs, "x"))
	receive(t, ran)
	waiting := review(waits, "x")
	waiting.Delivery = "3"
	accept(t, q, "3", waiting)
	accept(t, q, "4", review(replaced, "old"))
	suspended.Store(true)
	accept(t, q, "suspend", job.Job{Kind: job.Forget, Ref: job.Ref{Installation: 1}})
	receive(t, ran)
	eventually(t, "nothing is left", func() bool { return idle(t, q) })
	if again, err := q.Accept(t.Context(), "3", waiting); err != nil || !again {
		t.Errorf("sent again while suspended: %t, %v", again, err)
	}
	receive(t, ran)
	accept(t, q, "5", review(replaced, "new"))
	receive(t, ran)
	eventually(t, "nothing is left", func() bool { return idle(t, q) })

	accept(t, q, "unsuspend", job.Job{Kind: job.Refresh, Ref: job.Ref{Installation: 1}})
	receive(t, ran)
	got := map[int]bool{receive(t, ran).Pull: true, receive(t, ran).Pull: true}
	if !got[runs] || !got[retries] {
		t.Errorf("back are %v", got)
	}
	eventually(t, "nothing is left", func() bool { return idle(t, q) })
	if len(ran) > 0 {
		t.Errorf("back is also %+v", <-ran)
	}
}

func TestTheShelfIsPruned(t *testing.T) {
	q := open(t, Options{})
	start(t, q, func(context.Context, job.Job, int) error { return job.GiveUp{Err: errors.New("cause")} },
		func(context.Context, job.Job, error) error { return nil })
	accept(t, q, "1", review(1, "x"))
	left := func() (n int) {
		t.Helper()
		if err := q.store.db.QueryRow(`SELECT count(*) FROM dfbot_shelf`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	eventually(t, "it is on the shelf", func() bool { return left() == 1 })
	if err := q.store.prune(t.Context(), time.Now().Add(-time.Minute)); err != nil || left() != 1 {
		t.Errorf("dropped too early: %v", err)
	}
	if err := q.store.prune(t.Context(), time.Now().Add(time.Minute)); err != nil || left() != 0 {
		t.Errorf("not dropped: %v", err)
	}
}
