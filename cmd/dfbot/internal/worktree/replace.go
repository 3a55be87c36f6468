package worktree

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Replace writes new over the file of that name in one step: anyone who reads it sees the old bytes
// or the new ones. It keeps the mode. It refuses a symbolic link, a file that may not be written,
// and one that does not hold the old bytes any more.
// Its errors do not name the file.
func Replace(name string, old, new []byte) error {
	info, err := os.Lstat(name)
	switch {
	case err != nil:
		return fmt.Errorf("cannot be written: %w", cause(err))
	case info.Mode()&os.ModeSymlink != 0:
		return errors.New("cannot be written: it is a symbolic link")
	case !info.Mode().IsRegular():
		return errors.New("cannot be written: it is not a regular file")
	}
	if err := unchanged(name, old); err != nil {
		return fmt.Errorf("cannot be written: %w", err)
	}
	if err := swap(name, info.Mode().Perm(), new); err != nil {
		return fmt.Errorf("cannot be written: %w", cause(err))
	}
	return nil
}

// unchanged opens the file for writing, as an editor would, and compares it with what was read.
func unchanged(name string, old []byte) error {
	f, err := os.OpenFile(name, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return cause(err)
	}
	defer f.Close()
	now, err := content(f)
	if err == nil && !bytes.Equal(now, old) {
		err = errors.New("it was changed in the meantime")
	}
	return err
}

// swap writes a file beside the old one and moves it into its place.
func swap(name string, mode os.FileMode, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(tmp.Name()))
	}
	return err
}
