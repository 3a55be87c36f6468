package shellcheck

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dfbot/dfbot/review/guard"
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
	return guard.Limit(pid,
		guard.Bound{What: "memory", Resource: unix.RLIMIT_DATA, Most: maxMemory},
		onCPU,
		guard.Bound{What: "core files", Resource: unix.RLIMIT_CORE, Most: 0},
		guard.Bound{What: "written files", Resource: unix.RLIMIT_FSIZE, Most: 0},
	)
}

var onCPU = guard.Bound{What: "CPU time", Resource: unix.RLIMIT_CPU, Most: maxCPU}

// tired reports whether a process was ended because its time on the CPU was up.
func tired(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	most := time.Duration(guard.Most(onCPU)) * time.Second
	return ok && status.Signaled() && state.UserTime()+state.SystemTime() >= most-time.Second
}
