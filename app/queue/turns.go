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

// turns remembers whose turn it was, so that the next job is somebody else's: installations take turns, and so do the repositories of
// each. It belongs to River's one fetching goroutine.
type turns struct {
	installation int64
	repository   map[int64]int64 // by installation, for those with jobs that could run
}

// share is how many jobs of one installation may run at once: all workers but one, so that another installation's job starts at once.
func (q *Queue) share() int { return max(1, q.opts.Workers-1) }

// The expressions are those of the index dfbot_turn: with it a choice costs the same whether ten jobs wait or a hundred thousand.
const (
	// nextInstallation finds the next installation with jobs that wait.
	nextInstallation = `
SELECT args ->> '$.job.installation' AS installation FROM river_job INDEXED BY dfbot_turn
WHERE state = 'available' AND args ->> '$.job.installation' > ?1
ORDER BY installation LIMIT 1`

	// nextJob finds the job that has waited longest, of the next repository of an installation, whose lane is free and that is not held back.
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

// take moves up to a number of jobs from waiting to running. It stands in for River's own choice, which is the oldest jobs whoever they belong to.
// Each job that it returns is worked: one that is marked as running and never worked would be lost until the next start.
func (q *Queue) take(ctx context.Context, rows riverdriver.Executor, most int) ([]*rivertype.JobRow, error) {
	var taken []*rivertype.JobRow
	for range most {
		id, err := q.choose(ctx)
		if err == nil && id != 0 {
			var row *rivertype.JobRow
			if row, err = q.takeOne(ctx, rows, id); row != nil {
				taken = append(taken, row)
			}
		}
		switch {
		case err != nil && len(taken) == 0:
			return nil, err
		case err != nil || id == 0:
			return taken, nil
		}
	}
	return taken, nil
}

// choose gives the id of the job whose turn it is, 0 if none may run now.
func (q *Queue) choose(ctx context.Context) (int64, error) {
	now := q.lanes.load()
	busy, err := json.Marshal(now.lanes)
	if err != nil {
		return 0, err
	}
	held, err := json.Marshal(q.suspects.held(now.suspect))
	if err != nil {
		return 0, err
	}
	// Round once, from after the last installation until it comes again.
	after, wrapped := q.turns.installation, false
	for {
		installation, err := q.first(ctx, nextInstallation, after)
		switch {
		case err != nil:
			return 0, err
		case installation == 0 && wrapped, wrapped && installation > q.turns.installation:
			return 0, nil
		case installation == 0:
			after, wrapped = 0, true
			continue
		}
		after = installation
		if now.of[installation] >= q.share() {
			continue
		}
		id, err := q.chooseOf(ctx, installation, string(busy), string(held))
		if err != nil || id != 0 {
			q.turns.installation = installation
			return id, err
		}
	}
}

// chooseOf gives the id of the job of an installation whose turn it is, 0 if none may run now.
func (q *Queue) chooseOf(ctx context.Context, installation int64, busy, held string) (int64, error) {
	for _, after := range []int64{q.turns.repository[installation], -1} {
		var id, repository int64
		err := q.db.QueryRowContext(ctx, nextJob, installation, after, busy, held).Scan(&id, &repository)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("choose a job of installation %d: %w", installation, err)
		}
		q.turns.repository[installation] = repository
		return id, nil
	}
	delete(q.turns.repository, installation)
	return 0, nil
}

// first gives the one number that a query finds, 0 if it finds none.
func (q *Queue) first(ctx context.Context, query string, arguments ...any) (int64, error) {
	var n int64
	if err := q.db.QueryRowContext(ctx, query, arguments...).Scan(&n); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("choose a job: %w", err)
	}
	return n, nil
}

// takeOne makes a job run, or gives nil if it waits no longer.
func (q *Queue) takeOne(ctx context.Context, rows riverdriver.Executor, id int64) (*rivertype.JobRow, error) {
	found, err := rows.JobGetByIDMany(ctx, &riverdriver.JobGetByIDManyParams{ID: []int64{id}})
	if err == nil && len(found) == 0 {
		return nil, nil
	}
	var a args
	if err == nil {
		err = a.read(found[0])
	}
	if err != nil {
		return nil, q.dropUnreadable(ctx, id, err)
	}
	row := found[0]
	r := &run{id: id, lane: a.Lane, kind: a.as, job: a.Job, suspect: q.suspects.suspected(id)}
	if !q.lanes.enter(r) {
		return nil, nil
	}
	result, err := q.db.ExecContext(ctx, takeJob, id)
	var n int64
	if err == nil {
		n, err = result.RowsAffected()
	}
	if err != nil || n == 0 {
		q.lanes.leave(r.lane)
		return nil, err
	}
	now := time.Now().UTC()
	row.State, row.AttemptedAt = rivertype.JobStateRunning, &now
	row.Attempt++
	return row, nil
}

// dropUnreadable takes a job out of the way that a later version of dfbot or a broken disk has written, unless it was the database that could not
// be reached.
func (q *Queue) dropUnreadable(ctx context.Context, id int64, cause error) error {
	result, err := q.db.ExecContext(ctx, drop+` AND id = ?`, id)
	if err != nil {
		return errors.Join(cause, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	q.log.Error("job dropped: it cannot be read", "job", id, "error", cause)
	return nil
}
