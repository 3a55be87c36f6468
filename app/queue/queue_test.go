package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/dfbot/dfbot/app/job"
)

// patience is how long a test waits for what should happen at once.
const patience = 20 * time.Second

func open(t *testing.T, o Options) *Queue {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	q, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, q) })
	return q
}

// shut closes a queue; closing it twice does nothing.
func shut(t *testing.T, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := q.Close(ctx); err != nil {
		t.Error(err)
	}
}

func start(t *testing.T, q *Queue, handler Handler, gaveUp GaveUp) {
	t.Helper()
	if gaveUp == nil {
		gaveUp = func(_ context.Context, j job.Job, cause error) error {
			t.Errorf("job %v was given up: %v", j, cause)
			return nil
		}
	}
	if err := q.Start(t.Context(), handler, gaveUp); err != nil {
		t.Fatal(err)
	}
}

func accept(t *testing.T, q *Queue, delivery string, jobs ...job.Job) {
	t.Helper()
	accepted, err := q.Accept(t.Context(), delivery, jobs...)
	if err != nil || !accepted {
		t.Fatalf("Accept(%s) = %t, %v", delivery, accepted, err)
	}
}

func review(pull int, head string) job.Job {
	return job.Job{Kind: job.Review, Ref: job.Ref{Installation: 1, Repository: 2, Owner: "o", Name: "n", Pull: pull,
		Head: head}}
}

// receive waits for a value.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("still not: %s", what)
		case <-tick.C:
		}
	}
}

func stats(t *testing.T, q *Queue) Stats {
	t.Helper()
	s, err := q.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hold keeps the queue from its database until the returned function is called.
func hold(t *testing.T, q *Queue) (release func()) {
	t.Helper()
	conn, err := q.store.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenKeepsTheFolderToOneProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "data folder?#%")
	first := open(t, Options{Dir: dir})
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o700 {
		t.Errorf("the folder has mode %o", mode)
	}
	if _, err := os.Stat(filepath.Join(dir, File)); err != nil {
		t.Error(err)
	}

	_, err = Open(t.Context(), Options{Dir: dir})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("a second Open gives %v", err)
	}
	shut(t, first)
	shut(t, open(t, Options{Dir: dir}))
}

func TestOpenSyncsEachCommit(t *testing.T) {
	q := open(t, Options{})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		"busy_timeout": "5000"} {
		var got string
		if err := q.store.db.QueryRow(`PRAGMA ` + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
		}
	}
}

func TestLanesAreFoundByIndex(t *testing.T) {
	q := open(t, Options{})
	for name, statement := range map[string]string{"selectNewer": selectNewer, "dropOlder": dropOlder,
		"dropOutdated": dropOutdated} {
		values := []any{`[]`, 1}[:strings.Count(statement, "?")]
		rows, err := q.store.db.Query(`EXPLAIN QUERY PLAN `+statement, values...)
		if err != nil {
			t.Fatal(err)
		}
		if plan := planOf(t, rows); !strings.Contains(plan, "INDEX dfbot_lane (<expr>=?") {
			t.Errorf("%s reads all jobs:\n%s", name, plan)
		}
	}
}

func planOf(t *testing.T, rows *sql.Rows) string {
	t.Helper()
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

func TestAcceptTakesADeliveryOnce(t *testing.T) {
	dir := t.TempDir()
	q := open(t, Options{Dir: dir})
	accept(t, q, "a", review(1, "x"), review(2, "x"))
	again := func(q *Queue) {
		t.Helper()
		if accepted, err := q.Accept(t.Context(), "a", review(3, "x")); accepted || err != nil {
			t.Errorf("Accept of a known id = %t, %v", accepted, err)
		}
		if s := stats(t, q); s.Queued != 2 {
			t.Errorf("%d jobs are queued, want 2", s.Queued)
		}
	}
	again(q)
	if err := q.store.prune(t.Context(), time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	again(q)
	shut(t, q)

	q = open(t, Options{Dir: dir})
	again(q)
	if err := q.store.prune(t.Context(), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	accept(t, q, "a", review(3, "x"))
}

func TestAcceptRefusesWhatItCannotRemember(t *testing.T) {
	q := open(t, Options{})
	if _, err := q.Accept(t.Context(), "", review(1, "x")); err == nil {
		t.Error("a delivery without an id was taken")
	}
	shut(t, q)
	if _, err := q.Accept(t.Context(), "a", review(1, "x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Accept on a closed queue: %v", err)
	}
	if err := q.Ready(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Ready on a closed queue: %v", err)
	}
}

// stall keeps the queue's writer busy with a delivery until the returned function is called, at the end of the test at
// the latest.
func stall(t *testing.T, q *Queue) (release func()) {
	t.Helper()
	let := hold(t, q)
	first := &acceptance{delivery: "stall", done: make(chan error, 1)}
	if err := q.wait(first); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the writer has taken it, and takes no more before it is written", func() bool {
		q.line.mu.Lock()
		defer q.line.mu.Unlock()
		return len(q.line.of) == 0
	})
	release = sync.OnceFunc(func() {
		let()
		if err := receive(t, first.done); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(release)
	return release
}

// acceptAll accepts deliveries at the same time and returns what each call gave. All of them wait before the first is
// taken.
func acceptAll(t *testing.T, q *Queue, jobs []job.Job, delivery func(i int) string) (accepted []bool, errs []error) {
	t.Helper()
	accepted, errs = make([]bool, len(jobs)), make([]error, len(jobs))
	release := stall(t, q)
	var calls conc.WaitGroup
	for i, j := range jobs {
		calls.Go(func() { accepted[i], errs[i] = q.Accept(t.Context(), delivery(i), j) })
	}
	eventually(t, "all are in the line", func() bool { return len(q.line.waiting) == len(jobs) })
	release()
	calls.Wait()
	return accepted, errs
}

func TestAcceptSharesCommits(t *testing.T) {
	q := open(t, Options{})
	jobs := make([]job.Job, groupMost+200)
	for i := range jobs {
		jobs[i] = review(i, "x")
	}
	accepted, errs := acceptAll(t, q, jobs, func(i int) string { return fmt.Sprint(i / 2) }) // each id twice
	count := map[bool]int{}
	for i := range jobs {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		count[accepted[i]]++
	}
	if want := len(jobs) / 2; count[true] != want || count[false] != want {
		t.Errorf("of %d deliveries with %d ids: %v", len(jobs), want, count)
	}
	s := stats(t, q)
	if s.Queued != count[true] {
		t.Errorf("%d jobs are queued for %d accepted deliveries", s.Queued, count[true])
	}
	if s.Commits != 3 { // the one that held up the others, and two groups
		t.Errorf("%d deliveries took %d commits", len(jobs), s.Commits)
	}
}

func TestAcceptRefusesABadDeliveryAlone(t *testing.T) {
	q := open(t, Options{})
	jobs := make([]job.Job, 50)
	for i := range jobs {
		jobs[i] = review(i, "x")
	}
	const bad = 17
	jobs[bad].Kind = "bogus"
	accepted, errs := acceptAll(t, q, jobs, func(i int) string { return fmt.Sprint(i) })
	for i := range jobs {
		if ok := accepted[i] && errs[i] == nil; ok == (i == bad) {
			t.Errorf("delivery %d: %t, %v", i, accepted[i], errs[i])
		}
	}
	if s := stats(t, q); s.Queued != len(jobs)-1 {
		t.Errorf("%d jobs are queued", s.Queued)
	}
}

func TestAcceptIsOverloadedWhenTheLineIsFull(t *testing.T) {
	q := open(t, Options{Backlog: 2})
	release := stall(t, q)
	var calls conc.WaitGroup
	for i := range 2 {
		calls.Go(func() {
			if _, err := q.Accept(t.Context(), fmt.Sprint(i), review(1+i, "x")); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "the line is full", func() bool { return len(q.line.waiting) == 2 })
	if _, err := q.Accept(t.Context(), "late", review(9, "x")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("Accept with a full line: %v", err)
	}
	if err := q.Ready(t.Context()); !errors.Is(err, ErrOverloaded) {
		t.Errorf("Ready with a full line: %v", err)
	}
	release()
	calls.Wait()
	accept(t, q, "late", review(9, "x"))
	if err := q.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAcceptEndsWithItsContext(t *testing.T) {
	q := open(t, Options{})
	defer hold(t, q)()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if accepted, err := q.Accept(ctx, "a", review(1, "x")); accepted || !errors.Is(err, context.Canceled) {
		t.Errorf("Accept = %t, %v", accepted, err)
	}
}

func TestAcceptWhenTheDatabaseMayNotGrow(t *testing.T) {
	q := open(t, Options{})
	accept(t, q, "first", review(0, "x"))
	limit := func(pages string) {
		t.Helper()
		if _, err := q.store.db.Exec(`PRAGMA max_page_count = ` + pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // SQLite makes it what the database has
	stored := 1
	for i := 1; ; i++ {
		accepted, err := q.Accept(t.Context(), fmt.Sprint(i), review(i, strings.Repeat("x", 1000)))
		if err != nil {
			if errors.Is(err, ErrOverloaded) || !strings.Contains(err.Error(), "full") {
				t.Errorf("Accept on a full disk: %v", err)
			}
			break
		}
		if accepted {
			stored++
		}
		if i > 10_000 {
			t.Fatal("the database grew on")
		}
	}
	limit("100000")
	accept(t, q, "last", review(0, "y"))
	ran := make(chan job.Job, stored+1)
	start(t, q, func(_ context.Context, j job.Job, _ int) error { ran <- j; return nil }, nil)
	for range stored { // the first was superseded by the last
		receive(t, ran)
	}
}
