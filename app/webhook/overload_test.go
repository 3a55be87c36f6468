package webhook_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
)

// TestOverload keeps the disk from the queue, as another program with a lock on the database does, until the waiting
// line is full.
func TestOverload(t *testing.T) {
	const senders, line = 50, 2
	dir := t.TempDir()
	s := serveOn(t, webhook.Options{}, queue.Options{Dir: dir, Backlog: line})
	db, err := sql.Open("sqlite", filepath.Join(dir, queue.File)+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lock, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Rollback()

	replies := make(chan reply, senders)
	sent := 0
	overloaded := func(got reply) bool {
		if got.Outcome == "overloaded" && (got.Status != 503 || got.RetryAfter == "") {
			t.Errorf("%+v", got)
		}
		return got.Outcome == "overloaded"
	}
	// The writer takes some before it waits for the lock. Those that come then fill the line, and the next is refused.
	for refused := false; !refused; {
		if sent++; sent > senders {
			t.Fatal("nobody was refused")
		}
		id, body := fmt.Sprint(sent), pullRequestPayload("opened", sent)
		go func() { replies <- s.deliver(t, "pull_request", id, body) }()
		select {
		case got := <-replies:
			refused = overloaded(got)
		case <-time.After(20 * time.Millisecond): // it waits
		}
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	stored := 0
	for range sent - 1 {
		if got := next(t, replies); got.Status == 202 {
			stored++
		} else if !overloaded(got) {
			t.Errorf("%+v", got)
		}
	}
	if n := s.queued(t); n != stored || stored < line {
		t.Errorf("%d deliveries were acknowledged, %d jobs are queued", stored, n)
	}
}
