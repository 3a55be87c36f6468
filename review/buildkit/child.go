package buildkit

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/dfbot/dfbot/review/guard"
)

// childVariable marks the process that is to run the checks.
const childVariable = "DFBOT_RUNS_DOCKER_CHECKS"

// What a child may take at most. BuildKit itself knows no bound.
const (
	childMemory = 512 << 20        // bytes of address space besides what the program has at its start
	childHeap   = 64 << 20         // bytes above which its garbage is collected eagerly
	childCPU    = 60               // seconds of CPU in its life, after which the system kills it
	childTired  = 20 * time.Second // of CPU, after which it serves no more
)

// Child serves the checks to the process that started this one, and does not return; in any other
// process it returns at once. It must be the first thing that main does, and TestMain where a test
// uses Checks.
func Child() {
	if os.Getenv(childVariable) == "" {
		return
	}
	wake()
	err := guard.Confine(guard.Self, guard.AddressSpace(childMemory), guard.CPU(childCPU), guard.OpenFiles(3))
	if err != nil {
		fmt.Fprintln(os.Stderr, "dfbot:", err)
		os.Exit(1)
	}
	debug.SetMemoryLimit(childHeap)
	if err := serve(os.Stdin, os.Stdout); err != nil && err != io.EOF {
		fmt.Fprintln(os.Stderr, "dfbot:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve answers requests, one after the other, until the input ends or the process is tired.
func serve(r io.Reader, w io.Writer) error {
	for {
		var req request
		if err := receive(r, maxRequest, &req); err != nil {
			return err
		}
		a := check(context.Background(), req)
		a.Last = guard.Worked() > childTired
		if err := send(w, a); err != nil || a.Last {
			return err
		}
	}
}

// wake starts the parts of the Go runtime that open a file of their own, before no file can be
// opened any more.
func wake() {
	t := time.NewTimer(time.Hour)
	t.Stop()
	runtime.GC()
}
