package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKilledAsGroup is a git that waits for ever, and has started a program that does: when its time is up, both are
// killed.
func TestKilledAsGroup(t *testing.T) {
	dir := folder(t)
	inside(t, dir, "init", "-q")
	pipe := filepath.Join(dir, "pipe")
	must(t, unix.Mkfifo(pipe, 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := Made(dir).Output(ctx, nil, "-c", "alias.wait=!cat >/dev/null "+pipe, "wait")
		done <- err
	}()
	var pen *os.File // opens as soon as the program reads, and keeps it reading
	within(t, "the program does not start", func() bool {
		f, err := os.OpenFile(pipe, os.O_WRONLY|unix.O_NONBLOCK, 0)
		pen = f
		return err == nil
	})
	defer pen.Close()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	within(t, "the program is still there", func() bool {
		_, err := pen.Write([]byte("x")) // what reads it prints nothing, so that it does not die of that
		return errors.Is(err, unix.EPIPE)
	})
}
