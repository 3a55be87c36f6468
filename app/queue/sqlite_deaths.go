package queue

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	noteDeath = `
INSERT INTO dfbot_death (job, deaths) SELECT id, 1 FROM river_job WHERE state = 'running'
ON CONFLICT (job) DO UPDATE SET deaths = deaths + 1`

	countDeaths = `
SELECT count(*), coalesce(max(deaths), 0) FROM river_job JOIN dfbot_death ON job = id WHERE state = 'running'`

	// restore takes back that the job was tried.
	restore = `
UPDATE river_job
SET state = 'available', attempt = max(attempt - 1, 0), scheduled_at = datetime('now', 'subsec', ?)
WHERE state = 'running'`

	postponeSuspects = `
UPDATE river_job SET scheduled_at = max(scheduled_at, datetime('now', 'subsec', ?1))
WHERE state IN ('available', 'pending', 'retryable', 'scheduled')
	AND id IN (SELECT job FROM dfbot_death WHERE deaths >= ?2)`

	forgetDeaths = `
DELETE FROM dfbot_death WHERE job NOT IN (
	SELECT id FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'scheduled'))`

	selectDeaths = `
SELECT job, deaths, args ->> '$.lane', args ->> '$.job.installation' FROM dfbot_death JOIN river_job ON id = job`
)

// recover puts back what the last process left behind, and returns the jobs that have been running when processes died.
// Jobs that were running wait a little, and all suspects as long as the one of them with the most deaths: wait says how
// long.
//
// The folder's lock says that the last process is gone, so there is no need to wait for River's own rescue, which takes
// an hour, or for the dead leader's term to end. Where several processes share a database, a job that is running may
// well be another's.
func (s *sqlite) recover(ctx context.Context, wait func(deaths int) time.Duration) (left map[int64]suspect, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.recordDeath(ctx, tx, wait); err != nil {
			return err
		}
		for _, statement := range []string{dropOutdated, `DELETE FROM river_leader`, forgetDeaths} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		left, err = readSuspects(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("recover jobs: %w", err)
	}
	return left, nil
}

// recordDeath puts back the jobs that were running when the last process ended, if there are any: it died.
func (s *sqlite) recordDeath(ctx context.Context, tx *sql.Tx, wait func(deaths int) time.Duration) error {
	if _, err := tx.ExecContext(ctx, noteDeath); err != nil {
		return err
	}
	var jobs, deaths int
	if err := tx.QueryRowContext(ctx, countDeaths).Scan(&jobs, &deaths); err != nil || jobs == 0 {
		return err
	}
	s.log.Warn("the last process died while jobs were running; they run again", "jobs", jobs, "deaths", deaths)
	later := func(deaths int) string { return fmt.Sprintf("+%.3f seconds", wait(deaths).Seconds()) }
	if _, err := tx.ExecContext(ctx, restore, later(1)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, postponeSuspects, later(deaths), suspicious)
	return err
}

func readSuspects(ctx context.Context, tx *sql.Tx) (map[int64]suspect, error) {
	rows, err := tx.QueryContext(ctx, selectDeaths)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[int64]suspect{}
	for rows.Next() {
		var id int64
		var one suspect
		if err := rows.Scan(&id, &one.deaths, &one.lane, &one.installation); err != nil {
			return nil, err
		}
		all[id] = one
	}
	return all, rows.Err()
}

// acquit forgets in how many deaths a job was running.
func (s *sqlite) acquit(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM dfbot_death WHERE job = ?`, id)
	return err
}
