package shellcheck

import (
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

// Bounds of one process. ShellCheck itself knows none.
const (
	perProcess = 100             // scripts, each of which takes two open files here
	maxMemory  = 256 << 20       // bytes of private memory that it may write to; real scripts take 20 to 120 MB
	maxAnswer  = 8 << 20         // bytes; it has read what a stranger wrote, so its answer is not trusted
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
	Code      int
	Message   string

	script int // index of the script
}

// firstFile is the number of the first file that a process is handed besides the standard ones.
const firstFile = 3

// ask has one process read the scripts. The remarks are in the order of the code.
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
		return nil, fmt.Errorf("%w: its answer is no JSON", guard.ErrDied)
	}
	for i := range answer.Comments {
		r := &answer.Comments[i]
		n, err := strconv.Atoi(strings.TrimPrefix(r.File, "/dev/fd/"))
		if err != nil || n < firstFile || n >= firstFile+len(scripts) {
			return nil, fmt.Errorf("%w: it reports on the file %.40q", guard.ErrDied, r.File)
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
	out, said := &guard.Output{Most: maxAnswer}, guard.Complaint()
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
	if err := guard.Confine(cmd.Process.Pid, guard.Memory(maxMemory), c.cpu); err != nil {
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
	return out.Bytes(), c.ending(err, out, said)
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

// ending is the error with which a process has ended. Code 1 is that there are findings.
func (c *Checks) ending(err error, out, said *guard.Output) error {
	var exit *exec.ExitError
	switch {
	case out.Over:
		return guard.ErrOutput
	case err == nil, errors.As(err, &exit) && exit.ExitCode() == 1 && len(out.Bytes()) > 0:
		return nil
	}
	return guard.Death(err, string(said.Bytes()), c.cpu)
}
