package git

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/dfbot/dfbot/review/guard"
)

// Process is a git that stays and answers questions, as `git cat-file --batch` does. It is not for concurrent use.
type Process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	kill context.CancelFunc
}

// Start starts a command of git that answers what it is asked. The caller stops it.
func (r Repo) Start(args ...string) (*Process, error) {
	ctx, kill := context.WithCancel(context.Background())
	p, err := r.start(ctx, args)
	if err != nil {
		kill()
		return nil, fmt.Errorf("start git %s: %w", args[0], err)
	}
	p.kill = kill
	return p, nil
}

func (r Repo) start(ctx context.Context, args []string) (*Process, error) {
	cmd, err := r.command(ctx, args)
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &Process{cmd: cmd, in: in, out: bufio.NewReader(out)}, cmd.Start()
}

// Ask writes a question and has the answer read. After Deadline without one the process is killed, and read fails.
func (p *Process) Ask(question string, read func(*bufio.Reader) error) error {
	timer := time.AfterFunc(Deadline, p.kill)
	defer timer.Stop()
	if _, err := io.WriteString(p.in, question); err != nil {
		return err
	}
	return read(p.out)
}

// Stop ends the process.
func (p *Process) Stop() {
	p.in.Close() // git leaves when its input ends
	timer := time.AfterFunc(time.Second, p.kill)
	defer timer.Stop()
	io.Copy(io.Discard, p.out)
	guard.Wait(p.cmd)
	p.kill()
}
