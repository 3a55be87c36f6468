//go:build !linux

package guard

import (
	"os"
	"syscall"
	"time"
)

// Elsewhere than on Linux a process is killed alone, and its deadline is all that bounds it. The bot is served on
// Linux.

func keepFiles() {}

func alone() *syscall.SysProcAttr { return nil }

func killGroup(p *os.Process) error { return p.Kill() }

func endGroup(*os.Process) {}

func confine(int, []Bound) error { return nil }

// Memory bounds nothing here.
func Memory(uint64) Bound { return Bound{} }

// AddressSpace bounds nothing here.
func AddressSpace(uint64) Bound { return Bound{} }

// CPU bounds nothing here.
func CPU(uint64) Bound { return Bound{} }

// OpenFiles bounds nothing here.
func OpenFiles(uint64) Bound { return Bound{} }

// Worked is not known here.
func Worked() time.Duration { return 0 }

func spent(*os.ProcessState, Bound) bool { return false }
