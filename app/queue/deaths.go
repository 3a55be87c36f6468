package queue

import (
	"context"
	"sync"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// A process may die while jobs are running: killed by a person, by the kernel for its memory, or by one of the jobs.
// The next process cannot know which. So a death is not an attempt of the jobs that were running: it is counted for
// each of them, and those that were running at several deaths are suspects, which run one at a time. Only a job that
// kills the process keeps collecting deaths.
const (
	// suspicious is the number of deaths that makes a suspect of a job.
	suspicious = 2
	// mostDeaths is the number of deaths at which a job is given up.
	mostDeaths = 25
	// deathDoublings is how often the wait after a death doubles at most.
	deathDoublings = 4
)

// suspects are the jobs that were running when a process died and have not ended since. The store has them too.
type suspects struct {
	mu  sync.Mutex
	job map[int64]suspect
}

type suspect struct {
	deaths       int
	lane         string
	installation int64
}

func (s *suspects) deaths(id int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.job[id].deaths
}

// suspected reports whether a job may only run while no other suspect does.
func (s *suspects) suspected(id int64) bool { return s.deaths(id) >= suspicious }

// held are the jobs that may not run now: the suspects, while one of them runs.
func (s *suspects) held(oneRuns bool) []int64 {
	held := []int64{}
	if !oneRuns {
		return held
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, one := range s.job {
		if one.deaths >= suspicious {
			held = append(held, id)
		}
	}
	return held
}

// drop forgets the jobs that lost their place to another.
func (s *suspects) drop(id int64, by job.Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for older, one := range s.job {
		if older < id && (one.lane == laneOf(by) || by.Kind == job.Forget && one.installation == by.Installation) {
			delete(s.job, older)
		}
	}
}

func (s *suspects) clear(id int64) (was bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, was = s.job[id]
	delete(s.job, id)
	return was
}

// acquit clears a job of suspicion: it has ended, and the process lives.
func (q *Queue) acquit(ctx context.Context, id int64) {
	if !q.suspects.clear(id) {
		return
	}
	if err := q.store.acquit(context.WithoutCancel(ctx), id); err != nil {
		q.log.Warn("a job that ended well is still suspected of killing the process", "job", id, "error", err)
	}
}

// deathWait is how long a job waits after so many deaths.
func (q *Queue) deathWait(deaths int) time.Duration {
	return q.opts.DeathWait << min(max(deaths, 1)-1, deathDoublings)
}
