package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// The expressions are those of the index dfbot_turn: with it a choice costs the same whether ten jobs wait or a hundred
// thousand.
const (
	// nextInstallation finds the next installation with jobs that wait.
	nextInstallation = `
SELECT args ->> '$.job.installation' AS installation FROM river_job INDEXED BY dfbot_turn
WHERE state = 'available' AND args ->> '$.job.installation' > ?1
ORDER BY installation LIMIT 1`

	// nextJob finds the job that has waited longest, of the next repository of an installation, whose lane is free and
	// that is not held back.
	nextJob = `
SELECT id, coalesce(args ->> '$.job.repository', 0) AS repository FROM river_job INDEXED BY dfbot_turn
WHERE state = 'available' AND args ->> '$.job.installation' = ?1 AND coalesce(args ->> '$.job.repository', 0) > ?2
	AND scheduled_at <= datetime('now', 'subsec')
	AND args ->> '$.lane' NOT IN (SELECT value FROM json_each(?3))
	AND id NOT IN (SELECT value FROM json_each(?4))
ORDER BY repository, scheduled_at, id LIMIT 1`

	takeJob = `
UPDATE river_job SET state = 'running', attempt = attempt + 1, attempted_at = datetime('now', 'subsec')
WHERE id = ? AND state = 'available'`
)

// next returns the first installation after one that has jobs that wait; 0 where there is none.
func (s *sqlite) next(ctx context.Context, after int64) (installation int64, err error) {
	err = s.db.QueryRowContext(ctx, nextInstallation, after).Scan(&installation)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("choose a job: %w", err)
	}
	return installation, nil
}

// choose returns the job of an installation that has waited longest, of the first repository after one, that is in no
// busy lane and not held back; with id 0 where there is none. Where several processes share a database, choosing and
// marking would have to be one step, and the lanes, turns and suspects of all of them would count.
func (s *sqlite) choose(
	ctx context.Context, installation, after int64, busy []string, held []int64,
) (id, repository int64, err error) {
	lanes, err := json.Marshal(busy)
	if err != nil {
		return 0, 0, err
	}
	ids, err := json.Marshal(held)
	if err != nil {
		return 0, 0, err
	}
	err = s.db.QueryRowContext(ctx, nextJob, installation, after, string(lanes), string(ids)).Scan(&id, &repository)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, fmt.Errorf("choose a job of installation %d: %w", installation, err)
	}
	return id, repository, nil
}

// read returns a job as River stores it; nil where it is gone. One that cannot be read is dropped.
func (s *sqlite) read(ctx context.Context, id int64) (row *rivertype.JobRow, a args, err error) {
	found, err := s.rows.JobGetByIDMany(ctx, &riverdriver.JobGetByIDManyParams{ID: []int64{id}})
	switch {
	case err != nil:
		return nil, a, s.dropUnreadable(ctx, id, err)
	case len(found) == 0:
		return nil, a, nil
	}
	if err := a.read(found[0]); err != nil {
		return nil, a, s.dropUnreadable(ctx, id, err)
	}
	return found[0], a, nil
}

// dropUnreadable drops a job that a later version of dfbot or a broken disk has written, unless it was the database
// that could not be reached.
func (s *sqlite) dropUnreadable(ctx context.Context, id int64, cause error) error {
	result, err := s.db.ExecContext(ctx, drop+` AND id = ?`, id)
	if err != nil {
		return errors.Join(cause, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	s.log.Error("job dropped: it cannot be read", "job", id, "error", cause)
	return nil
}

// mark marks a job as running, in the database and in the row; false where it waits no longer.
func (s *sqlite) mark(ctx context.Context, row *rivertype.JobRow) (bool, error) {
	result, err := s.db.ExecContext(ctx, takeJob, row.ID)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	now := time.Now().UTC()
	row.State, row.AttemptedAt = rivertype.JobStateRunning, &now
	row.Attempt++
	return true, nil
}
