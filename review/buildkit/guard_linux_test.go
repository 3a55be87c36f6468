package buildkit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestChildInheritsNothing starts a child while a file is open as the parent of dfbot may have left one: not closed on exec.
func TestChildInheritsNothing(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(secret, unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	c := open(t, Options{})
	ask(t, c)
	pid := c.idlers()[0].cmd.Process.Pid
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(files) < 3 {
		t.Fatalf("files of the child: %v, %v", files, err)
	}
	for _, f := range files {
		if to, _ := os.Readlink(f); strings.HasPrefix(to, filepath.Dir(secret)) {
			t.Errorf("%s is %s", f, to)
		}
	}
	if group, err := unix.Getpgid(pid); err != nil || group != pid {
		t.Errorf("the child %d is in the group %d, %v", pid, group, err)
	}
}
