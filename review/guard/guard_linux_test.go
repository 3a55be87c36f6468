package guard

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFilesStay starts a process while a file is open that would be handed on, as a parent may leave one open for
// dfbot.
func TestFilesStay(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, nil, 0o600))
	fd, err := unix.Open(secret, unix.O_RDONLY, 0)
	must(t, err)
	defer unix.Close(fd)
	list := func(prepare func(*exec.Cmd)) string {
		cmd := exec.Command("sh", "-c", "ls -l /proc/self/fd")
		prepare(cmd)
		out, err := cmd.Output()
		must(t, err)
		return string(out)
	}
	if got := list(func(*exec.Cmd) {}); !strings.Contains(got, secret) {
		t.Fatalf("the file is not handed on without a guard, so this test shows nothing:\n%s", got)
	}
	if got := list(Prepare); strings.Contains(got, secret) {
		t.Errorf("the file is handed on:\n%s", got)
	}
}

// TestLimitsAreNotRaised bounds a process that is bounded more closely in one thing, and less in another.
func TestLimitsAreNotRaised(t *testing.T) {
	cmd := exec.Command("sh", "-c", "read x")
	in, err := cmd.StdinPipe()
	must(t, err)
	Prepare(cmd)
	must(t, cmd.Start())
	defer cmd.Wait()
	defer in.Close()
	must(t, unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_CPU, &unix.Rlimit{Cur: 20, Max: 30}, nil))
	must(t, unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 20, Max: 30}, nil))
	must(t, Confine(cmd.Process.Pid, CPU(60)))
	for resource, want := range map[int]uint64{unix.RLIMIT_CPU: 30, unix.RLIMIT_FSIZE: 0} {
		var got unix.Rlimit
		must(t, unix.Prlimit(cmd.Process.Pid, resource, nil, &got))
		if got.Cur != want || got.Max != want {
			t.Errorf("limit %d is %v, want %d", resource, got, want)
		}
	}
}

// TestGroupEnds kills what a process has started: when the process is killed, and when it ends on its own.
func TestGroupEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		script string
		end    func(*exec.Cmd) error
	}{
		"killed":     {"cat <$0 >/dev/null & wait", func(cmd *exec.Cmd) error { return Kill(cmd.Process) }},
		"ends alone": {"cat <$0 >/dev/null &", func(*exec.Cmd) error { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			pipe := filepath.Join(t.TempDir(), "pipe")
			must(t, unix.Mkfifo(pipe, 0o600))
			cmd := exec.Command("sh", "-c", tt.script, pipe)
			Prepare(cmd)
			must(t, cmd.Start())
			var pen *os.File // opens as soon as the program reads, and keeps it reading
			within(t, "the program does not start", func() bool {
				f, err := os.OpenFile(pipe, os.O_WRONLY|unix.O_NONBLOCK, 0)
				pen = f
				return err == nil
			})
			defer pen.Close()
			must(t, tt.end(cmd))
			_ = Wait(cmd)
			within(t, "the program is still there", func() bool {
				_, err := pen.Write([]byte("x"))
				return errors.Is(err, unix.EPIPE)
			})
			if err := Kill(cmd.Process); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("killed again: %v", err)
			}
		})
	}
}

// within waits until ok, for a minute at most.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute: %s", what)
		}
	}
}
