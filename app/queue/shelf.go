package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/dfbot/dfbot/app/job"
)

// The shelf holds jobs that were given up, or went stale because their installation was suspended. A Refresh of the installation takes them down again; a
// newer job in their lane makes them needless. The ids of their deliveries are forgotten, so that a delivery that is sent again brings the job back too.

// shelfMost is how many jobs of one installation a Refresh takes down at once, the newest first.
const shelfMost = 1000

const (
	putOnShelf = `
REPLACE INTO dfbot_shelf (lane, installation, job, at) SELECT ?1, ?2, ?3, ?4
WHERE NOT EXISTS (SELECT 1 FROM river_job WHERE args ->> '$.lane' = ?1 AND id > ?5 AND kind <> 'gave-up')`

	// shelveInstallation puts what waits for an installation on the shelf, but for what only speaks of the installation.
	shelveInstallation = `
REPLACE INTO dfbot_shelf (lane, installation, job, at)
SELECT args ->> '$.lane', args ->> '$.job.installation', json(args -> '$.job'), ?3 FROM river_job
WHERE state IN ('available', 'pending', 'retryable', 'scheduled') AND kind = 'review'
	AND args ->> '$.job.installation' = ?1 AND id < ?2
ORDER BY id`

	forgetInstallation = `
DELETE FROM dfbot_delivery WHERE id IN (
	SELECT args ->> '$.job.delivery' FROM river_job
	WHERE state IN ('available', 'pending', 'retryable', 'scheduled') AND kind = 'review'
		AND args ->> '$.job.installation' = ?1 AND id < ?2)`

	takeFromShelf = `
DELETE FROM dfbot_shelf WHERE lane IN (
	SELECT lane FROM dfbot_shelf WHERE installation = ? ORDER BY at DESC LIMIT ?) RETURNING job`
)

// shelve puts the job with an id on the shelf, unless its lane has a newer one.
func shelve(ctx context.Context, tx *sql.Tx, id int64, j job.Job) error {
	if j.Kind != job.Review {
		return nil
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, putOnShelf, laneOf(j), j.Installation, string(text), time.Now().Unix(), id); err != nil {
		return fmt.Errorf("shelve job: %w", err)
	}
	return nil
}

// shelveAll puts on the shelf what waits for the installation of a Forget job, and forgets the deliveries.
func shelveAll(ctx context.Context, tx *sql.Tx, by storedJob) error {
	if _, err := tx.ExecContext(ctx, shelveInstallation, by.job.Installation, by.ID, time.Now().Unix()); err != nil {
		return fmt.Errorf("shelve jobs of installation %d: %w", by.job.Installation, err)
	}
	if _, err := tx.ExecContext(ctx, forgetInstallation, by.job.Installation, by.ID); err != nil {
		return fmt.Errorf("forget deliveries of installation %d: %w", by.job.Installation, err)
	}
	return nil
}

// clearShelf drops what the stored jobs, which are a JSON list of storedJob, make needless.
func clearShelf(ctx context.Context, tx *sql.Tx, stored string) error {
	_, err := tx.ExecContext(ctx, `
		DELETE FROM dfbot_shelf WHERE lane IN (SELECT value ->> '$.lane' FROM json_each(?))`, stored)
	if err != nil {
		return fmt.Errorf("clear shelf: %w", err)
	}
	return nil
}

// forgetDelivery makes the delivery that asked for a job one that was never accepted.
func forgetDelivery(ctx context.Context, tx *sql.Tx, j job.Job) error {
	whole, _, _ := strings.Cut(j.Delivery, "#") // of a job that was found by its head; see Job.Pull
	if _, err := tx.ExecContext(ctx, `DELETE FROM dfbot_delivery WHERE id IN (?, ?)`, j.Delivery, whole); err != nil {
		return fmt.Errorf("forget delivery %s: %w", whole, err)
	}
	return nil
}

// unshelve lets the jobs of an installation run that are on the shelf, but for those whose lane has a newer job.
func (q *Queue) unshelve(ctx context.Context, installation int64) error {
	return q.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, takeFromShelf, installation, shelfMost)
		if err != nil {
			return fmt.Errorf("take jobs from the shelf: %w", err)
		}
		defer rows.Close()
		var params []river.InsertManyParams
		for rows.Next() {
			var text string
			var j job.Job
			if err := rows.Scan(&text); err != nil {
				return fmt.Errorf("take jobs from the shelf: %w", err)
			}
			if err := json.Unmarshal([]byte(text), &j); err != nil {
				return fmt.Errorf("take jobs from the shelf: %w", err)
			}
			params = append(params, river.InsertManyParams{Args: newArgs(j)})
		}
		if err := rows.Err(); err != nil || len(params) == 0 {
			return err
		}
		rows.Close()
		if _, err := q.river.InsertManyTx(ctx, tx, params); err != nil {
			return fmt.Errorf("insert jobs: %w", err)
		}
		return nil
	})
}

// inTx runs f in a transaction and has workers look for jobs when it is over.
func (q *Queue) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	q.bell.ring()
	return nil
}
