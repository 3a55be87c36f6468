package config

import (
	"os"

	"golang.org/x/sys/unix"
)

// readOnly reports whether the file is on a file system that is mounted read-only.
func readOnly(f *os.File) bool {
	var s unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &s) == nil && s.Flags&unix.ST_RDONLY != 0
}
