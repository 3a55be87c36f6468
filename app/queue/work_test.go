package queue

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// givenUp is one call of the GaveUp callback.
type givenUp struct {
	job   job.Job
	cause string
}

func TestJobsRunWithoutWaitingForThePoll(t *testing.T) {
	q := open(t, Options{})
	ran := make(chan job.Job)
	start(t, q, func(_ context.Context, j job.Job, _ int) error { ran <- j; return nil }, nil)
	begin := time.Now()
	const jobs = 20
	for i := range jobs {
		accept(t, q, fmt.Sprint(i), review(i, "x"))
		receive(t, ran)
	}
	// River's poll alone, once a second, would take 20 s.
	if took := time.Since(begin); took > jobs*time.Second/4 {
		t.Errorf("%d jobs, one after the other, took %v", jobs, took)
	}
}

func TestHandlerGetsTheJobAsItWasAccepted(t *testing.T) {
	q := open(t, Options{Attempts: 3})
	jobs := []job.Job{
		{Kind: job.Review, Ref: job.Ref{Installation: 1, Repository: 2, Owner: "o", Name: "n", Pull: 3, Head: "h"},
			Why: "push", Delivery: "a"},
		{Kind: job.Close, Ref: job.Ref{Installation: 1, Repository: 2, Pull: 4, Head: "h"}, Delivery: "a"},
		{Kind: job.Review, Ref: job.Ref{Installation: 1, Repository: 2, Head: "h"}, Delivery: "a"},
		{Kind: job.Refresh, Ref: job.Ref{Installation: 9}, Why: "created", Delivery: "a"},
	}
	accept(t, q, "a", jobs...)
	type call struct {
		job     job.Job
		attempt int
	}
	ran := make(chan call, len(jobs))
	start(t, q, func(_ context.Context, j job.Job, a int) error { ran <- call{j, a}; return nil }, nil)
	got := map[call]bool{}
	for range jobs {
		got[receive(t, ran)] = true
	}
	for _, j := range jobs {
		if !got[call{j, 1}] {
			t.Errorf("no call for %+v in %+v", j, got)
		}
	}
}

func TestOutcomes(t *testing.T) {
	cause := errors.New("cause")
	tests := []struct {
		name    string
		errs    func(attempt int) error // what the handler returns
		runs    int32
		givenUp string // the cause given to GaveUp, "" if it is not called
		want    Stats
	}{
		{"done", func(int) error { return nil }, 1, "", Stats{Done: 1}},
		{"stale", func(int) error { return fmt.Errorf("review: %w", job.Stale{Reason: "closed"}) }, 1, "",
			Stats{Stale: 1}},
		{"give up", func(int) error { return fmt.Errorf("review: %w", job.GiveUp{Err: cause}) }, 1, "review: cause",
			Stats{Failed: 1, Done: 1}},
		{"better the third time", func(n int) error {
			if n < 3 {
				return cause
			}
			return nil
		}, 3, "", Stats{Done: 1, Retried: 2}},
		{"never better", func(int) error { return cause }, 3, "cause", Stats{Retried: 2, Failed: 1, Done: 1}},
		{"a panic, then better", func(n int) error {
			if n == 1 {
				panic("oh")
			}
			return nil
		}, 2, "", Stats{Retried: 1, Done: 1}},
		{"always a panic", func(int) error { panic("oh") }, 3, "panic: oh", Stats{Retried: 2, Failed: 1, Done: 1}},
		{"a time to try again that is past", func(n int) error {
			if n == 1 {
				return job.RetryAt{Time: time.Unix(0, 0), Err: cause}
			}
			return nil
		}, 2, "", Stats{Retried: 1, Done: 1}},
		{"a time to try again, each time", func(int) error { return job.RetryAt{Time: time.Now(), Err: cause} }, 3,
			"cause", Stats{Retried: 2, Failed: 1, Done: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := open(t, Options{Attempts: 3, Backoff: time.Microsecond})
			var runs atomic.Int32
			tell := make(chan givenUp, 10)
			accept(t, q, "a", review(1, "x"))
			start(t, q, func(_ context.Context, _ job.Job, a int) error {
				if n := int(runs.Add(1)); n != a {
					t.Errorf("run %d is called %+v", n, a)
				}
				return test.errs(a)
			}, func(_ context.Context, j job.Job, cause error) error {
				tell <- givenUp{j, cause.Error()}
				return nil
			})
			if test.givenUp != "" {
				if got := receive(t, tell); !strings.Contains(got.cause, test.givenUp) || got.job != review(1, "x") {
					t.Errorf("reported %+v", got)
				}
			}
			test.want.Commits = 1
			eventually(t, fmt.Sprintf("%+v", test.want), func() bool { return stats(t, q) == test.want })
			if runs.Load() != test.runs {
				t.Errorf("%d runs, want %d", runs.Load(), test.runs)
			}
			if len(tell) > 0 {
				t.Errorf("reported again: %+v", <-tell)
			}
		})
	}
}

func TestRetryAtWaits(t *testing.T) {
	q := open(t, Options{})
	accept(t, q, "a", review(1, "x"))
	at := time.Now().Add(700 * time.Millisecond)
	ran := make(chan time.Time, 2)
	start(t, q, func(_ context.Context, _ job.Job, a int) error {
		ran <- time.Now()
		if a == 1 {
			return job.RetryAt{Time: at, Err: errors.New("rate limit")}
		}
		return nil
	}, nil)
	receive(t, ran)
	if again := receive(t, ran); again.Before(at.Add(-time.Millisecond)) { // stored in milliseconds
		t.Errorf("tried %v too early", at.Sub(again))
	}
}

// TestFreeWaits: an attempt that only has to wait for its turn does not count, not even the last.
func TestFreeWaits(t *testing.T) {
	q := open(t, Options{Attempts: 1})
	accept(t, q, "a", review(1, "x"))
	ran, times := make(chan int, 10), 0
	start(t, q, func(_ context.Context, _ job.Job, a int) error {
		ran <- a
		if times++; times < 4 {
			return job.RetryAt{Time: time.Now().Add(20 * time.Millisecond), Err: errors.New("its turn"), Free: true}
		}
		return nil
	}, func(_ context.Context, _ job.Job, err error) error {
		t.Errorf("given up: %v", err)
		return nil
	})
	for range 4 {
		if a := receive(t, ran); a != 1 {
			t.Errorf("attempt %d", a)
		}
	}
}

// TestNote: what a handler notes is in the line about its job.
func TestNote(t *testing.T) {
	lines := make(chan string, 100)
	q := open(t, Options{Logger: slog.New(slog.NewTextHandler(writer(func(b []byte) { lines <- string(b) }), nil))})
	accept(t, q, "a", review(1, "x"))
	start(t, q, func(ctx context.Context, _ job.Job, _ int) error {
		Note(ctx, "calls", 7)
		return nil
	}, nil)
	for line := receive(t, lines); ; line = receive(t, lines) {
		if strings.Contains(line, "job done") {
			if !strings.Contains(line, " attempt=1 calls=7\n") {
				t.Error(line)
			}
			return
		}
	}
}

func TestBackoffGrows(t *testing.T) {
	q := &Queue{opts: Options{}.withDefaults()}
	var sum time.Duration
	for attempt, least := 1, time.Duration(0); attempt < q.opts.Attempts; attempt++ {
		wait := time.Until(q.nextTry(time.Time{}, attempt))
		if wait <= least {
			t.Errorf("the wait after attempt %d is %v", attempt, wait)
		}
		least = wait * 3 / 2 // at least: three times as long, less a fifth
		sum += wait
	}
	if sum < 45*time.Minute || sum > 100*time.Minute {
		t.Errorf("all attempts take %v", sum)
	}
}

// worded is an error with words for people.
type worded struct{}

func (worded) Error() string { return "cause" }
func (worded) Words() string { return "words for people" }

func TestGaveUpIsDurable(t *testing.T) {
	dir := t.TempDir()
	q := open(t, Options{Dir: dir, Attempts: 2, Backoff: time.Microsecond})
	accept(t, q, "a", review(1, "x"))
	giveUp := func(context.Context, job.Job, int) error { return job.GiveUp{Err: worded{}} }
	calls := make(chan struct{}, 1)
	start(t, q, giveUp, func(ctx context.Context, _ job.Job, _ error) error {
		calls <- struct{}{}
		<-ctx.Done() // the process ends before GitHub answers
		return ctx.Err()
	})
	receive(t, calls)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Close(ctx); err != nil {
		t.Fatal(err)
	}

	q = open(t, Options{Dir: dir, Attempts: 2, Backoff: time.Microsecond})
	// It had not even written down that the job itself is over.
	if _, err := q.store.db.Exec(`UPDATE river_job SET state = 'available', finalized_at = NULL WHERE kind = 'review'`); err != nil {
		t.Fatal(err)
	}
	tell := make(chan givenUp, 2)
	failed := false
	start(t, q, giveUp, func(_ context.Context, j job.Job, cause error) error {
		if !failed {
			failed = true
			panic("GitHub is down")
		}
		var c Cause
		if errors.As(cause, &c); c.Words != "words for people" || c.Attempts != 1 {
			t.Errorf("the cause is %+v", c)
		}
		tell <- givenUp{j, cause.Error()}
		return nil
	})
	if got, want := receive(t, tell), (givenUp{review(1, "x"), "cause"}); got != want {
		t.Errorf("reported %+v, want %+v", got, want)
	}
	eventually(t, "nothing is left", func() bool { s := stats(t, q); return s.Queued+s.Running == 0 })
	if len(tell) > 0 {
		t.Error("reported twice")
	}
}

func TestANewerJobSupersedesAWaitingOne(t *testing.T) {
	q := open(t, Options{})
	accept(t, q, "1", review(1, "old"))
	accept(t, q, "2", review(2, "other pull request"))
	accept(t, q, "3", job.Job{Kind: job.Review, Ref: job.Ref{Installation: 1, Repository: 3, Pull: 1,
		Head: "other repository"}})
	accept(t, q, "4", review(1, "newer"))
	accept(t, q, "5", job.Job{Kind: job.Review, Ref: job.Ref{Installation: 1, Repository: 2, Head: "by head"}},
		review(1, "newest"))
	if s := stats(t, q); s.Queued != 4 || s.Superseded != 2 {
		t.Errorf("%+v", s)
	}
	ran := make(chan string, 10)
	start(t, q, func(_ context.Context, j job.Job, _ int) error { ran <- j.Head; return nil }, nil)
	heads := map[string]bool{}
	for range 4 {
		heads[receive(t, ran)] = true
	}
	for _, want := range []string{"newest", "other pull request", "other repository", "by head"} {
		if !heads[want] {
			t.Errorf("%q did not run: %v", want, heads)
		}
	}
	eventually(t, "all is done", func() bool { return stats(t, q).Done == 4 })
	if len(ran) > 0 {
		t.Errorf("%q ran too", <-ran)
	}
}

// TestAPressAndAReviewDoNotReplaceEachOther: what is applied has its own lane, in which the newer press counts.
func TestAPressAndAReviewDoNotReplaceEachOther(t *testing.T) {
	q := open(t, Options{})
	press := func(head string) job.Job {
		j := review(1, head)
		j.Kind, j.Press = job.Apply, job.Press{Button: head}
		return j
	}
	accept(t, q, "1", review(1, "review"))
	accept(t, q, "2", press("safe"))
	accept(t, q, "3", press("all"))
	if s := stats(t, q); s.Queued != 2 || s.Superseded != 1 {
		t.Errorf("%+v", s)
	}
	both := make(chan job.Job, 2)
	start(t, q, func(_ context.Context, j job.Job, _ int) error {
		both <- j
		for len(both) < 2 { // each runs beside the other
			runtime.Gosched()
		}
		return nil
	}, nil)
	eventually(t, "all is done", func() bool { return stats(t, q).Done == 2 })
	if first, second := <-both, <-both; first.Press.Button+second.Press.Button != "all" {
		t.Errorf("%+v, %+v", first, second)
	}
}

func TestANewerJobSupersedesARunningOne(t *testing.T) {
	q := open(t, Options{})
	ran := make(chan string, 10)
	start(t, q, func(ctx context.Context, j job.Job, _ int) error {
		ran <- "begin " + j.Head
		defer func() { ran <- "end " + j.Head }()
		if j.Head == "old" {
			<-ctx.Done()
			if !Superseded(ctx) {
				t.Errorf("the cause is %v", context.Cause(ctx))
			}
			return ctx.Err()
		}
		return nil
	}, nil)
	accept(t, q, "1", review(1, "old"))
	if got := receive(t, ran); got != "begin old" {
		t.Fatal(got)
	}
	accept(t, q, "2", review(1, "new"))
	for _, want := range []string{"end old", "begin new", "end new"} {
		if got := receive(t, ran); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	eventually(t, "one done, one superseded", func() bool {
		s := stats(t, q)
		return s.Done == 1 && s.Superseded == 1 &&
			s.Queued == 0
	})
}

func TestANewerJobSupersedesOneThatItCouldNotReach(t *testing.T) {
	for name, becomesOfTheNewer := range map[string]string{
		"and waits":    `UPDATE river_job SET state = 'available'`,
		"and was done": `UPDATE river_job SET state = 'completed', finalized_at = datetime('now') WHERE id = (SELECT max(id) FROM river_job)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := open(t, Options{})
			run := func(statement string) {
				t.Helper()
				if _, err := q.store.db.Exec(statement); err != nil {
					t.Fatal(err)
				}
			}
			accept(t, q, "1", review(1, "old"))
			// A worker has fetched the older job and not begun, or River has not yet noted that it failed: it neither
			// waits nor runs.
			run(`UPDATE river_job SET state = 'running'`)
			accept(t, q, "2", review(1, "new"))
			run(becomesOfTheNewer)
			run(`UPDATE river_job SET state = 'available' WHERE state = 'running'`)
			start(t, q, func(_ context.Context, j job.Job, _ int) error {
				if j.Head != "new" {
					t.Errorf("%q ran", j.Head)
				}
				return nil
			}, nil)
			eventually(t, "one is stale", func() bool {
				s := stats(t, q)
				return s.Stale == 1 &&
					s.Queued+s.Running == 0
			})
		})
	}
}

func TestForgetDropsWhatNobodyCanBeTold(t *testing.T) {
	q := open(t, Options{Backoff: time.Hour})
	failed := make(chan struct{}, 1)
	forgotten := make(chan struct{})
	start(t, q, func(_ context.Context, j job.Job, _ int) error {
		if j.Kind == job.Forget {
			close(forgotten)
			return nil
		}
		return job.GiveUp{Err: errors.New("cause")}
	}, func(context.Context, job.Job, error) error { failed <- struct{}{}; return errors.New("suspended") })
	accept(t, q, "1", review(1, "x"))
	receive(t, failed)
	eventually(t, "it waits for its next attempt", func() bool {
		s := stats(t, q)
		return s.Queued == 1 &&
			s.Running == 0
	})
	accept(t, q, "2", job.Job{Kind: job.Forget, Ref: job.Ref{Installation: 1}})
	receive(t, forgotten)
	eventually(t, "nothing is left", func() bool { s := stats(t, q); return s.Queued+s.Running == 0 })
}

func TestOnlyOlderJobsAreSuperseded(t *testing.T) {
	for _, test := range []struct {
		running *run
		by      int64
		want    bool
	}{
		{&run{id: 5, kind: job.Review}, 6, true},
		{&run{id: 5, kind: job.Close}, 6, true},
		{&run{id: 5, kind: job.Review}, 5, false}, // a worker was quicker than the note of what was stored
		{&run{id: 5, kind: job.Review}, 4, false},
		{&run{id: 5, kind: gaveUpKind}, 6, false},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		test.running.cancel = cancel
		var l lanes
		by := review(1, "x")
		test.running.lane = laneOf(by)
		if !l.enter(test.running) {
			t.Fatal("the lane is taken")
		}
		l.supersede(test.by, by)
		if got := Superseded(ctx); got != test.want {
			t.Errorf("%+v by %d: %t", test.running, test.by, got)
		}
		cancel(nil)
	}
}

func TestForgetDropsWhatTheInstallationAskedFor(t *testing.T) {
	q := open(t, Options{})
	ran := make(chan job.Kind, 10)
	start(t, q, func(ctx context.Context, j job.Job, _ int) error {
		if j.Pull == 1 {
			ran <- j.Kind
			<-ctx.Done()
			if !Superseded(ctx) {
				t.Errorf("the cause is %v", context.Cause(ctx))
			}
			return ctx.Err()
		}
		ran <- j.Kind
		return nil
	}, nil)
	accept(t, q, "1", review(1, "x"))
	receive(t, ran)
	release := hold(t, q) // so that no worker is quicker than the next delivery
	other := review(3, "x")
	other.Installation = 2
	failed := make(chan error, 1)
	go func() {
		_, err := q.Accept(t.Context(), "2", review(2, "x"), other,
			job.Job{Kind: job.Forget, Ref: job.Ref{Installation: 1}})
		failed <- err
	}()
	release()
	if err := receive(t, failed); err != nil {
		t.Fatal(err)
	}
	kinds := map[job.Kind]int{}
	for range 2 {
		kinds[receive(t, ran)]++
	}
	if kinds[job.Forget] != 1 || kinds[job.Review] != 1 {
		t.Errorf("%v ran", kinds)
	}
	eventually(t, "nothing is left", func() bool {
		s := stats(t, q)
		return s.Done == 2 && s.Superseded == 2 &&
			s.Queued == 0
	})
}

// TestAPullRequestIsNeverWorkedOnTwiceAtOnce lets handlers ignore that they were superseded, fail and panic, while
// newer jobs come in.
func TestAPullRequestIsNeverWorkedOnTwiceAtOnce(t *testing.T) {
	const pulls, deliveries = 3, 120
	q := open(t, Options{Workers: 8, Backoff: time.Microsecond})
	var working [pulls + 1]atomic.Int32
	var runs, last atomic.Int32
	start(t, q, func(ctx context.Context, j job.Job, a int) error {
		if n := working[j.Pull].Add(1); n != 1 {
			t.Errorf("pull request %d is worked on %d times at once", j.Pull, n)
		}
		defer working[j.Pull].Add(-1)
		if j.Head == fmt.Sprint("last", j.Pull) && a == 3 {
			last.Add(1)
			return nil
		}
		<-time.After(time.Duration(runs.Add(1)%7) * time.Millisecond) // busy for a moment, deaf to ctx
		if a == 2 {
			panic("oh")
		}
		return errors.New("not yet")
	}, nil)
	for i := range deliveries {
		accept(t, q, fmt.Sprint(i), review(1+i%pulls, fmt.Sprint(i)))
	}
	for pull := 1; pull <= pulls; pull++ {
		accept(t, q, fmt.Sprint("last", pull), review(pull, fmt.Sprint("last", pull)))
	}
	eventually(t, "the last job of each is done", func() bool {
		s := stats(t, q)
		return last.Load() == pulls &&
			s.Queued+s.Running == 0
	})
}

func TestAnUnfinishedPullRequestKeepsNobodyWaiting(t *testing.T) {
	q := open(t, Options{Workers: 3}) // two for one installation
	ran := make(chan string, 10)
	end := make(chan struct{})
	start(t, q, func(_ context.Context, j job.Job, _ int) error {
		ran <- j.Head
		if j.Head == "deaf" {
			<-end
		}
		return nil
	}, nil)
	accept(t, q, "1", review(1, "deaf"))
	receive(t, ran)
	accept(t, q, "2", review(1, "waits"))
	for i := range 5 { // one of the two is taken; the other is not to be taken by the job that waits
		accept(t, q, fmt.Sprint("other", i), review(2+i, "other"))
		if got := receive(t, ran); got != "other" {
			t.Fatalf("%q ran", got)
		}
	}
	close(end)
	if got := receive(t, ran); got != "waits" {
		t.Fatalf("%q ran", got)
	}
}

func TestCloseWaitsForRunningJobs(t *testing.T) {
	dir := t.TempDir()
	q := open(t, Options{Dir: dir, Workers: 1})
	begun, end := make(chan struct{}), make(chan struct{})
	start(t, q, func(ctx context.Context, j job.Job, _ int) error {
		close(begun) // a second job would panic here
		<-end
		return Uninterrupted(ctx).Err()
	}, nil)
	accept(t, q, "1", review(1, "x"))
	receive(t, begun)
	accept(t, q, "2", review(2, "x"))
	closed := make(chan error, 1)
	go func() { closed <- q.Close(context.WithoutCancel(t.Context())) }()
	eventually(t, "the queue takes no more", func() bool { return errors.Is(q.Ready(t.Context()), ErrClosed) })
	close(end)
	if err := receive(t, closed); err != nil {
		t.Fatal(err)
	}

	q = open(t, Options{Dir: dir})
	ran := make(chan int, 2)
	start(t, q, func(_ context.Context, j job.Job, _ int) error { ran <- j.Pull; return nil }, nil)
	eventually(t, "nothing is left", func() bool { s := stats(t, q); return s.Done == 1 && s.Queued == 0 })
	if got := receive(t, ran); got != 2 {
		t.Errorf("pull request %d ran", got)
	}
}

func TestCloseInterruptsJobsAtItsDeadline(t *testing.T) {
	dir := t.TempDir()
	q := open(t, Options{Dir: dir})
	begun := make(chan struct{})
	start(t, q, func(ctx context.Context, j job.Job, _ int) error {
		close(begun)
		<-ctx.Done()
		if Superseded(ctx) {
			t.Error("superseded by nothing")
		}
		return fmt.Errorf("write review: %v", ctx.Err())
	}, nil)
	accept(t, q, "1", review(1, "x"))
	receive(t, begun)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Close(ctx); err != nil {
		t.Fatal(err)
	}

	q = open(t, Options{Dir: dir})
	attempts := make(chan int, 1)
	start(t, q, func(_ context.Context, _ job.Job, a int) error { attempts <- a; return nil }, nil)
	if a := receive(t, attempts); a != 1 {
		t.Errorf("the interrupted attempt counts: %+v", a)
	}
}

// killed is the environment variable that makes TestKillChild the process that TestKilledWhileWorking kills.
const killed = "DFBOT_QUEUE_KILLED"

func TestKillChild(t *testing.T) {
	dir := os.Getenv(killed)
	if dir == "" {
		t.Skip("not a test by itself: another test starts it as a child process")
	}
	q := open(t, Options{Dir: dir, Workers: 3})
	var mu sync.Mutex
	start(t, q, func(context.Context, job.Job, int) error {
		mu.Lock()
		fmt.Println("working")
		mu.Unlock()
		select {}
	}, nil)
	accept(t, q, "1", review(1, "old"))
	accept(t, q, "2", review(2, "x"))
	accept(t, q, "3", review(3, "x")) // waits: the third worker is kept for others
	select {}
}

func TestKilledWhileWorking(t *testing.T) {
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKillChild$")
	child.Env = append(os.Environ(), killed+"="+dir)
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	for working := 0; working < 2; {
		if !lines.Scan() {
			t.Fatalf("the child ended: %v", lines.Err())
		}
		if lines.Text() == "working" {
			working++
		}
	}
	if err := child.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed

	q := open(t, Options{Dir: dir})
	accept(t, q, "4", review(1, "new")) // takes the place of one that was running
	type run struct {
		pull    int
		head    string
		attempt int
	}
	ran := make(chan run, 10)
	begin := time.Now()
	start(t, q, func(_ context.Context, j job.Job, a int) error {
		ran <- run{j.Pull, j.Head, a}
		return nil
	}, nil)
	got := map[run]int{}
	for range 3 {
		got[receive(t, ran)]++
	}
	for _, want := range []run{{1, "new", 1}, {2, "x", 1}} {
		if got[want] != 1 {
			t.Errorf("no %+v in %v", want, got)
		}
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("picking up took %v", took)
	}
	eventually(t, "nothing is left", func() bool { s := stats(t, q); return s.Done == 3 && s.Queued == 0 })
}

func TestStats(t *testing.T) {
	q := open(t, Options{Workers: 1})
	begun, end := make(chan struct{}, 3), make(chan struct{})
	for i := range 3 {
		accept(t, q, fmt.Sprint(i), review(i, "x"))
	}
	start(t, q, func(context.Context, job.Job, int) error { begun <- struct{}{}; <-end; return nil }, nil)
	receive(t, begun)
	eventually(t, "a wait that can be measured", func() bool { return stats(t, q).OldestWait > 10*time.Millisecond })
	s := stats(t, q)
	if s.Queued != 2 || s.Running != 1 || s.OldestWait > patience {
		t.Errorf("%+v", s)
	}
	close(end)
	eventually(t, "all is done", func() bool {
		s := stats(t, q)
		return s.Done == 3 && s.Queued+s.Running == 0 &&
			s.OldestWait == 0
	})
}

func TestLogNamesTheJob(t *testing.T) {
	var log strings.Builder
	lines := make(chan struct{}, 1)
	q := open(t, Options{Logger: slog.New(slog.NewTextHandler(writer(func(b []byte) {
		log.Write(b)
		lines <- struct{}{}
	}), nil))})
	j := review(1, "x")
	j.Delivery, j.Why = "guid", "push"
	accept(t, q, "guid", j)
	start(t, q, func(context.Context, job.Job, int) error { return nil }, nil)
	receive(t, lines)
	if want := `msg="job done" job=1 delivery=guid installation=1 repo=o/n pr=1 sha=x kind=review why=push attempt=1`; !strings.Contains(log.String(), want) {
		t.Errorf("%s does not contain %s", log.String(), want)
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }
