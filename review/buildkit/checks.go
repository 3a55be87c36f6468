// Package buildkit asks BuildKit's own code what it thinks of a Dockerfile: Docker's build checks,
// run by the linter that Docker itself runs.
//
// That code expands variables without a bound and ignores its context: 505 bytes of Dockerfile can
// keep it busy for hours and take all memory. So it runs in children of this program, whose address
// space, CPU time and open files the system bounds, and which are killed and replaced when they
// overrun or die. What a child could not check is reported, never guessed.
//
// It must never reach a network or read a file; see gateway. It knows no rule: it finds those that have
// it as their Program in the unit that it is asked about.
package buildkit

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/dfbot/dfbot/review/guard"
	"github.com/dfbot/dfbot/review/turns"
)

// What is not even tried: the conversion takes time with the square of the instructions.
const (
	MaxSize         = 256 << 10 // bytes of a Dockerfile
	MaxInstructions = 1000
)

// Options are for a Checks; the zero Options are what dfbot uses.
type Options struct {
	Deadline time.Duration // for one Dockerfile, the start of a child included; 5 seconds if 0
	Idle     time.Duration // after which a child without work is ended; 2 minutes if 0
	Children int           // at most; GOMAXPROCS if 0
}

// Checks runs Docker's build checks in a few children. They are started when they are needed, serve
// one Dockerfile after the other, and are ended when nothing has come for a while. A Checks may be
// used by many goroutines at once; who made it closes it.
type Checks struct {
	rest  time.Duration
	slots *guard.Slots // of the children that may be at work

	mu    sync.Mutex
	idle  []resting // the longest first
	sweep *time.Timer
	once  sync.Once
}

// resting is a child without work.
type resting struct {
	*process
	since time.Time
}

// New starts nothing yet.
func New(o Options) *Checks {
	if o.Deadline == 0 {
		o.Deadline = 5 * time.Second
	}
	if o.Idle == 0 {
		o.Idle = 2 * time.Minute
	}
	if o.Children == 0 {
		o.Children = runtime.GOMAXPROCS(0)
	}
	return &Checks{rest: o.Idle, slots: guard.NewSlots(o.Children, o.Deadline, due)}
}

// due is what one pull request may have of the children: an honest Dockerfile takes some hundredths of a second.
var due = turns.Due{Time: 30 * time.Second, Failures: 3}

// run has a child answer the request, when it is the asker's turn. The error is that of guard.Slots, or says that no
// child could be started or what it died of.
func (c *Checks) run(ctx context.Context, who *turns.Asker, req request) (a answer, err error) {
	err = c.slots.Run(ctx, who, func(ctx context.Context) (err error) {
		a, err = c.answer(ctx, req)
		return err
	})
	return a, err
}

// answer is run in the asker's turn. A child that has served before may have died of its past: then a fresh one
// decides.
func (c *Checks) answer(ctx context.Context, req request) (answer, error) {
	for {
		p, err := c.take()
		if err != nil {
			return answer{}, err
		}
		old := p.used
		a, err := c.ask(ctx, p, req)
		if err == nil || !old || ctx.Err() != nil {
			return a, err
		}
	}
}

// ask hands the request to the child. It keeps the child for later, or ends it where it cannot serve again.
func (c *Checks) ask(ctx context.Context, p *process, req request) (answer, error) {
	stop := context.AfterFunc(ctx, p.kill)
	a, err := p.ask(req)
	if alive := stop(); alive && err == nil && !a.Last {
		c.put(p)
		return a, nil
	}
	p.end()
	if err == nil {
		return a, nil
	}
	return a, guard.Death(err, string(p.stderr.Bytes()), guard.Bound{})
}

// take returns a child without work: the one that has worked last, or else a new one.
func (c *Checks) take() (*process, error) {
	c.mu.Lock()
	n := len(c.idle)
	if n > 0 {
		p := c.idle[n-1].process
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		return p, nil
	}
	c.mu.Unlock()
	return start()
}

// put keeps a child for later.
func (c *Checks) put(p *process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, resting{p, time.Now()})
	if c.sweep == nil {
		c.sweep = time.AfterFunc(c.rest, c.dismiss)
	}
}

// dismiss ends the children that have had no work for long.
func (c *Checks) dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.idle) > 0 && time.Since(c.idle[0].since) >= c.rest {
		c.idle[0].end()
		c.idle = c.idle[1:]
	}
	c.sweep = nil
	if len(c.idle) > 0 {
		c.sweep = time.AfterFunc(c.rest-time.Since(c.idle[0].since), c.dismiss)
	}
}

// Close waits for what is under way, which is not longer than the deadline, and ends all children.
// Nothing may be asked afterwards.
func (c *Checks) Close() {
	if c == nil {
		return
	}
	c.once.Do(func() {
		c.slots.Close()
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.sweep != nil {
			c.sweep.Stop()
		}
		for _, p := range c.idle {
			p.end()
		}
		c.idle = nil
	})
}
