package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/dfbot/dfbot/app/job"
)

// accept stores a group in one transaction, with one sync of the disk. It marks as accepted the deliveries whose id is
// new, and returns their jobs and how many waiting ones these replace. Where several processes share a database, jobs
// that run in another one would have to be ended there too.
func (s *sqlite) accept(ctx context.Context, group []*acceptance) (stored []storedJob, superseded int64, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := remember(ctx, tx, group); err != nil {
			return err
		}
		if stored, err = s.insert(ctx, tx, group); err != nil {
			return err
		}
		superseded, err = supersede(ctx, tx, stored)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return stored, superseded, nil
}

// remember notes the ids of a group and marks as accepted the deliveries whose id is new. Of two with the same id the
// first is.
func remember(ctx context.Context, tx *sql.Tx, group []*acceptance) error {
	ids := make([]string, len(group))
	for i, a := range group {
		ids[i] = a.delivery
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `
		INSERT INTO dfbot_delivery (id, at) SELECT value, ?2 FROM json_each(?1) WHERE true
		ON CONFLICT DO NOTHING RETURNING id`, string(list), time.Now().Unix())
	if err != nil {
		return fmt.Errorf("remember deliveries: %w", err)
	}
	defer rows.Close()
	fresh := make(map[string]bool, len(group))
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("remember deliveries: %w", err)
		}
		fresh[id] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("remember deliveries: %w", err)
	}
	for _, a := range group {
		a.accepted = fresh[a.delivery]
		delete(fresh, a.delivery)
	}
	return nil
}

// insert hands the jobs of the accepted deliveries to River.
func (s *sqlite) insert(ctx context.Context, tx *sql.Tx, group []*acceptance) ([]storedJob, error) {
	var params []river.InsertManyParams
	for _, a := range group {
		if !a.accepted {
			continue
		}
		for _, j := range a.jobs {
			params = append(params, river.InsertManyParams{Args: newArgs(j)})
		}
	}
	if len(params) == 0 {
		return nil, nil
	}
	results, err := s.river.InsertManyTx(ctx, tx, params)
	if err != nil {
		return nil, fmt.Errorf("insert jobs: %w", err)
	}
	stored := make([]storedJob, len(results))
	for i, result := range results {
		// SQLite does not promise the order in which it returns rows.
		var a args
		if err := json.Unmarshal(result.Job.EncodedArgs, &a); err != nil {
			return nil, fmt.Errorf("insert jobs: %w", err)
		}
		stored[i] = storedJob{ID: result.Job.ID, Lane: a.Lane, job: a.Job}
	}
	return stored, nil
}

// drop ends jobs that wait: for a worker, their next attempt or their lane.
const drop = `
UPDATE river_job SET state = 'cancelled', finalized_at = datetime('now', 'subsec')
WHERE state IN ('available', 'pending', 'retryable', 'scheduled')`

// dropOutdated drops every waiting job for whose lane a newer job came. Jobs of gaveUpKind neither replace others nor
// are replaced.
const dropOutdated = drop + ` AND kind <> 'gave-up'
	AND id < (SELECT max(newer.id) FROM river_job AS newer
		WHERE newer.args ->> '$.lane' = river_job.args ->> '$.lane' AND newer.kind <> 'gave-up')`

// dropOlder drops the waiting jobs that came before the given ones in their lanes, which are a JSON list of storedJob.
const dropOlder = drop + ` AND kind <> 'gave-up' AND id IN (
	SELECT older.id FROM json_each(?) AS new CROSS JOIN river_job AS older
	WHERE older.args ->> '$.lane' = new.value ->> '$.lane' AND older.id < new.value ->> '$.id')`

// dropInstallation drops the waiting jobs of an installation that came before a job, those of gaveUpKind too: there is
// no one left to report to. It is rare, so it may read all that waits.
const dropInstallation = drop + ` AND args ->> '$.job.installation' = ? AND id < ?`

// selectNewer finds a job that came after one in its lane, even if it is done already.
const selectNewer = `
SELECT EXISTS (SELECT 1 FROM river_job WHERE args ->> '$.lane' = ? AND id > ? AND kind <> 'gave-up')`

// supersede drops the waiting jobs that the stored ones replace, and returns how many.
func supersede(ctx context.Context, tx *sql.Tx, stored []storedJob) (int64, error) {
	if len(stored) == 0 {
		return 0, nil
	}
	list, err := json.Marshal(stored)
	if err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, dropOlder, string(list))
	if err != nil {
		return 0, fmt.Errorf("drop superseded jobs: %w", err)
	}
	dropped, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("drop superseded jobs: %w", err)
	}
	if err := clearShelf(ctx, tx, string(list)); err != nil {
		return 0, err
	}
	for _, by := range stored {
		if by.job.Kind != job.Forget {
			continue
		}
		more, err := forget(ctx, tx, by)
		if err != nil {
			return 0, err
		}
		dropped += more
	}
	return dropped, nil
}

// forget drops all that waits for the installation of a Forget job, and shelves it.
func forget(ctx context.Context, tx *sql.Tx, by storedJob) (int64, error) {
	if err := shelveAll(ctx, tx, by); err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, dropInstallation, by.job.Installation, by.ID)
	if err != nil {
		return 0, fmt.Errorf("drop jobs of installation %d: %w", by.job.Installation, err)
	}
	return result.RowsAffected()
}

// newer reports whether a job came after id in its lane.
func (s *sqlite) newer(ctx context.Context, lane string, id int64) (found bool, err error) {
	if err := s.db.QueryRowContext(ctx, selectNewer, lane, id).Scan(&found); err != nil {
		return false, fmt.Errorf("look for newer jobs in lane %s: %w", lane, err)
	}
	return found, nil
}

// prune drops the delivery ids and shelved jobs from before a time, in pieces, so that deliveries do not wait long for
// it.
func (s *sqlite) prune(ctx context.Context, before time.Time) error {
	for _, old := range []string{
		`DELETE FROM dfbot_delivery WHERE id IN (SELECT id FROM dfbot_delivery WHERE at < ? ORDER BY at LIMIT ?)`,
		`DELETE FROM dfbot_shelf WHERE lane IN (SELECT lane FROM dfbot_shelf WHERE at < ? ORDER BY at LIMIT ?)`,
	} {
		for n := int64(pruneMost); n == pruneMost; {
			result, err := s.db.ExecContext(ctx, old, before.Unix(), pruneMost)
			if err == nil {
				n, err = result.RowsAffected()
			}
			if err != nil {
				return fmt.Errorf("drop what is old: %w", err)
			}
		}
	}
	return nil
}
