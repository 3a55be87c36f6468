package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// Accept stores jobs together with the id of the delivery that asked for them, all or nothing, and returns when they
// are safe on the disk. It returns false, and stores nothing, if the id was accepted within the last 8 days; unless a
// job of that delivery was given up or went stale since, then it is accepted once more.
//
// A job of a pull request takes the place of older ones of the same pull request: those that wait are dropped, one that
// runs has its context ended. A Forget job does so for all jobs of its installation.
//
// Calls that wait at the same time share one transaction and one sync of the disk. ErrOverloaded says that too many
// wait already, in all or of the same installation; another error that the disk is full or broken, or that ctx ended
// first. After an error the delivery should be sent again: if it had reached the disk anyway, it is then found to be
// known.
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

// commit stores a group, and each delivery alone if that fails, so that one the database refuses does not take others
// with it.
func (q *Queue) commit(group []*acceptance) {
	err := q.storeGroup(group)
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

// storeGroup stores a group, ends the running jobs that its jobs replace, and has the workers look for the new ones.
func (q *Queue) storeGroup(group []*acceptance) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	var stored []storedJob
	var superseded int64
	if caught := panics.Try(func() { stored, superseded, err = q.store.accept(ctx, group) }); caught != nil {
		err = caught.AsError()
	}
	if err != nil {
		return err
	}
	q.counts.commits.Add(1)
	q.counts.superseded.Add(superseded)
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

// pruneLoop deletes delivery ids that GitHub cannot send again, and what has been on the shelf as long.
func (q *Queue) pruneLoop(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		if err := q.store.prune(ctx, time.Now().Add(-keepDeliveries)); err != nil && ctx.Err() == nil {
			q.log.Warn("old delivery ids not deleted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
