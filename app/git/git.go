// Package git starts git; nothing else in dfbot does. It must never start a command that could run a program which a
// repository names, or that reaches the network.
//
// A repository can name programs for git to run: in its configuration (a file system monitor, hooks, filters, differs,
// a pager, a credential helper, a transport), and by leaving out objects, which git then fetches from wherever the
// configuration says. A clone brings none of that along, but an unpacked archive, a shared folder or a cache does. This
// package turns it off, so that reading a repository starts no program but git:
//
//   - git runs with a separate environment, without the caller's GIT_ variables and settings;
//   - settings of the repository that name a program or lead to other files are overridden;
//   - missing objects are not fetched, and no transport is allowed;
//   - in a repository that dfbot did not make, only commands run that read no file through a filter or a differ;
//   - each command has a deadline, after which it is killed with everything it started.
//
// Every guard holds from git 2.31 on, which is why an older git is not used. Two of them are stronger in newer
// versions: GIT_CONFIG_GLOBAL counts since 2.32 (before it, HOME leads to no settings either), and GIT_NO_LAZY_FETCH
// since 2.39.4 and 2.45.1 (before them, git tries to fetch and is refused by GIT_ALLOW_PROTOCOL, which overrides the
// repository's protocol.NAME.allow).
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dfbot/dfbot/review/guard"
)

// Deadline is the longest that one command, or one answer of a Process, may take.
const Deadline = 30 * time.Second

// Errors of Find and Init.
var (
	ErrMissing = errors.New("git is not on the PATH")
	ErrNone    = errors.New("not a git repository")
)

// StuckError is that git does not come to an end in a repository.
type StuckError struct{ Reason string }

func (e *StuckError) Error() string { return e.Reason }

// Blocks reports whether a program that opens a file of that type may wait for ever, or have an effect on a device.
func Blocks(mode fs.FileMode) bool {
	return mode&(fs.ModeNamedPipe|fs.ModeDevice|fs.ModeCharDevice|fs.ModeIrregular) != 0
}

// Repo is one repository. The zero Repo runs no command.
type Repo struct {
	Top  string   // absolute path of the work tree, or of the repository itself where it is bare
	vars []string // by which git finds the repository
	made bool     // by dfbot, which trusts its configuration
}

// Find returns the repository that the folder path belongs to, or an error that is ErrNone. Nothing of it runs, no
// matter who owns it, so git's own check of the owner is not needed, and git gets the repository's path instead of
// finding it.
func Find(path string) (Repo, error) {
	if err := usable(); err != nil {
		return Repo{}, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return Repo{}, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return Repo{}, err
	}
	for at := path; ; at = filepath.Dir(at) {
		dir := filepath.Join(at, ".git")
		if _, err := os.Lstat(dir); err == nil {
			return Repo{Top: at, vars: []string{"GIT_DIR=" + dir, "GIT_WORK_TREE=" + at}}, readable(dir)
		}
		if isBare(at) {
			return Repo{Top: at, vars: []string{"GIT_DIR=" + at}}, readable(at)
		}
		if at == filepath.Dir(at) {
			return Repo{}, fmt.Errorf("%s is %w", path, ErrNone)
		}
	}
}

// isBare reports whether the folder holds what makes a folder a repository for git.
func isBare(dir string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// readable reports what in a repository would block git, where git looks first: in its folder and in two below it. At
// anything else, git is stopped by its deadline.
func readable(dir string) error {
	names := []string{dir}
	for _, below := range []string{"", "info", "objects/info"} {
		entries, _ := os.ReadDir(filepath.Join(dir, below)) // git says it better, where it cannot be read
		for _, e := range entries {
			names = append(names, filepath.Join(dir, below, e.Name()))
		}
	}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && Blocks(info.Mode()) {
			return &StuckError{Reason: name + " is not a regular file"}
		}
	}
	return nil
}

// Init makes an empty bare repository in the folder dir, which need not exist.
func Init(dir string) (Repo, error) {
	if err := usable(); err != nil {
		return Repo{}, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Repo{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Repo{}, err
	}
	r := Repo{Top: dir, vars: []string{"GIT_DIR=" + dir}, made: true}
	_, err = r.Output(context.Background(), nil, "init", "--quiet", "--bare", "--template=")
	return r, err
}

// Made is the folder dir of a repository that dfbot has made or is about to make. No repository above it counts.
func Made(dir string) Repo {
	return Repo{Top: dir, vars: []string{"GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir)}, made: true}
}

// reads names the commands that run in a repository which dfbot did not make. They read the index, references and
// objects, and look which files there are; none reads a file through a filter, shows a difference or writes.
var reads = map[string]bool{
	"cat-file": true, "check-ref-format": true, "diff-tree": true, "for-each-ref": true, "ls-files": true,
	"ls-tree": true, "merge-base": true, "rev-list": true, "rev-parse": true, "symbolic-ref": true,
}

// Output runs a command of git with that input and returns what it prints.
func (r Repo) Output(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, Deadline,
		&StuckError{Reason: fmt.Sprintf("it took more than %v", Deadline)})
	defer cancel()
	cmd, err := r.command(ctx, args)
	if err != nil {
		return nil, err
	}
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &errs
	if err = cmd.Start(); err == nil {
		err = guard.Wait(cmd)
	}
	switch said := strings.TrimSpace(errs.String()); {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git %s: %w", args[0], context.Cause(ctx))
	case said != "":
		return nil, fmt.Errorf("git %s: %s", args[0], said)
	}
	return nil, fmt.Errorf("git %s: %w", args[0], err)
}

// command is the one place where git is started from. The process is the first of its group; when ctx ends the group is
// killed.
func (r Repo) command(ctx context.Context, args []string) (*exec.Cmd, error) {
	switch {
	case r.Top == "":
		return nil, ErrNone
	case !r.made && (!reads[args[0]] || args[0] == "cat-file" && !slices.Equal(args[1:], []string{"--batch"})):
		return nil, fmt.Errorf("git %s does not run in a repository of others", args[0])
	}
	cmd := exec.CommandContext(ctx, "git", append(settings(), withoutDiffers(args)...)...)
	cmd.Dir, cmd.Env = r.Top, append(Environ(), r.vars...)
	cmd.WaitDelay = time.Second
	guard.Prepare(cmd)
	cmd.Cancel = func() error { return guard.Kill(cmd.Process) }
	return cmd, nil
}

// withoutDiffers adds to a command that compares files that no program does it.
func withoutDiffers(args []string) []string {
	if args[0] != "diff" && args[0] != "diff-tree" {
		return args
	}
	return append([]string{args[0], "--no-ext-diff", "--no-textconv"}, args[1:]...)
}

// settings override those of the repository, wherever it or a file that it includes makes them.
func settings() []string {
	args := []string{"--no-pager"}
	for _, setting := range []string{
		"core.fsmonitor=", // not false, of which git before 2.36 thinks that it is a program
		"core.hooksPath=" + os.DevNull,
		"core.attributesFile=" + os.DevNull,
		"core.excludesFile=" + os.DevNull,
		"core.pager=cat",
		"credential.helper=",
		"gc.auto=0",
		"log.showSignature=false",
		"protocol.allow=never",
		"submodule.recurse=false",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// Environ returns the environment in which git runs: what a process needs to run at all, and variables that keep git
// from prompting, from fetching, and from reading settings other than the repository's.
func Environ() []string {
	var env []string
	for _, name := range []string{"PATH", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return append(env,
		"HOME="+os.DevNull, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_ATTR_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=false", "GIT_SSH_COMMAND=false",
		"GIT_EDITOR=false", "GIT_SEQUENCE_EDITOR=false", "GIT_PAGER=cat",
	)
}

// oldest is the first version of git that is used: it has rev-parse --path-format, and all guards hold in it.
var oldest = [2]int{2, 31}

// usable reports why git cannot be used, where it cannot.
var usable = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), Deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "version")
	guard.Prepare(cmd)
	cmd.Env = Environ()
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return ErrMissing
	}
	if err != nil {
		return fmt.Errorf("git version: %w", err)
	}
	return checkVersion(string(out))
})

// checkVersion reads what `git version` prints.
func checkVersion(said string) error {
	var have [2]int
	if _, err := fmt.Sscanf(said, "git version %d.%d", &have[0], &have[1]); err != nil {
		return fmt.Errorf("git version: unexpected answer %q", said)
	}
	if have[0] < oldest[0] || have[0] == oldest[0] && have[1] < oldest[1] {
		return fmt.Errorf("git %d.%d is too old: dfbot needs %d.%d or newer", have[0], have[1], oldest[0], oldest[1])
	}
	return nil
}
