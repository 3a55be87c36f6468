package buildkit

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"

	"github.com/dfbot/dfbot/review/guard"
)

// process is one child from the parent's side. One request is under way at a time.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	stderr *guard.Output
	used   bool // it has answered before

	mu     sync.Mutex
	reaped bool
}

// start starts a child. Of this process's environment it gets nothing, of its files nothing but three
// pipes.
func start() (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	p := &process{cmd: exec.Command(self), stderr: guard.Complaint()}
	p.cmd.Args = []string{"dfbot: Docker's build checks"} // for those who list processes
	p.cmd.Env = []string{childVariable + "=1", "GOMAXPROCS=1", "GOGC=400"}
	guard.Prepare(p.cmd)
	p.cmd.Stderr = p.stderr
	if p.in, err = p.cmd.StdinPipe(); err == nil {
		p.out, err = p.cmd.StdoutPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start a process for Docker's build checks: %w", err)
	}
	return p, nil
}

// ask sends a request and waits for the answer. Who cannot wait kills the process.
func (p *process) ask(req request) (answer, error) {
	var a answer
	if err := send(p.in, req); err != nil {
		return a, err
	}
	err := receive(p.out, maxAnswer, &a)
	p.used = true
	return a, err
}

// kill ends the process; an ask that waits for it returns with an error. It may be called at any
// time and more than once.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = guard.Kill(p.cmd.Process)
	}
}

// end kills the process and takes its remains away.
func (p *process) end() {
	p.kill()
	p.in.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = guard.Wait(p.cmd) // how it ended is not news
		p.reaped = true
	}
}
