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

// TestOverload keeps the disk from the queue, as another program with a lock on the database does, until the waiting line is full.
func TestOverload(t *testing.T) {
	const senders, line = 12, 2
	dir := t.TempDir()
	s := serveOn(t, webhook.Options{}, queue.Options{Dir: dir, Backlog: line})
	db, err := sql.Open("sqlite", filepath.Join(dir, queue.File)+"?_txlock=immediate")
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
	for i := range senders {
		go func() { replies <- s.deliver(t, "pull_request", fmt.Sprint(i), pullRequestPayload("opened", 1+i)) }()
	}
	// The writer takes at most as many as the line holds, and one, before it waits for the lock; all beyond those and the line are refused at once.
	for range senders - (line + 1) - line {
		select {
		case got := <-replies:
			if got.Status != 503 || got.Outcome != "overloaded" || got.RetryAfter == "" {
				t.Errorf("%+v", got)
			}
		case <-time.After(patience):
			t.Fatal("nobody was refused")
		}
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	stored := 0
	for range (line + 1) + line {
		if got := <-replies; got.Status == 202 {
			stored++
		} else if got.Outcome != "overloaded" {
			t.Errorf("%+v", got)
		}
	}
	if n := s.queued(t); n != stored || stored == 0 {
		t.Errorf("%d deliveries were acknowledged, %d jobs are queued", stored, n)
	}
}
