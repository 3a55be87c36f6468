// Package shellcheck asks ShellCheck, where that is installed, what it thinks of the shell code in a
// Dockerfile's RUNs.
//
// The program reads what a stranger wrote, so it gets nothing else: no environment, no shell before it, no
// configuration, no file but the pipes through which the scripts come. Its memory, its time on the CPU and
// what it prints are bounded; it is killed when it overruns, and when this process ends. It must never read a
// file that a script names: that takes a flag, which is not given. What it could not check is reported, never
// guessed.
//
// ShellCheck is for people at a prompt, and reports much. What is worth a reviewer's minute is data: the table in
// codes.go. The package knows no rule: it finds the one that has it as its Program in the unit that it is asked about.
package shellcheck

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/dfbot/dfbot/review/guard"
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
	CPU       uint64        // seconds that one process may have; 10 if 0
}

// Checks runs ShellCheck, in one process for a Dockerfile. It keeps none between two, and may be used by
// many goroutines at once.
type Checks struct {
	path  string
	slots *guard.Slots // of the processes that may be at work
	cpu   guard.Bound
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
	if o.CPU == 0 {
		o.CPU = 10
	}
	return &Checks{path: o.Path, slots: guard.NewSlots(o.Processes, o.Deadline, due), cpu: guard.CPU(o.CPU)}
}

// Version is the path and the version of the program, "none" where there is none.
func (c *Checks) Version(ctx context.Context) (string, error) {
	if c == nil {
		return "none", nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.slots.Deadline)
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

// due is what one pull request may have of the processes: an honest Dockerfile takes some tenths of a second.
var due = turns.Due{Time: 90 * time.Second, Failures: 3}

// run has processes read the scripts, when it is the asker's turn. The error is that of guard.Slots, or says that no
// process could be started or what it died of.
func (c *Checks) run(ctx context.Context, who *turns.Asker, scripts []script) (all []remark, err error) {
	err = c.slots.Run(ctx, who, func(ctx context.Context) error {
		for first := 0; first < len(scripts); first += perProcess {
			remarks, err := c.ask(ctx, scripts[first:min(first+perProcess, len(scripts))])
			if err != nil {
				return err
			}
			for _, r := range remarks {
				r.script += first
				all = append(all, r)
			}
		}
		return nil
	})
	return all, err
}
