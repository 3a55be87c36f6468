package guard

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// keepFiles marks all files of this process, but the standard ones, as not to be handed on. Go opens its files so; those that
// dfbot's own parent has left open are not.
func keepFiles() {
	const first = 3
	if unix.CloseRange(first, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	files, _ := os.ReadDir("/proc/self/fd") // before Linux 5.11
	for _, f := range files {
		if n, err := strconv.Atoi(f.Name()); err == nil && n >= first {
			syscall.CloseOnExec(n)
		}
	}
}

func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func killGroup(p *os.Process) error {
	if err := p.Signal(syscall.Signal(0)); err != nil {
		return err // it has been waited for, so its number may be another's
	}
	if err := syscall.Kill(-p.Pid, syscall.SIGKILL); err != syscall.ESRCH {
		return err
	}
	return os.ErrProcessDone
}

// endGroup waits until the process has ended, and kills its group while the system still keeps its number.
func endGroup(p *os.Process) {
	for unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	_ = killGroup(p) // there may be nobody left
}

// Limit bounds what the process of that number may take, for good; 0 is this process. What is bounded more closely already
// stays so: to raise a limit takes a privilege.
func Limit(pid int, bounds ...Bound) error {
	for _, b := range bounds {
		var present unix.Rlimit
		if err := unix.Prlimit(pid, b.Resource, nil, &present); err != nil {
			return fmt.Errorf("bound %s: %w", b.What, err)
		}
		most := min(b.Most, present.Max)
		if err := unix.Prlimit(pid, b.Resource, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
			return fmt.Errorf("bound %s: %w", b.What, err)
		}
	}
	return nil
}

// Most is what a bound comes to for a process that this one starts.
func Most(b Bound) uint64 {
	var present unix.Rlimit
	if unix.Getrlimit(b.Resource, &present) != nil {
		return b.Most
	}
	return min(b.Most, present.Max)
}
