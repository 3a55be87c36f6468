package queue

import (
	"context"
	"sync"
)

// lanes are the pull requests and installations that are being worked on, each by one job. The zero value is empty.
type lanes struct {
	mu      sync.Mutex
	running map[string]*run
}

// run is the job that has a lane.
type run struct {
	id     int64
	kind   Kind
	job    Job
	cancel context.CancelCauseFunc
}

// enter gives a lane to r, unless another job has it.
func (l *lanes) enter(lane string, r *run) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running == nil {
		l.running = make(map[string]*run)
	}
	if _, busy := l.running[lane]; busy {
		return false
	}
	l.running[lane] = r
	return true
}

func (l *lanes) leave(lane string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, lane)
}

// supersede ends the contexts of running jobs whose place the job with this id takes.
func (l *lanes) supersede(id int64, by Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if by.Kind == Forget {
		for _, r := range l.running {
			if r.job.Installation == by.Installation {
				r.supersede(id)
			}
		}
		return
	}
	if r := l.running[by.lane()]; r != nil {
		r.supersede(id)
	}
}

func (r *run) supersede(id int64) {
	if r.id < id && r.kind != gaveUpKind {
		r.cancel(ErrSuperseded)
	}
}
