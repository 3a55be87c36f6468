package main

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// TestImage does what the Dockerfile does with what .dockerignore lets through, short of the containers: the sources
// suffice for a static binary, and it keeps the promised figures.
func TestImage(t *testing.T) {
	if number(t, "DFBOT_IMAGE", 0) == 0 {
		t.Skip("builds the whole program and measures it: run make image")
	}
	context := t.TempDir()
	copyContext(t, context)
	binary := filepath.Join(t.TempDir(), "dfbot")
	build(t, filepath.Join(context, "cmd", "dfbot"), binary)
	program, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the binary needs a dynamic linker, which the image does not have")
	}
	if out, err := exec.CommandContext(t.Context(), binary, "version").Output(); err != nil ||
		!strings.HasPrefix(string(out), "dfbot v9.9.9 ") {
		t.Errorf("%s %v", out, err)
	}
	keepsFigures(t, newSite(t, binary))
}

// copyContext copies the build context of the image.
func copyContext(t *testing.T, to string) {
	t.Helper()
	ignored := ignoredFiles(t)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		rel, err := filepath.Rel(root, name)
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if hidden, err := ignored.MatchesOrParentMatches(filepath.ToSlash(rel)); err != nil || hidden {
			return err
		}
		return copyFile(name, filepath.Join(to, rel))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// build builds the program in a folder with the flags of the image.
func build(t *testing.T, dir, binary string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w -X main.release=v9.9.9", "-o",
		binary, ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
}

// keepsFigures measures the start, of a new data folder and of one that is there, and the memory before and after work.
// The machine may be busy with something else, so that the fastest of some starts counts.
func keepsFigures(t *testing.T, s *site) {
	const starts, pulls = 5, 20
	fastest := time.Hour
	for range starts {
		p := s.start()
		t.Logf("ready after %s, memory %d KiB, at most %d KiB", p.ready.Round(time.Millisecond), p.memory("VmRSS"),
			p.memory("VmHWM"))
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
