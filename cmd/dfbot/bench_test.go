//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// BenchmarkReview times `dfbot review` over all real files as a whole process, with all rules and
// Docker's build checks and without ShellCheck, beside BuildKit's bare parse of the same files in this
// process: x/buildkit is the ratio in CPU time, that of dfbot's children counted in. MB-peak is the
// memory of the largest of its processes.
func BenchmarkReview(b *testing.B) {
	dir, files := corpusTree(b)
	answered(b, dir, len(files))
	var clock, ours, theirs time.Duration
	var peak int64
	for b.Loop() {
		b.StopTimer()
		theirs += bareParse(files)
		b.StartTimer()
		begun := time.Now()
		_, state := reviewed(b, dir)
		clock += time.Since(begun)
		ours += state.UserTime() + state.SystemTime()
		peak = max(peak, state.SysUsage().(*syscall.Rusage).Maxrss)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x/buildkit")
	b.ReportMetric(clock.Seconds()/float64(b.N), "s")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s-CPU")
	b.ReportMetric(float64(peak)/1024, "MB-peak") // of KiB, as Linux counts
	b.ReportMetric(0, "ns/op")
}

// corpusTree gives each real file a folder of its own, where it is called Dockerfile.
func corpusTree(b *testing.B) (dir string, files [][]byte) {
	if os.Getenv("DFBOT_CORPUS") == "" {
		b.Skip("DFBOT_CORPUS is not set: no real Dockerfiles to read")
	}
	dir = b.TempDir()
	paths, err := filepath.Glob(filepath.Join(corpus(), "*__*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range paths {
		src, err := os.ReadFile(p)
		if err != nil {
			b.Fatal(err)
		}
		folder := filepath.Join(dir, filepath.Base(p))
		if err := errors.Join(os.Mkdir(folder, 0o755),
			os.WriteFile(filepath.Join(folder, "Dockerfile"), src, 0o644)); err != nil {
			b.Fatal(err)
		}
		files = append(files, src)
	}
	return dir, files
}

// answered holds the review to an answer for every file: judged, or skipped with the reason.
func answered(b *testing.B, dir string, files int) {
	out, _ := reviewed(b, dir, "--format", "json")
	var report struct {
		Summary struct{ Dockerfiles, Skipped int }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		b.Fatal(err)
	}
	if n := report.Summary.Dockerfiles + report.Summary.Skipped; n != files {
		b.Fatalf("%d of %d files answered", n, files)
	}
}

// reviewed runs the program, which finds no other program, and returns what it prints.
func reviewed(b *testing.B, dir string, flags ...string) ([]byte, *os.ProcessState) {
	cmd := exec.Command("dfbot", append([]string{"review", "--no-config"}, flags...)...)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
	out, err := cmd.Output()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		b.Fatal(err)
	}
	return out, cmd.ProcessState
}

// bareParse is the CPU time of BuildKit's own parse of the files and their instructions, without the linter.
func bareParse(files [][]byte) time.Duration {
	begun := usage()
	for _, src := range files {
		if res, err := parser.Parse(bytes.NewReader(src)); err == nil {
			_, _, _ = instructions.Parse(res.AST, linter.New(&linter.Config{SkipAll: true}))
		}
	}
	return usage() - begun
}

// usage is the CPU time of this process so far.
func usage() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // getrusage(2): only for arguments that it does not know
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
