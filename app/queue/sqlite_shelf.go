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

// The shelf holds jobs that were given up, or went stale because their installation was suspended. A Refresh of the
// installation brings them back; a newer job in their lane makes them needless. The ids of their deliveries are
// forgotten, so that a delivery that is sent again brings the job back too.

// shelfMost is how many jobs of one installation a Refresh brings back at once, the newest first.
const shelfMost = 1000

const (
	putOnShelf = `
REPLACE INTO dfbot_shelf (lane, installation, job, at) SELECT ?1, ?2, ?3, ?4
WHERE NOT EXISTS (SELECT 1 FROM river_job WHERE args ->> '$.lane' = ?1 AND id > ?5 AND kind <> 'gave-up')`

	// shelveInstallation puts what waits for an installation on the shelf, but for jobs about the installation itself.
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

// undone ends a job that was not done, in one transaction: its delivery may be sent again; with shelved it also comes
// back with the next Refresh of its installation; and report, unless nil, is stored as a job, once for each job.
func (s *sqlite) undone(ctx context.Context, id int64, j job.Job, shelved bool, report *args) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if report != nil {
			once := []*acceptance{{delivery: fmt.Sprintf("gave-up/%d", id)}}
			if err := remember(ctx, tx, once); err != nil || !once[0].accepted {
				return err
			}
			if _, err := s.river.InsertTx(ctx, tx, *report, nil); err != nil {
				return err
			}
		}
		if shelved {
			if err := shelve(ctx, tx, id, j); err != nil {
				return err
			}
		}
		return forgetDelivery(ctx, tx, j)
	})
}

// shelve puts the job with an id on the shelf, unless its lane has a newer one.
func shelve(ctx context.Context, tx *sql.Tx, id int64, j job.Job) error {
	if j.Kind != job.Review {
		return nil
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, putOnShelf, laneOf(j), j.Installation, string(text), time.Now().Unix(), id)
	if err != nil {
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
	whole, _, _ := strings.Cut(j.Delivery, "#") // of a job that was found by its head; see job.Ref.Pull
	if _, err := tx.ExecContext(ctx, `DELETE FROM dfbot_delivery WHERE id IN (?, ?)`, j.Delivery, whole); err != nil {
		return fmt.Errorf("forget delivery %s: %w", whole, err)
	}
	return nil
}

// unshelve queues the jobs of an installation that are on the shelf.
func (s *sqlite) unshelve(ctx context.Context, installation int64) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		params, err := fromShelf(ctx, tx, installation)
		if err != nil {
			return fmt.Errorf("take jobs from the shelf: %w", err)
		}
		if len(params) == 0 {
			return nil
		}
		if _, err := s.river.InsertManyTx(ctx, tx, params); err != nil {
			return fmt.Errorf("insert jobs: %w", err)
		}
		return nil
	})
}

func fromShelf(ctx context.Context, tx *sql.Tx, installation int64) ([]river.InsertManyParams, error) {
	rows, err := tx.QueryContext(ctx, takeFromShelf, installation, shelfMost)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var params []river.InsertManyParams
	for rows.Next() {
		var text string
		var j job.Job
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			return nil, err
		}
		params = append(params, river.InsertManyParams{Args: newArgs(j)})
	}
	return params, rows.Err()
}
