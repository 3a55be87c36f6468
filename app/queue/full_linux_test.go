package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/dfbot/dfbot/app/job"
)

// TestAcceptOnAFullDisk fills a small file system under the queue, and makes room again.
func TestAcceptOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	q := open(t, Options{Dir: dir})
	accept(t, q, "first", review(0, "x"))
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 8<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}

	stored := 1
	for i := 1; ; i++ {
		if _, err := q.Accept(t.Context(), fmt.Sprint(i), review(i, "x")); err != nil {
			break
		}
		if stored++; i > 10_000 {
			t.Fatal("the disk is not full")
		}
	}
	if err := q.Ready(t.Context()); err == nil {
		t.Error("the queue is ready on a full disk")
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := q.Ready(t.Context()); err != nil {
		t.Errorf("not ready though there is room again: %v", err)
	}
	accept(t, q, "last", review(-1, "x"))
	ran := make(chan job.Job, stored+1)
	start(t, q, func(_ context.Context, j job.Job, _ int) error { ran <- j; return nil }, nil)
	for range stored + 1 {
		receive(t, ran)
	}
	shut(t, q)
}
