package queue

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// A process may die in the middle of jobs: killed by somebody, by the kernel for its memory, or by one of the jobs. Which it was nobody
// tells the next process. So a death is not an attempt of the jobs that were running: it is written down beside them, and those that were
// running at several deaths are suspects, which run one at a time. Only the job that kills can go on collecting deaths.
const (
	// suspicious is the number of deaths that makes a suspect of a job.
	suspicious = 2
	// mostDeaths is the number of deaths at which a job is given up.
	mostDeaths = 25
	// deathDoublings is how often the wait after a death doubles at most.
	deathDoublings = 4
)

// suspects are the jobs that were running when a process died and have not ended since. They are in the table dfbot_death too.
type suspects struct {
	mu  sync.Mutex
	job map[int64]suspect
}

type suspect struct {
	deaths       int
	lane         string
	installation int64
}

func (s *suspects) deaths(j int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.job[j].deaths
}

// suspected reports whether a job may only run while no other suspect does.
func (s *suspects) suspected(j int64) bool { return s.deaths(j) >= suspicious }

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

func (s *suspects) clear(j int64) (was bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, was = s.job[j]
	delete(s.job, j)
	return was
}

// acquit clears a job of suspicion: it has ended, and the process lives.
func (q *Queue) acquit(ctx context.Context, j int64) {
	if !q.suspects.clear(j) {
		return
	}
	if _, err := q.db.ExecContext(context.WithoutCancel(ctx), `DELETE FROM dfbot_death WHERE job = ?`, j); err != nil {
		q.log.Warn("a job that ended well is still a suspect after the next start", "job", j, "error", err)
	}
}

// deathWait is how long a job waits after so many deaths.
func (q *Queue) deathWait(deaths int) time.Duration {
	return q.opts.DeathWait << min(max(deaths, 1)-1, deathDoublings)
}

const (
	noteDeath = `
INSERT INTO dfbot_death (job, deaths) SELECT id, 1 FROM river_job WHERE state = 'running'
ON CONFLICT (job) DO UPDATE SET deaths = deaths + 1`

	countDeaths = `
SELECT count(*), coalesce(max(deaths), 0) FROM river_job JOIN dfbot_death ON job = id WHERE state = 'running'`

	// restore takes back that the job was tried.
	restore = `
UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0), scheduled_at = datetime('now', 'subsec', ?) WHERE state = 'running'`

	postponeSuspects = `
UPDATE river_job SET scheduled_at = max(scheduled_at, datetime('now', 'subsec', ?1))
WHERE state IN ('available', 'pending', 'retryable', 'scheduled') AND id IN (SELECT job FROM dfbot_death WHERE deaths >= ?2)`

	forgetDeaths = `
DELETE FROM dfbot_death WHERE job NOT IN (
	SELECT id FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'scheduled'))`

	selectDeaths = `
SELECT job, deaths, args ->> '$.lane', args ->> '$.job.installation' FROM dfbot_death JOIN river_job ON id = job`
)

// recordDeath puts back the jobs that were running when the last process ended, if there are any: it died. They wait a little, and all suspects as long
// as the one of them with the most deaths.
func (q *Queue) recordDeath(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, noteDeath); err != nil {
		return err
	}
	var jobs, deaths int
	if err := tx.QueryRowContext(ctx, countDeaths).Scan(&jobs, &deaths); err != nil || jobs == 0 {
		return err
	}
	q.log.Warn("the last process died in the middle of jobs; they run again", "jobs", jobs, "deaths", deaths)
	later := func(deaths int) string {
		wait := q.deathWait(deaths)
		q.ringAfter(wait)
		return fmt.Sprintf("+%.3f seconds", wait.Seconds())
	}
	if _, err := tx.ExecContext(ctx, restore, later(1)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, postponeSuspects, later(deaths), suspicious)
	return err
}

// loadSuspects reads who is under suspicion, and forgets the others.
func (q *Queue) loadSuspects(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, forgetDeaths); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, selectDeaths)
	if err != nil {
		return err
	}
	defer rows.Close()
	q.suspects.job = map[int64]suspect{}
	for rows.Next() {
		var id int64
		var one suspect
		if err := rows.Scan(&id, &one.deaths, &one.lane, &one.installation); err != nil {
			return err
		}
		q.suspects.job[id] = one
	}
	return rows.Err()
}
