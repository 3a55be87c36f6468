// Package guard is for processes that read what a stranger wrote. Such a process gets no file that it is not handed, may take
// only so much of the machine, and ends with everything it has started: when it is done, when its time is up, and when dfbot ends.
package guard

import (
	"os"
	"os/exec"
)

// Prepare makes a command start as a group of its own, which Kill kills, without the files that dfbot itself was started with. The
// system kills the process when dfbot is gone.
func Prepare(cmd *exec.Cmd) {
	keepFiles()
	cmd.SysProcAttr = alone()
}

// Kill kills a process that has been prepared, and what it has started. One that has been waited for is os.ErrProcessDone.
func Kill(p *os.Process) error { return killGroup(p) }

// Wait is cmd.Wait for a command that has been prepared. When the process has ended, what it has started is killed before
// its number can go to another process.
func Wait(cmd *exec.Cmd) error {
	endGroup(cmd.Process)
	return cmd.Wait()
}

// Bound is the most that a process may take of something.
type Bound struct {
	What     string // in words
	Resource int    // as the system numbers it
	Most     uint64
}
