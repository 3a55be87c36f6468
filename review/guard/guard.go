// Package guard is for processes that read what a stranger wrote: it gives each its turn, a deadline and bounds on what
// it takes of the machine, and reports why one died. Such a process must never get a file that it is not handed, nor
// outlive dfbot or leave anything running.
package guard

import (
	"os"
	"os/exec"
)

// Prepare makes a command start as a group of its own, which Kill kills, without the files that dfbot itself was
// started with. The system kills the process when dfbot is gone.
func Prepare(cmd *exec.Cmd) {
	keepFiles()
	cmd.SysProcAttr = alone()
}

// Kill kills a process that has been prepared, and what it has started. One that has been waited for is
// os.ErrProcessDone.
func Kill(p *os.Process) error { return killGroup(p) }

// Wait is cmd.Wait for a command that has been prepared. When the process has ended, what it has started is killed
// before its number can go to another process.
func Wait(cmd *exec.Cmd) error {
	endGroup(cmd.Process)
	return cmd.Wait()
}

// Bound is the most that a process may take of something. The zero Bound bounds nothing.
type Bound struct {
	what     string // in words
	resource int    // as the system numbers it
	most     uint64
}

// Self is the process that calls Confine.
const Self = 0

// Confine bounds what the process of that number may take, for good. It may not write files or leave a core file,
// whatever the bounds are. Where memory runs out all the same, the system is asked to take this process first. What is
// already bounded more closely stays so: to raise a limit takes a privilege.
//
// Only Linux has these bounds. Elsewhere the deadline is all that holds; the bot is served on Linux.
func Confine(pid int, bounds ...Bound) error { return confine(pid, bounds) }
