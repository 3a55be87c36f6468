package shellcheck

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/dfbot/dfbot/review/guard"
)

// Bounds of one process.
const (
	perProcess = 100             // scripts, each of which takes two open files here
	maxAnswer  = 8 << 20         // bytes; its word is not trusted, since it has read what a stranger wrote
	maxTrouble = 4 << 10         // bytes of complaint that are kept
	killDelay  = 2 * time.Second // until a killed process is given up for good
)

// remark is one finding, where the program sees it: lines and columns are 1-based, columns count characters,
// a tab is one, and the end is exclusive.
type remark struct {
	File      string
	Line      int
	Column    int
	EndLine   int
	EndColumn int
	Level     string
	Code      int
	Message   string

	script int // index of the script
}

// firstFile is the number of the first file that a process is handed besides the standard ones.
const firstFile = 3

// ask has one process judge the scripts. What it says is in the order of the code.
func (c *Checks) ask(ctx context.Context, scripts []script) ([]remark, error) {
	args := []string{"--format=json1", "--norc"}
	for i := range scripts {
		args = append(args, fmt.Sprintf("/dev/fd/%d", firstFile+i))
	}
	out, err := c.start(ctx, scripts, args...)
	if err != nil {
		return nil, err
	}
	var answer struct{ Comments []remark }
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("%w: its answer is no JSON", errDied)
	}
	for i := range answer.Comments {
		r := &answer.Comments[i]
		n, err := strconv.Atoi(strings.TrimPrefix(r.File, "/dev/fd/"))
		if err != nil || n < firstFile || n >= firstFile+len(scripts) {
			return nil, fmt.Errorf("%w: it speaks of the file %.40q", errDied, r.File)
		}
		r.script = n - firstFile
	}
	slices.SortStableFunc(answer.Comments, func(a, b remark) int {
		return cmp.Or(cmp.Compare(a.script, b.script), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return answer.Comments, nil
}

// start runs the program and returns what it prints. The scripts are written only when the process has its
// limits, so that none is read without them.
func (c *Checks) start(ctx context.Context, scripts []script, args ...string) ([]byte, error) {
	out, said := &bounded{most: maxAnswer}, &bounded{most: maxTrouble, quiet: true}
	cmd := exec.CommandContext(ctx, c.path, args...)
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = out, said
	guard.Prepare(cmd)
	cmd.Cancel, cmd.WaitDelay = func() error { return guard.Kill(cmd.Process) }, killDelay
	pens, err := pipes(cmd, len(scripts))
	if err == nil {
		err = cmd.Start()
	}
	closeAll(cmd.ExtraFiles)
	if err != nil {
		closeAll(pens)
		return nil, fmt.Errorf("start %s: %w", c.path, err)
	}
	if err := confine(cmd.Process.Pid); err != nil {
		_ = guard.Kill(cmd.Process)
		closeAll(pens)
		_ = cmd.Wait() // how it ended is not news
		return nil, fmt.Errorf("start %s: %w", c.path, err)
	}
	var writers conc.WaitGroup
	for i, pen := range pens {
		writers.Go(func() {
			defer pen.Close()
			_, _ = pen.Write(scripts[i].input()) // one that is not read to its end has met a process that died
		})
	}
	err = guard.Wait(cmd)
	writers.Wait()
	return out.buf.Bytes(), outcome(err, out, said)
}

// pipes makes the process's further files; what is written to the pens comes out of them.
func pipes(cmd *exec.Cmd, n int) ([]*os.File, error) {
	var pens []*os.File
	for range n {
		r, w, err := os.Pipe()
		if err != nil {
			return pens, fmt.Errorf("make a pipe: %w", err)
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, r)
		pens = append(pens, w)
	}
	return pens, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// outcome says how a process has ended. Code 1 is that there are findings.
func outcome(err error, out, said *bounded) error {
	var exit *exec.ExitError
	switch {
	case out.over:
		return errTalks
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.ExitCode() == 1 && out.buf.Len() > 0:
		return nil
	case exit != nil && tired(exit.ProcessState):
		return errOverran
	case ranOut(exit, said.buf.String()):
		return errMemory
	}
	line, _, _ := strings.Cut(said.buf.String(), "\n")
	return fmt.Errorf("%w: %v: %.200s", errDied, err, line)
}

// ranOut reports whether the process had no memory left. The runtime of Haskell ends with 251 then, or says
// so in one of these ways.
func ranOut(exit *exec.ExitError, said string) bool {
	if exit == nil {
		return false
	}
	return exit.ExitCode() == 251 || slices.ContainsFunc(outOfMemory, func(s string) bool { return strings.Contains(said, s) })
}

var outOfMemory = []string{"out of memory", "Heap exhausted", "heap overflow", "Unable to commit", "Cannot allocate memory", "cannot allocate memory"}

// bounded keeps what is written, up to a number of bytes. More is an error, which closes the process's
// output, or is let go where it is quiet.
type bounded struct {
	buf   bytes.Buffer
	most  int
	quiet bool
	over  bool
}

var errFull = errors.New("more than is taken")

func (b *bounded) Write(p []byte) (int, error) {
	room := max(b.most-b.buf.Len(), 0)
	b.buf.Write(p[:min(len(p), room)])
	if len(p) <= room || b.quiet {
		return len(p), nil
	}
	b.over = true
	return room, errFull
}
