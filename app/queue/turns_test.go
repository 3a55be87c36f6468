package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/job"
)

// from is a job of an installation and a repository.
func from(installation, repository int64, pull int) job.Job {
	j := review(pull, "x")
	j.Installation, j.Repository = installation, repository
	return j
}

// TestOneInstallationCannotTakeAllWorkers gives it forty jobs that never end; another's then runs at once.
func TestOneInstallationCannotTakeAllWorkers(t *testing.T) {
	for workers, share := range map[int]int{1: 1, 2: 1, 4: 3, 8: 7} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			t.Parallel()
			q := open(t, Options{Workers: workers})
			ran := make(chan int64, 100)
			start(t, q, func(ctx context.Context, j job.Job, _ int) error {
				ran <- j.Installation
				if j.Installation == 1 {
					<-ctx.Done()
				}
				return ctx.Err()
			}, nil)
			for i := range 40 {
				// without a repository they would take each other's place
				accept(t, q, fmt.Sprint("worst", i), from(1, 1+int64(i%3), i))
			}
			for range share {
				receive(t, ran)
			}
			if workers == 1 {
				return // nothing is left for others, and cannot be
			}
			for i := range 20 {
				accept(t, q, fmt.Sprint("other", i), from(2, 2, i))
				if got := receive(t, ran); got != 2 {
					t.Fatalf("a job of installation %d runs, more than its share", got)
				}
			}
		})
	}
}

func TestInstallationsAndRepositoriesTakeTurns(t *testing.T) {
	q := open(t, Options{Workers: 1})
	for i := range 4 {
		accept(t, q, fmt.Sprint("a", i), from(1, 10, i))
	}
	accept(t, q, "b", from(1, 20, 0))
	accept(t, q, "c", job.Job{Kind: job.Refresh, Ref: job.Ref{Installation: 1}})
	for i := range 3 {
		accept(t, q, fmt.Sprint("d", i), from(2, 30, i))
	}
	accept(t, q, "e", from(3, 40, 0))
	ran := make(chan job.Job, 20)
	start(t, q, func(_ context.Context, j job.Job, _ int) error { ran <- j; return nil }, nil)
	var order []string
	for range 10 {
		j := receive(t, ran)
		order = append(order, fmt.Sprintf("%d/%d/%d", j.Installation, j.Repository, j.Pull))
	}
	want := []string{"1/10/0", "2/30/0", "3/40/0", "1/20/0", "2/30/1", "1/0/0", "2/30/2", "1/10/1", "1/10/2", "1/10/3"}
	if !slices.Equal(order, want) {
		t.Errorf("they ran as\n%v, want\n%v", order, want)
	}
}

func TestTurnsAreFoundByIndex(t *testing.T) {
	q := open(t, Options{})
	for name, test := range map[string]struct {
		statement string
		values    []any
		want      string
	}{
		"nextInstallation": {nextInstallation, []any{0}, "INDEX dfbot_turn (<expr>>?)"},
		"nextJob":          {nextJob, []any{1, 0, `[]`, `[]`}, "INDEX dfbot_turn (<expr>=? AND <expr>>?)"},
	} {
		rows, err := q.store.db.Query(`EXPLAIN QUERY PLAN `+test.statement, test.values...)
		if err != nil {
			t.Fatal(err)
		}
		if plan := planOf(t, rows); !strings.Contains(plan, test.want) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s reads or sorts all jobs:\n%s", name, plan)
		}
	}
}

func TestAJobThatCannotBeReadStopsNobody(t *testing.T) {
	q := open(t, Options{})
	accept(t, q, "1", review(1, "x"), review(2, "x"), review(3, "x"))
	for id, broken := range map[int]string{1: `args = '{"job": {"installation": 1, "pull": "one"}, "lane": "x"}'`,
		2: `kind = 'of-tomorrow'`} {
		if _, err := q.store.db.Exec(`UPDATE river_job SET `+broken+` WHERE id = ?`, id); err != nil {
			t.Fatal(err)
		}
	}
	ran := make(chan int, 3)
	start(t, q, func(_ context.Context, j job.Job, _ int) error { ran <- j.Pull; return nil }, nil)
	if got := receive(t, ran); got != 3 {
		t.Errorf("pull request %d ran", got)
	}
	eventually(t, "nothing is left", func() bool { return idle(t, q) })
}

// TestCloseEndsWhatRunsAtOnce: an analysis that takes minutes ends, what has begun to write goes on.
func TestCloseEndsWhatRunsAtOnce(t *testing.T) {
	dir := t.TempDir()
	q := open(t, Options{Dir: dir})
	begun, wrote := make(chan struct{}, 2), make(chan struct{})
	start(t, q, func(ctx context.Context, j job.Job, _ int) error {
		begun <- struct{}{}
		<-ctx.Done()
		if j.Pull == 1 {
			return fmt.Errorf("analyse: %w", context.Cause(ctx))
		}
		writing := Uninterrupted(ctx)
		<-wrote
		return writing.Err()
	}, nil)
	accept(t, q, "1", review(1, "x"))
	accept(t, q, "2", review(2, "x"))
	receive(t, begun)
	receive(t, begun)
	closed := make(chan error, 1)
	go func() { closed <- q.Close(context.WithoutCancel(t.Context())) }() // it would wait for ever
	eventually(t, "it takes no more", func() bool { return errors.Is(q.Ready(t.Context()), ErrClosed) })
	close(wrote)
	if err := receive(t, closed); err != nil {
		t.Fatal(err)
	}

	q = open(t, Options{Dir: dir})
	ran := make(chan int, 2)
	start(t, q, func(_ context.Context, j job.Job, a int) error {
		if a != 1 {
			t.Errorf("the interrupted attempt counts: %+v", a)
		}
		ran <- j.Pull
		return nil
	}, nil)
	if got := receive(t, ran); got != 1 {
		t.Errorf("pull request %d runs again", got)
	}
	eventually(t, "nothing is left", func() bool { return idle(t, q) })
}

// TestWhatIsWrittenIsNotSuperseded: a newer job waits for what has begun to write.
func TestWhatIsWrittenIsNotSuperseded(t *testing.T) {
	q := open(t, Options{})
	ran := make(chan string, 3)
	wrote := make(chan struct{})
	start(t, q, func(ctx context.Context, j job.Job, _ int) error {
		ran <- j.Head
		if j.Head == "old" {
			writing := Uninterrupted(ctx)
			<-ctx.Done()
			<-wrote
			return writing.Err()
		}
		return nil
	}, nil)
	accept(t, q, "1", review(1, "old"))
	receive(t, ran)
	accept(t, q, "2", review(1, "new"))
	close(wrote)
	if got := receive(t, ran); got != "new" {
		t.Errorf("%q ran", got)
	}
	eventually(t, "both are done", func() bool { return stats(t, q).Done == 2 })
}

// TestAFloodLeavesRoomForOthers fills an installation's part of the line while the disk does nothing.
func TestAFloodLeavesRoomForOthers(t *testing.T) {
	const backlog = 8
	q := open(t, Options{Backlog: backlog})
	release := stall(t, q)
	results := make(chan error, 2*backlog)
	send := func(name string, j job.Job) {
		go func() {
			_, err := q.Accept(t.Context(), name, j)
			results <- err
		}()
	}
	for i := range backlog {
		send(fmt.Sprint("flood", i), from(1, 1, i))
	}
	for range backlog / 4 {
		if err := receive(t, results); !errors.Is(err, ErrOverloaded) {
			t.Errorf("too many deliveries of one installation: %v", err)
		}
	}
	send("other", from(2, 2, 1))
	eventually(t, "the other's delivery is in the line",
		func() bool { return len(q.line.waiting) == backlog-backlog/4+1 })
	release()
	for range backlog - backlog/4 + 1 {
		if err := receive(t, results); err != nil {
			t.Error(err)
		}
	}
	accept(t, q, "later", from(1, 1, 100))
	if len(q.line.of) != 0 {
		t.Errorf("the line is empty, and holds %v", q.line.of)
	}
}
