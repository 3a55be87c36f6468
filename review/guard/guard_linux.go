package guard

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepFiles marks all files of this process, but the standard ones, as not to be handed on. Go opens its files so;
// those that dfbot's own parent has left open are not.
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
	_ = killGroup(p) // none may be left
}

func confine(pid int, bounds []Bound) error {
	name := strconv.Itoa(pid)
	if pid == Self {
		name = "self"
	}
	_ = os.WriteFile("/proc/"+name+"/oom_score_adj", []byte("1000"), 0) // where there is no /proc, the limits are all
	nothing := []Bound{{"core files", unix.RLIMIT_CORE, 0}, {"written files", unix.RLIMIT_FSIZE, 0}}
	return limit(pid, append(nothing, bounds...))
}

// limit sets limits, but raises none.
func limit(pid int, bounds []Bound) error {
	for _, b := range bounds {
		if b.what == "" {
			continue
		}
		var present unix.Rlimit
		if err := unix.Prlimit(pid, b.resource, nil, &present); err != nil {
			return fmt.Errorf("bound %s: %w", b.what, err)
		}
		most := min(b.most, present.Max)
		if err := unix.Prlimit(pid, b.resource, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
			return fmt.Errorf("bound %s: %w", b.what, err)
		}
	}
	return nil
}

// Memory bounds private memory that the process may write to, in bytes. It is the measure for a runtime that reserves
// address space without end, such as Haskell's, which takes a terabyte at its start.
func Memory(bytes uint64) Bound { return Bound{"memory", unix.RLIMIT_DATA, bytes} }

// AddressSpace bounds address space, in bytes beyond what this process has: nearly all of that is reserved by the Go
// runtime and never touched, 1.2 to 1.6 GB as the program is linked.
func AddressSpace(more uint64) Bound {
	var pages uint64
	own := uint64(1600 << 20)
	statm, _ := os.ReadFile("/proc/self/statm")
	if _, err := fmt.Sscan(string(statm), &pages); err == nil {
		own = pages * uint64(os.Getpagesize())
	}
	return Bound{"address space", unix.RLIMIT_AS, own + more}
}

// CPU bounds time on the CPU.
func CPU(seconds uint64) Bound { return Bound{"CPU time", unix.RLIMIT_CPU, seconds} }

// OpenFiles bounds the number of files that are open at once.
func OpenFiles(n uint64) Bound { return Bound{"open files", unix.RLIMIT_NOFILE, n} }

// Worked is the time that this process has had on the CPU; endless where the system does not say.
func Worked() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return math.MaxInt64
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// spent reports whether a process was ended because its time on the CPU was up. It may have inherited a closer bound.
func spent(state *os.ProcessState, cpu Bound) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || cpu.what == "" {
		return false
	}
	most := cpu.most
	var present unix.Rlimit
	if unix.Getrlimit(cpu.resource, &present) == nil {
		most = min(most, present.Max)
	}
	return state.UserTime()+state.SystemTime() >= time.Duration(most)*time.Second-time.Second
}
