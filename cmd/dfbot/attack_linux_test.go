package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/attack"
)

// What one Dockerfile of at most 1 MiB may cost the main process, in a repository of a hundred thousand files.
const (
	mostAttackCPU    = 2 * time.Second
	mostAttackMemory = 300 << 10 // KiB
	attackTree       = 100_000
	attackPatience   = 30 * time.Second // by the clock, for one run
	attackShown      = 60               // rows
)

// attackSizes are the sizes at which each shape is tried.
var attackSizes = []int{1 << 10, 32 << 10, 256 << 10, 1 << 20}

// attacked is what a run has cost the main process, without its children.
type attacked struct {
	shape  string
	size   int
	cpu    time.Duration
	kib    int // resident, at most
	killed bool
}

// over is how far the run is over a limit: 1 is at it.
func (a attacked) over() float64 {
	if a.killed {
		return 1000
	}
	return max(float64(a.cpu)/float64(mostAttackCPU), float64(a.kib)/mostAttackMemory)
}

// TestAttack runs the shapes that DFBOT_ATTACK, a regular expression, matches through the program, and prints a table
// of the worst. DFBOT_ATTACK_TIME bounds how long it goes on; what it has not come to, it names.
func TestAttack(t *testing.T) {
	pattern := os.Getenv("DFBOT_ATTACK")
	if pattern == "" {
		t.Skip("set DFBOT_ATTACK to the shapes to try, as `make attack` does")
	}
	shapes, err := attack.Matching(pattern)
	if err != nil {
		t.Fatal(err)
	}
	patience, err := time.ParseDuration(cmp.Or(os.Getenv("DFBOT_ATTACK_TIME"), "30m"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := newAttacker(t)
	var all []attacked
	skipped := 0
	for _, s := range append(shapes, harmless) {
		var last map[string]string
		for _, size := range attackSizes {
			files := s.Make(size)
			switch {
			case maps.Equal(files, last): // it is at its largest already
			case ctx.Err() != nil:
				skipped++
			default:
				all = append(all, r.run(s, size, files))
			}
			last = files
		}
	}
	slices.SortStableFunc(all, func(a, b attacked) int { return cmp.Compare(b.over(), a.over()) })
	fmt.Printf("%-28s %8s %8s %8s\n", "shape", "KiB", "CPU s", "MB")
	for i, a := range all {
		if i >= attackShown && a.over() <= 1 {
			break
		}
		remark := ""
		switch {
		case a.killed:
			remark = "  killed"
		case a.over() > 1:
			remark = "  over"
		}
		fmt.Printf("%-28s %8d %8.2f %8d%s\n", a.shape, a.size>>10, a.cpu.Seconds(), a.kib>>10, remark)
		if a.over() > 1 {
			t.Errorf("%s of %d KiB: %.2f s, %d MB", a.shape, a.size>>10, a.cpu.Seconds(), a.kib>>10)
		}
	}
	if skipped > 0 {
		t.Errorf("%d runs were left out: the time is over", skipped)
	}
}

// harmless tells what the tree itself costs.
var harmless = attack.Shape{Name: "(harmless)", Tree: true, Make: func(int) map[string]string {
	return map[string]string{"Dockerfile": "FROM scratch\nCOPY . .\n"}
}}

// attacker runs the program.
type attacker struct {
	*testing.T
	bin  string
	tree string // a folder with very many files
}

func newAttacker(t *testing.T) *attacker {
	r := &attacker{T: t, bin: filepath.Join(t.TempDir(), "dfbot"), tree: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", r.bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range attack.Tree(attackTree) {
		r.write(r.tree, p, "")
	}
	return r
}

func (r *attacker) write(root, path, text string) {
	file := filepath.Join(root, path)
	err := os.WriteFile(file, []byte(text), 0o644)
	if err != nil {
		if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			err = os.WriteFile(file, []byte(text), 0o644)
		}
	}
	if err != nil {
		r.Fatal(err)
	}
}

// run runs the program on the files, beside the tree where the shape wants one.
func (r *attacker) run(s attack.Shape, size int, files map[string]string) attacked {
	root := r.tree
	if !s.Tree {
		root = r.TempDir()
	}
	for p, text := range files {
		r.write(root, p, text)
	}
	defer func() {
		for p := range files {
			os.Remove(filepath.Join(root, p))
		}
	}()
	a := attacked{shape: s.Name, size: size}
	ctx, cancel := context.WithTimeout(r.Context(), attackPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.bin, "review", "--color", "never", root)
	cmd.Dir = root
	if err := cmd.Start(); err != nil {
		r.Fatal(err)
	}
	pid := cmd.Process.Pid
	// until it has ended, and before it is waited for: then nothing is known of it but with its children
	for !a.sample(pid) {
		time.Sleep(5 * time.Millisecond)
	}
	cmd.Wait()
	a.killed = ctx.Err() != nil
	return a
}

// sample reads what the process has cost so far (proc_pid_stat(5), proc_pid_status(5)), and reports whether it has
// ended.
func (a *attacked) sample(pid int) bool {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if _, rest, ok := strings.Cut(string(status), "\nVmHWM:"); ok {
		var kib int
		fmt.Sscan(rest, &kib)
		a.kib = max(a.kib, kib)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	a.cpu = time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100 on Linux
	return fields[0] == "Z"
}
