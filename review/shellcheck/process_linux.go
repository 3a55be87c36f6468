package shellcheck

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What a process may take at most. ShellCheck itself knows no bound.
const (
	maxMemory = 256 << 20 // bytes of private memory that it may write to; real scripts take 20 to 120 MB
	maxCPU    = 10        // seconds
)

// confine bounds what the process may take: memory, time on the CPU, and no byte written to a file. Its
// address space is not the measure: the runtime of Haskell reserves a terabyte at its start, and uses it bit by
// bit, which counts as data. Where memory runs out all the same, the system is asked to take this process first.
func confine(pid int) error {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("1000"), 0) // where there is no /proc, so be it
	for _, l := range []struct {
		what  string
		limit int
		most  uint64
	}{
		{"memory", unix.RLIMIT_DATA, maxMemory},
		{"CPU time", unix.RLIMIT_CPU, maxCPU},
		{"core files", unix.RLIMIT_CORE, 0},
		{"written files", unix.RLIMIT_FSIZE, 0},
	} {
		if err := unix.Prlimit(pid, l.limit, &unix.Rlimit{Cur: l.most, Max: l.most}, nil); err != nil {
			return fmt.Errorf("bound %s: %w", l.what, err)
		}
	}
	return nil
}

// tired reports whether a process was ended because its time on the CPU was up.
func tired(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && state.UserTime()+state.SystemTime() >= (maxCPU-1)*time.Second
}

// orphan has the system kill a process whose parent is gone.
func orphan() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
