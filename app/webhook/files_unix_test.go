//go:build unix

package webhook_test

import (
	"syscall"
	"testing"
)

// needsOpenFiles skips a test where it may not have so many files open. Go's runtime has raised the limit as far as it
// may.
func needsOpenFiles(t *testing.T, most uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if uint64(limit.Cur) < most {
		t.Skipf("needs %d open files, and may have %d", most, limit.Cur)
	}
}
