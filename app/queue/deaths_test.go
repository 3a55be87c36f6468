package queue

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// die leaves behind what a queue's process would if it were killed now, in a folder of its own, and ends the queue.
func die(t *testing.T, q *Queue) (dir string) {
	t.Helper()
	dir = t.TempDir()
	release := hold(t, q) // nothing is being written
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(filepath.Join(q.opts.Dir, File) + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, File)+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	release()
	shut(t, q)
	return dir
}

func idle(t *testing.T, q *Queue) bool { s := stats(t, q); return s.Queued+s.Running == 0 }

// TestADeathIsNoAttempt kills the process 20 times in the middle of all its jobs, which then end as if nothing had
// happened.
func TestADeathIsNoAttempt(t *testing.T) {
	const jobs, deaths = 3, 20
	o := Options{Dir: t.TempDir(), Attempts: 2, DeathWait: time.Microsecond}
	q := open(t, o)
	for i := range jobs {
		accept(t, q, fmt.Sprint(i), review(i, "x"))
	}
	for range deaths {
		begun := make(chan struct{}, jobs)
		start(t, q, func(ctx context.Context, _ job.Job, _ int) error {
			begun <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}, nil)
		receive(t, begun)
		o.Dir = die(t, q)
		q = open(t, o)
	}
	attempts := make(chan int, jobs)
	start(t, q, func(_ context.Context, _ job.Job, a int) error { attempts <- a; return nil }, nil)
	for range jobs {
		if a := receive(t, attempts); a != 1 {
			t.Errorf("after %d deaths the attempt is %+v", deaths, a)
		}
	}
	eventually(t, "nothing is left", func() bool { return idle(t, q) })
}

// TestTheJobThatKillsIsFound has one job among others that ends the process whenever it runs, as one does for which the
// memory is not enough.
func TestTheJobThatKillsIsFound(t *testing.T) {
	const innocents, killing = 12, 1
	o := Options{Dir: t.TempDir(), DeathWait: time.Microsecond}
	q := open(t, o)
	for i := range innocents {
		accept(t, q, fmt.Sprint(i), review(i, "x"))
	}
	var done [innocents]atomic.Int32
	tell := make(chan givenUp, 1)
	var deaths atomic.Int32
	for over := false; !over; {
		boom := make(chan struct{}, 1)
		start(t, q, func(ctx context.Context, j job.Job, _ int) error {
			// the first three are in the middle of it at first
			if j.Pull == killing || j.Pull <= 2 && deaths.Load() < 2 {
				if j.Pull == killing {
					boom <- struct{}{}
				}
				<-ctx.Done()
				return ctx.Err()
			}
			done[j.Pull].Add(1)
			return nil
		}, func(_ context.Context, j job.Job, cause error) error { tell <- givenUp{j, cause.Error()}; return nil })
		select {
		case <-boom:
			if n := deaths.Add(1); n > mostDeaths {
				t.Fatalf("it killed %d times and was not given up", n)
			}
			o.Dir = die(t, q)
			q = open(t, o)
		case got := <-tell:
			over = true
			if got.job.Pull != killing || !strings.Contains(got.cause, fmt.Sprintf("ended %d times", mostDeaths)) {
				t.Errorf("reported %+v", got)
			}
		case <-time.After(patience):
			t.Fatal("neither killed nor given up")
		}
	}
	eventually(t, "nothing is left", func() bool { return idle(t, q) })
	for i := range done {
		if n := done[i].Load(); (n == 0) != (i == killing) {
			t.Errorf("job %d was done %d times", i, n)
		}
	}
}

// TestSuspectsRunOneAtATime runs a fresh job beside the one suspect that runs, and another suspect only after it.
func TestSuspectsRunOneAtATime(t *testing.T) {
	o := Options{Dir: t.TempDir(), DeathWait: time.Microsecond}
	q := open(t, o)
	accept(t, q, "0", review(0, "suspect"))
	accept(t, q, "1", review(1, "suspect"))
	for range suspicious {
		begun := make(chan struct{}, 2)
		start(t, q, func(ctx context.Context, _ job.Job, _ int) error {
			begun <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}, nil)
		receive(t, begun)
		receive(t, begun)
		o.Dir = die(t, q)
		q = open(t, o)
	}
	ran := make(chan string, 10)
	end := make(chan struct{})
	start(t, q, func(_ context.Context, j job.Job, _ int) error {
		ran <- j.Head
		if j.Head == "suspect" {
			<-end
		}
		return nil
	}, nil)
	if got := receive(t, ran); got != "suspect" {
		t.Fatalf("%q ran", got)
	}
	for i := range 3 {
		accept(t, q, fmt.Sprint("fresh", i), review(5+i, "fresh"))
		if got := receive(t, ran); got != "fresh" {
			t.Fatalf("%q ran", got)
		}
	}
	end <- struct{}{}
	if got := receive(t, ran); got != "suspect" {
		t.Fatalf("%q ran", got)
	}
	end <- struct{}{}
	eventually(t, "all are acquitted", func() bool {
		var left int
		if err := q.store.db.QueryRow(`SELECT count(*) FROM dfbot_death`).Scan(&left); err != nil {
			t.Fatal(err)
		}
		return left == 0 && idle(t, q)
	})
}

func TestTheWaitGrowsWithDeaths(t *testing.T) {
	q := &Queue{opts: Options{}.withDefaults()}
	for deaths, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second,
		5: 16 * time.Second, 20: 16 * time.Second} {
		if got := q.deathWait(deaths); got != want {
			t.Errorf("after %d deaths: %v, want %v", deaths, got, want)
		}
	}
}

func TestASuspectWaits(t *testing.T) {
	o := Options{Dir: t.TempDir(), DeathWait: time.Hour}
	q := open(t, o)
	accept(t, q, "1", review(1, "x"))
	begun := make(chan struct{})
	start(t, q, func(ctx context.Context, _ job.Job, _ int) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}, nil)
	receive(t, begun)
	o.Dir = die(t, q)
	q = open(t, o)
	accept(t, q, "2", review(2, "x"))
	ran := make(chan int, 2)
	start(t, q, func(_ context.Context, j job.Job, _ int) error { ran <- j.Pull; return nil }, nil)
	if got := receive(t, ran); got != 2 {
		t.Errorf("pull request %d ran first", got)
	}
	shut(t, q)
	q = open(t, o) // a start without a death before it forgets nothing
	if n := q.suspects.deaths(1); n != 1 {
		t.Errorf("%d deaths", n)
	}
	accept(t, q, "3", review(1, "newer"))
	if n := q.suspects.deaths(1); n != 0 {
		t.Errorf("%d deaths of a job that lost its place", n)
	}
}
