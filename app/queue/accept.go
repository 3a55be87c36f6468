package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/sourcegraph/conc/panics"

	"github.com/dfbot/dfbot/app/job"
)

const (
	// keepDeliveries is how long a delivery id is remembered. GitHub can send a delivery again for 3 days, GitHub
	// Enterprise Server for 7.
	keepDeliveries = 8 * 24 * time.Hour
	// pruneEvery is how often older ids are dropped, pruneMost how many in one transaction.
	pruneEvery = 10 * time.Minute
	pruneMost  = 5000
	// groupMost is how many deliveries one transaction takes.
	groupMost = 256
	// commitTimeout ends a transaction that the disk does not finish.
	commitTimeout = 30 * time.Second
)

// acceptance is a delivery on its way to the disk.
type acceptance struct {
	delivery string
	jobs     []job.Job
	accepted bool
	done     chan error
}

// Accept stores jobs together with the id of the delivery that asked for them, all or nothing, and returns when they are
// safe on the disk. It returns false, and stores nothing, if the id was accepted within the last 8 days; unless a job of that delivery was
// given up or went stale since, then it is accepted once more.
//
// A job of a pull request takes the place of older ones of the same pull request: those that wait are dropped, one that runs has its
// context ended. A Forget job does so for all jobs of its installation.
//
// Calls that wait at the same time share one transaction and one sync of the disk. ErrOverloaded says that too many wait already, in all or of the
// same installation; another
// error that the disk is full or broken, or that ctx ended first. After an error the delivery should be sent again: should it have reached the
// disk in spite of the error, it is then found to be known.
func (q *Queue) Accept(ctx context.Context, delivery string, jobs ...job.Job) (accepted bool, err error) {
	if delivery == "" {
		return false, errors.New("accept delivery: it has no id")
	}
	a := &acceptance{delivery: delivery, jobs: jobs, done: make(chan error, 1)}
	if err := q.wait(a); err != nil {
		return false, fmt.Errorf("accept delivery %s: %w", delivery, err)
	}
	select {
	case err := <-a.done:
		if err != nil {
			return false, fmt.Errorf("accept delivery %s: %w", delivery, err)
		}
		return a.accepted, nil
	case <-ctx.Done():
		return false, fmt.Errorf("accept delivery %s: %w", delivery, context.Cause(ctx))
	}
}

// wait puts a at the end of the line.
func (q *Queue) wait(a *acceptance) error {
	q.closing.RLock()
	defer q.closing.RUnlock()
	if q.closed {
		return ErrClosed
	}
	return q.line.enter(a)
}

// commitLoop stores what waits, group by group, until the queue is closed and the line empty.
func (q *Queue) commitLoop() {
	group := make([]*acceptance, 0, groupMost)
	for first := range q.line.waiting {
		group = append(group[:0], first)
		for more := true; more && len(group) < groupMost; {
			select {
			case a, open := <-q.line.waiting:
				if more = open; open {
					group = append(group, a)
				}
			default:
				more = false
			}
		}
		q.line.left(group)
		q.commit(group)
	}
}

// commit stores a group, and each delivery alone if that fails, so that one the database refuses does not take others with it.
func (q *Queue) commit(group []*acceptance) {
	err := q.store(group)
	q.unwell.Store(err != nil)
	if err != nil && len(group) > 1 {
		for i := range group {
			q.commit(group[i : i+1])
		}
		return
	}
	for _, a := range group {
		a.done <- err
	}
}

// store commits a group in one transaction and then tells the workers.
func (q *Queue) store(group []*acceptance) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	var stored []storedJob
	if caught := panics.Try(func() { stored, err = q.storeTx(ctx, group) }); caught != nil {
		err = caught.AsError()
	}
	if err != nil {
		return err
	}
	for _, s := range stored {
		q.lanes.supersede(s.ID, s.job)
		q.suspects.drop(s.ID, s.job)
	}
	if len(stored) > 0 {
		q.bell.ring()
	}
	return nil
}

// storedJob is a job with the id that River gave it.
type storedJob struct {
	ID   int64  `json:"id"`
	Lane string `json:"lane"`
	job  job.Job
}

func (q *Queue) storeTx(ctx context.Context, group []*acceptance) ([]storedJob, error) {
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if err := remember(ctx, tx, group); err != nil {
		return nil, err
	}
	stored, err := q.insert(ctx, tx, group)
	if err != nil {
		return nil, err
	}
	superseded, err := supersede(ctx, tx, stored)
	if err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	q.counts.commits.Add(1)
	q.counts.superseded.Add(superseded)
	return stored, nil
}

// remember notes the ids of a group and marks as accepted the deliveries whose id is new. Of two with the same id the first is.
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
func (q *Queue) insert(ctx context.Context, tx *sql.Tx, group []*acceptance) ([]storedJob, error) {
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
	results, err := q.river.InsertManyTx(ctx, tx, params)
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

// supersede drops the waiting jobs that the stored ones take the place of, and says how many.
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
	for _, s := range stored {
		if s.job.Kind != job.Forget {
			continue
		}
		if err := shelveAll(ctx, tx, s); err != nil {
			return 0, err
		}
		more, err := forget(ctx, tx, s)
		if err != nil {
			return 0, err
		}
		dropped += more
	}
	return dropped, nil
}

// forget drops all that waits for the installation of a Forget job.
func forget(ctx context.Context, tx *sql.Tx, by storedJob) (int64, error) {
	result, err := tx.ExecContext(ctx, dropInstallation, by.job.Installation, by.ID)
	if err != nil {
		return 0, fmt.Errorf("drop jobs of installation %d: %w", by.job.Installation, err)
	}
	return result.RowsAffected()
}

// pruneLoop drops delivery ids that nobody can send again, and what has been on the shelf as long.
func (q *Queue) pruneLoop(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		if err := q.prune(ctx, time.Now().Add(-keepDeliveries)); err != nil && ctx.Err() == nil {
			q.log.Warn("old delivery ids not dropped", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// prune drops the delivery ids and shelved jobs from before a time, in pieces, so that deliveries do not wait long for it.
func (q *Queue) prune(ctx context.Context, before time.Time) error {
	for _, old := range []string{
		`DELETE FROM dfbot_delivery WHERE id IN (SELECT id FROM dfbot_delivery WHERE at < ? ORDER BY at LIMIT ?)`,
		`DELETE FROM dfbot_shelf WHERE lane IN (SELECT lane FROM dfbot_shelf WHERE at < ? ORDER BY at LIMIT ?)`,
	} {
		for n := int64(pruneMost); n == pruneMost; {
			result, err := q.db.ExecContext(ctx, old, before.Unix(), pruneMost)
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
