package queue

import (
	"context"
	"errors"
	"sync"

	"github.com/dfbot/dfbot/app/job"
)

// errStopping is the cause of a handler's context when the queue closes.
var errStopping = errors.New("the queue is closing")

// lanes are the pull requests and installations that are being worked on, each by one job. The zero value is empty.
type lanes struct {
	mu       sync.Mutex
	running  map[string]*run
	stopping bool
}

// run is the job that has a lane, from when it is taken from the database until its outcome is known.
type run struct {
	id      int64
	lane    string
	kind    job.Kind
	job     job.Job
	suspect bool

	cancel context.CancelCauseFunc // nil until it begins
	ended  error                   // why it should end before it has begun
}

// enter gives a lane to r, unless another job has it or the queue closes.
func (l *lanes) enter(r *run) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, busy := l.running[r.lane]; busy || l.stopping {
		return false
	}
	if l.running == nil {
		l.running = make(map[string]*run)
	}
	l.running[r.lane] = r
	return true
}

// begin names the function that ends the context of the job that has a lane.
func (l *lanes) begin(lane string, cancel context.CancelCauseFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.running[lane]
	if r == nil {
		return
	}
	if r.cancel = cancel; r.ended != nil {
		cancel(r.ended)
	}
}

func (l *lanes) leave(lane string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, lane)
}

// load says what is being worked on, for who chooses what comes next.
type load struct {
	lanes   []string
	of      map[int64]int // jobs by installation
	suspect bool          // one of them is a suspect
}

func (l *lanes) load() load {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := load{lanes: make([]string, 0, len(l.running)), of: map[int64]int{}}
	for lane, r := range l.running {
		now.lanes = append(now.lanes, lane)
		now.of[r.job.Installation]++
		now.suspect = now.suspect || r.suspect
	}
	return now
}

// supersede ends the contexts of running jobs whose place the job with this id takes.
func (l *lanes) supersede(id int64, by job.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if by.Kind == job.Forget {
		for _, r := range l.running {
			if r.job.Installation == by.Installation {
				r.supersede(id, errForgotten)
			}
		}
		return
	}
	if r := l.running[laneOf(by)]; r != nil {
		r.supersede(id, ErrSuperseded)
	}
}

func (r *run) supersede(id int64, cause error) {
	if r.id < id && r.kind != gaveUpKind {
		r.end(cause)
	}
}

// stop ends the contexts of all running jobs and lets no other begin.
func (l *lanes) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	for _, r := range l.running {
		r.end(errStopping)
	}
}

func (r *run) end(cause error) {
	if r.ended == nil {
		r.ended = cause
	}
	if r.cancel != nil {
		r.cancel(cause)
	}
}
