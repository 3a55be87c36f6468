package buildkit

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dfbot/dfbot/review/guard"
)

// confine bounds what the process may take, for good: address space, time on the CPU, and neither
// a file nor a socket beside the pipes that it has. Where memory runs out all the same, the system
// is asked to take this process first.
func confine() error {
	wake()
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // where there is no /proc, so be it
	return guard.Limit(0,
		guard.Bound{What: "address space", Resource: unix.RLIMIT_AS, Most: addressSpace() + childMemory},
		guard.Bound{What: "CPU time", Resource: unix.RLIMIT_CPU, Most: childCPU},
		guard.Bound{What: "core files", Resource: unix.RLIMIT_CORE, Most: 0},
		guard.Bound{What: "written files", Resource: unix.RLIMIT_FSIZE, Most: 0},
		guard.Bound{What: "open files", Resource: unix.RLIMIT_NOFILE, Most: 3},
	)
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
