package config

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// others are the permissions of those who are neither the owner nor in the group.
const others = 0o007

// checkFile refuses a file of secrets that every user of the machine can open. Its group may open it, because that is
// how services share files. A read-only mount is accepted as it is: Kubernetes and Docker mount secrets like that for
// one container, and no one in the container can change their modes.
func checkFile(f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || readOnly(f) {
		return err
	}
	return private(info, path, "chmod o-rwx ")
}

// checkFolder refuses a data folder that every user of the machine can open. dfbot makes a missing folder for itself
// alone.
func checkFolder(path string) error {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return nil // opening the folder gives a better error
	}
	return private(info, path, "chmod -R o-rwx ")
}

func private(info fs.FileInfo, path, remedy string) error {
	mode := info.Mode().Perm()
	if mode&others == 0 || runtime.GOOS == "windows" { // Windows has no such modes
		return nil
	}
	return fmt.Errorf("%s is open to every user of this machine (mode %04o); run %s%s",
		path, mode, remedy, quoted(path))
}

var plain = regexp.MustCompile(`^[\w./@%+=:,][\w./@%+=:,-]*$`)

// quoted writes a path as a shell reads it.
func quoted(path string) string {
	if plain.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
