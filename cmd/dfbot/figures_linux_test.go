package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// What an operator is promised.
const (
	mostMemory = 60 << 10        // KiB, resident and idle
	mostStart  = 1 * time.Second // from the start until a delivery could be stored
)

// keepsFigures measures the start, of a new data folder and of one that is there, and the memory before and after work.
// The machine may be busy with something else, so that the fastest of some starts counts.
func keepsFigures(t *testing.T, s *site) {
	const starts, pulls = 5, 20
	fastest := time.Hour
	for range starts {
		p := s.start()
		t.Logf("ready after %s, memory %d KiB, at most %d KiB", p.ready.Round(time.Millisecond), p.memory("VmRSS"), p.memory("VmHWM"))
		fastest = min(fastest, p.ready)
		if most := p.memory("VmHWM"); most > mostMemory {
			t.Errorf("%d KiB of memory at the start, more than %d", most, mostMemory)
		}
		p.signal(syscall.SIGTERM)
		p.end()
	}
	if fastest > mostStart {
		t.Errorf("ready after %s at best, later than %s", fastest, mostStart)
	}
	p := s.start()
	var all []*githubtest.Pull
	for n := range pulls {
		all = append(all, s.open(n))
	}
	for _, pull := range all {
		s.wait("a review", func() bool { return s.reviewed(pull) })
	}
	s.wait("it is idle", p.idle)
	t.Logf("after %d reviews memory %d KiB, at most %d KiB", pulls, p.memory("VmRSS"), p.memory("VmHWM"))
	if now := p.memory("VmRSS"); now > mostMemory {
		t.Errorf("%d KiB of memory after %d reviews, more than %d", now, pulls, mostMemory)
	}
}

// memory is a line of /proc/PID/status in KiB (proc_pid_status(5)).
func (p *process) memory(name string) (kib int) {
	p.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	p.must(err)
	_, rest, found := strings.Cut(string(status), "\n"+name+":")
	if _, err := fmt.Sscan(rest, &kib); !found || err != nil {
		p.Fatalf("no %s: %v", name, err)
	}
	return kib
}
