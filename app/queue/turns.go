package queue

import (
	"context"

	"github.com/riverqueue/river/rivertype"
)

// turns remembers whose turn it was, so that the next job is another's: installations take turns, and so do the
// repositories of each. It belongs to River's one fetching goroutine.
type turns struct {
	installation int64
	repository   map[int64]int64 // by installation, for those with jobs that could run
}

// share is how many jobs of one installation may run at once: all workers but one, so that another installation's job
// starts at once.
func (q *Queue) share() int { return max(1, q.opts.Workers-1) }

// take moves up to a number of jobs from waiting to running. River's own choice would be the oldest jobs, of whatever
// installation. Each job that it returns is worked: one that is marked as running and never worked would be lost until
// the next start.
func (q *Queue) take(ctx context.Context, most int) ([]*rivertype.JobRow, error) {
	var taken []*rivertype.JobRow
	for range most {
		id, err := q.choose(ctx)
		if err == nil && id != 0 {
			var row *rivertype.JobRow
			if row, err = q.takeOne(ctx, id); row != nil {
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
	held := q.suspects.held(now.suspect)
	// Round once, from after the last installation until it comes again.
	after, wrapped := q.turns.installation, false
	for {
		installation, err := q.store.next(ctx, after)
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
		id, err := q.chooseOf(ctx, installation, now.lanes, held)
		if err != nil || id != 0 {
			q.turns.installation = installation
			return id, err
		}
	}
}

// chooseOf gives the id of the job of an installation whose turn it is, 0 if none may run now.
func (q *Queue) chooseOf(ctx context.Context, installation int64, busy []string, held []int64) (int64, error) {
	for _, after := range []int64{q.turns.repository[installation], -1} {
		id, repository, err := q.store.choose(ctx, installation, after, busy, held)
		if err != nil {
			return 0, err
		}
		if id != 0 {
			q.turns.repository[installation] = repository
			return id, nil
		}
	}
	delete(q.turns.repository, installation)
	return 0, nil
}

// takeOne makes a job run, or returns nil if it waits no longer.
func (q *Queue) takeOne(ctx context.Context, id int64) (*rivertype.JobRow, error) {
	row, a, err := q.store.read(ctx, id)
	if row == nil || err != nil {
		return nil, err
	}
	r := &run{id: id, lane: a.Lane, kind: a.as, job: a.Job, suspect: q.suspects.suspected(id)}
	if !q.lanes.enter(r) {
		return nil, nil
	}
	if marked, err := q.store.mark(ctx, row); err != nil || !marked {
		q.lanes.leave(r.lane)
		return nil, err
	}
	return row, nil
}
