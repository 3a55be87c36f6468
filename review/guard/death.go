package guard

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// Why a process gave no answer.
var (
	ErrOverran = errors.New("it takes too long")
	ErrMemory  = errors.New("it takes too much memory")
	ErrOutput  = errors.New("it says too much")
	ErrDied    = errors.New("its process died")
)

// Death is why a process gave no answer, by the error that its caller met and the first that it complained of. One that
// wraps an [exec.ExitError] has overrun where the system ended the process because its time on the CPU, bounded by cpu,
// was up.
func Death(err error, complaint string, cpu Bound) error {
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && spent(exit.ProcessState, cpu):
		return ErrOverran
	case exit != nil && exit.ExitCode() == heapOverflow, ranOut(complaint):
		return ErrMemory
	}
	line, _, _ := strings.Cut(complaint, "\n")
	return fmt.Errorf("%w: %v: %.200s", ErrDied, err, line)
}

// heapOverflow is the exit code of Haskell's runtime where it has no memory left.
const heapOverflow = 251

// ranOut reports whether a complaint is one of a process that has no memory left, in one of the ways of Go and Haskell.
func ranOut(complaint string) bool {
	return slices.ContainsFunc(outOfMemory, func(s string) bool { return strings.Contains(complaint, s) })
}

var outOfMemory = []string{
	"out of memory", "cannot allocate memory", "Cannot allocate memory", "Heap exhausted", "heap overflow",
	"Unable to commit",
}

// Output keeps what a process writes, up to a number of bytes. Its zero value keeps nothing.
type Output struct {
	Most  int
	Quiet bool // more is dropped; otherwise it is an error, which closes the process's output
	Over  bool // there was more, and the Output is not quiet

	buf bytes.Buffer
}

var errFull = errors.New("more than is taken")

// Write is for the process.
func (o *Output) Write(p []byte) (int, error) {
	room := max(o.Most-o.buf.Len(), 0)
	o.buf.Write(p[:min(len(p), room)])
	if len(p) <= room || o.Quiet {
		return len(p), nil
	}
	o.Over = true
	return room, errFull
}

// Bytes is what was kept. The process must have ended.
func (o *Output) Bytes() []byte { return o.buf.Bytes() }

// Complaint makes an Output for what a process says of its own trouble: the first 4 KB.
func Complaint() *Output { return &Output{Most: 4 << 10, Quiet: true} }
