package config

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMountedSecrets takes a secret as Kubernetes and Docker mount it: open to all, on a file system that is read-only.
func TestMountedSecrets(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key.pem")
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread has mounts of its own, and ends with this goroutine
		done <- func() error {
			if err := errors.Join(unix.Unshare(unix.CLONE_NEWNS|unix.CLONE_FS),
				unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")); err != nil {
				return errors.Join(errors.ErrUnsupported, err)
			}
			if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
				return errors.Join(errors.ErrUnsupported, err)
			}
			if err := os.WriteFile(path, []byte("key"), 0o444); err != nil {
				return err
			}
			if _, err := readFile(path); err == nil {
				t.Error("it is taken where it can be written")
			}
			if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
				return err
			}
			if data, err := readFile(path); string(data) != "key" || err != nil {
				t.Errorf("mounted read-only: %q, %v", data, err)
			}
			return nil
		}()
	}()
	err := <-done
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("no mounts of its own: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
