package app_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/review/attack"
	"github.com/dfbot/dfbot/review/rulebook"
)

// mostPullCPU is what a pull request may cost, whatever is in it.
const mostPullCPU = 20 * time.Second

// TestAttackPull reviews a pull request of 200 hostile Dockerfiles of all shapes, with the whole App and without
// Docker's checks, which are processes of their own. The stand-in is in the same process: a pull request of as many
// harmless bytes tells what it costs.
func TestAttackPull(t *testing.T) {
	pattern := os.Getenv("DFBOT_ATTACK")
	if pattern == "" {
		t.Skip("set DFBOT_ATTACK to the shapes to try, as `make attack` does")
	}
	shapes, err := attack.Matching(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(shapes) == 0 {
		t.Skip("DFBOT_ATTACK matches no shape")
	}
	harmless := func(int, int) string {
		return strings.Repeat("# "+strings.Repeat("x", 997)+"\n", 160) + "FROM scratch\n"
	}
	hostile := func(from, i int) string { return dockerfileOf(shapes[(from+i)%len(shapes)], 160<<10) }
	base, baseMemory, _ := reviewed(t, harmless, 0)
	type row struct {
		name   string
		cpu    time.Duration
		mb     int
		unread bool
	}
	rows := []row{{"(200 harmless files)", base, baseMemory, false}}
	for from := 0; from < len(shapes); from += 200 {
		cpu, mb, summary := reviewed(t, hostile, from)
		name := fmt.Sprintf("(200 files of all shapes, %d)", from/200+1)
		rows = append(rows, row{name, cpu, mb, strings.Contains(summary, "used up the work that dfbot does for one")})
		if cpu-base > mostPullCPU {
			t.Errorf("%s: %.1f s", name, (cpu - base).Seconds())
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(b.cpu, a.cpu) })
	for _, r := range rows {
		fmt.Printf("%-28s %8s %8.2f %8d  files left out: %t\n", r.name, "", r.cpu.Seconds(), r.mb, r.unread)
	}
}

// dockerfileOf is the Dockerfile of a shape.
func dockerfileOf(s attack.Shape, size int) string {
	files := s.Make(size)
	for _, p := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(p, "Dockerfile") {
			return files[p]
		}
	}
	panic(s.Name + " has no Dockerfile")
}

// reviewed reviews 200 Dockerfiles, and returns what that has cost the process and what the check run says.
func reviewed(t *testing.T, file func(from, i int) string, from int) (time.Duration, int, string) {
	w := newWorld(t, githubtest.Options{})
	w.rules = rulebook.All()
	w.app = w.bot()
	before, after := map[string]string{}, map[string]string{}
	for _, p := range attack.Tree(20_000) {
		before[p] = ""
	}
	for i := range 200 {
		after[fmt.Sprintf("Dockerfile.%03d", i)] = file(from, i)
	}
	start := processCPU(t)
	_, run := review(w, before, after)
	var usage syscall.Rusage
	w.must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return processCPU(t) - start, int(usage.Maxrss >> 10), run.Summary
}

func processCPU(t *testing.T) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
