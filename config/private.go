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

// checkFile refuses a file of secrets that is open to every user of the machine. To be open to its group is how a service
// is given a file. What is mounted read-only is taken as it is: so come the secrets of Kubernetes and Docker, for one
// container alone, with modes that nobody in there can change.
func checkFile(f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || readOnly(f) {
		return err
	}
	return private(info, path, "chmod o-rwx ")
}

// checkFolder refuses a data folder that is open to every user of the machine. One that is not there yet is made for dfbot alone.
func checkFolder(path string) error {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return nil // whoever opens the folder says it better
	}
	return private(info, path, "chmod -R o-rwx ")
}

func private(info fs.FileInfo, path, remedy string) error {
	mode := info.Mode().Perm()
	if mode&others == 0 || runtime.GOOS == "windows" { // where the mode says nothing of others
		return nil
	}
	return fmt.Errorf("%s is open to every user of this machine (mode %04o); run %s%s", path, mode, remedy, quoted(path))
}

var plain = regexp.MustCompile(`^[\w./@%+=:,][\w./@%+=:,-]*$`)

// quoted writes a path as a shell reads it.
func quoted(path string) string {
	if plain.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
