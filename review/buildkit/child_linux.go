package buildkit

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// confine bounds what the process may take, for good: address space, time on the CPU, and neither
// a file nor a socket beside the pipes that it has. Where memory runs out all the same, the system
// is asked to take this process first.
func confine() error {
	wake()
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // where there is no /proc, so be it
	for _, l := range []struct {
		what  string
		limit int
		most  uint64
	}{
		{"address space", unix.RLIMIT_AS, addressSpace() + childMemory},
		{"CPU time", unix.RLIMIT_CPU, childCPU},
		{"core files", unix.RLIMIT_CORE, 0},
		{"written files", unix.RLIMIT_FSIZE, 0},
		{"open files", unix.RLIMIT_NOFILE, 3},
	} {
		if err := unix.Setrlimit(l.limit, &unix.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return fmt.Errorf("bound %s: %w", l.what, err)
		}
	}
	return nil
}

// addressSpace is what the process has in bytes, nearly all of it reserved by the Go runtime and never
// touched: 1.2 to 1.6 GB, as the program is linked.
func addressSpace() uint64 {
	var pages uint64
	statm, _ := os.ReadFile("/proc/self/statm")
	if _, err := fmt.Sscan(string(statm), &pages); err != nil {
		return 1600 << 20
	}
	return pages * uint64(os.Getpagesize())
}

// tired reports whether the process has worked for so long that a fresh one had better take over.
func tired() bool {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return true
	}
	return time.Duration(u.Utime.Nano()+u.Stime.Nano()) > childTired
}

// orphan has the system kill a child whose parent is gone.
func orphan() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
