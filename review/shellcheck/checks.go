// Package shellcheck asks ShellCheck, where that is installed, what it thinks of the shell code in a
// Dockerfile's RUNs.
//
// The program reads what a stranger wrote, so it gets nothing else: no environment, no shell before it, no
// configuration, no file but the pipes through which the scripts come. Its memory, its time on the CPU and
// what it prints are bounded; it is killed when it overruns, and when this process ends. It never reads a
// file that a script names: that takes a flag, which is not given. What it could not judge is said, never
// guessed.
//
// It is a program for people at a prompt, and says much. Which of it is worth a reviewer's minute is data:
// the table in review/rules/shellcheck.go.
package shellcheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/dfbot/dfbot/review/turns"
)

// What is not even tried.
const (
	MaxSize    = 256 << 10 // bytes of all scripts of a Dockerfile
	MaxScripts = 1000      // in a Dockerfile
)

// Options are for a Checks; the zero Options are what dfbot uses.
type Options struct {
	Path      string        // of the program; looked for on PATH if empty
	Deadline  time.Duration // for one Dockerfile; 20 seconds if 0, since the machine may be busy
	Processes int           // at most at once; GOMAXPROCS if 0
}

// Checks runs ShellCheck, in one process for a Dockerfile. It keeps none between two, and may be used by
// many goroutines at once.
type Checks struct {
	path     string
	deadline time.Duration
	turns    *turns.Turns // of the processes that may be at work
}

// New looks for the program and starts nothing. It returns nil, which looks at nothing, where the program is
// not installed, and on Windows, where a process cannot be handed further files.
func New(o Options) *Checks {
	if o.Path == "" {
		o.Path, _ = exec.LookPath("shellcheck")
	}
	if o.Path == "" || runtime.GOOS == "windows" {
		return nil
	}
	if o.Deadline == 0 {
		o.Deadline = 20 * time.Second
	}
	if o.Processes == 0 {
		o.Processes = runtime.GOMAXPROCS(0)
	}
	return &Checks{path: o.Path, deadline: o.Deadline, turns: turns.New(o.Processes, due)}
}

// Version is the path and the version of the program, "none" where there is none.
func (c *Checks) Version(ctx context.Context) (string, error) {
	if c == nil {
		return "none", nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	out, err := c.start(ctx, nil, "--version")
	if err != nil {
		return c.path, fmt.Errorf("ask %s for its version: %w", c.path, err)
	}
	for line := range strings.Lines(string(out)) {
		if version, ok := strings.CutPrefix(line, "version:"); ok {
			return c.path + " " + strings.TrimSpace(version), nil
		}
	}
	return c.path, fmt.Errorf("ask %s for its version: it is no ShellCheck", c.path)
}

// Why there is no answer.
var (
	errOverran = errors.New("it takes too long")
	errMemory  = errors.New("it takes too much memory")
	errTalks   = errors.New("it says too much")
	errDied    = errors.New("the process died of it")
)

// due is what one pull request may have of the processes: an honest Dockerfile takes some tenths of a second.
var due = turns.Due{Time: 90 * time.Second, Failures: 3}

// run has processes judge the scripts, when it is the asker's turn. The error is ctx's where that has ended, else it wraps one of the
// errors above or of package turns, or says that no process could be started.
func (c *Checks) run(ctx context.Context, who *turns.Asker, scripts []script) (all []remark, err error) {
	refused := c.turns.Do(ctx, who, func() bool {
		all, err = c.judge(ctx, scripts)
		return err != nil
	})
	return all, cmp.Or(refused, err)
}

// judge is run in the asker's turn.
func (c *Checks) judge(ctx context.Context, scripts []script) ([]remark, error) {
	limited, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	var all []remark
	for first := 0; first < len(scripts); first += perProcess {
		part := scripts[first:min(first+perProcess, len(scripts))]
		remarks, err := c.ask(limited, part)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && limited.Err() != nil:
			return nil, errOverran
		case err != nil:
			return nil, err
		}
		for _, r := range remarks {
			r.script += first
			all = append(all, r)
		}
	}
	return all, nil
}
