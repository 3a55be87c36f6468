package shellcheck

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestNothingOutlivesIt is a program that starts another, which reads a pipe, and then ends or is killed for its time:
// no one reads the pipe any more.
func TestNothingOutlivesIt(t *testing.T) {
	t.Parallel() // waits out a deadline
	for _, then := range []string{"mumbles", "sleeps"} {
		t.Run(then, func(t *testing.T) {
			c := pretend(t, Options{Deadline: 3 * time.Second})
			pipe := filepath.Join(t.TempDir(), "pipe")
			if err := unix.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			open := func(flags int) *os.File {
				f, err := os.OpenFile(pipe, flags, 0)
				if err != nil {
					t.Fatal(err)
				}
				return f
			}
			reader := open(os.O_RDWR) // until the program has come to an end, so that no one waits
			pen := open(os.O_WRONLY | unix.O_NONBLOCK)
			defer pen.Close()
			u := named("FROM a\nRUN forks:"+pipe+" "+then+"\n", "SC2086")
			look(t, c, u)
			reader.Close()
			for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
				if _, err := pen.Write([]byte("x")); errors.Is(err, unix.EPIPE) {
					return
				}
				if time.Now().After(end) {
					t.Fatal("waited a minute: what the program has started is still there")
				}
			}
		})
	}
}
