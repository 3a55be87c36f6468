package queue

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Stats are figures for an operator.
type Stats struct {
	// Waiting is how many deliveries wait for the disk.
	Waiting int
	// Queued is how many jobs wait, for a worker or for their next attempt; Running how many are being worked on or
	// have ended within the last quarter of a second, which is how late River may write that down.
	Queued, Running int
	// OldestWait is for how long the oldest job that could run has been waiting for a worker.
	OldestWait time.Duration
	// The rest count since the process started. Done jobs ended well; Failed were given up; Retried
	// count attempts that failed and were followed by another; Stale ones had nothing left to do;
	// Superseded ones lost their place to a newer job. Commits are the transactions that
	// stored deliveries, each with one sync of the disk.
	Done, Failed, Retried, Stale, Superseded, Commits int64
}

// counts are the figures that are kept in memory.
type counts struct {
	done, failed, retried, stale, superseded, commits atomic.Int64
}

// Stats returns the figures of now.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	s := Stats{
		Waiting:    len(q.line.waiting),
		Done:       q.counts.done.Load(),
		Failed:     q.counts.failed.Load(),
		Retried:    q.counts.retried.Load(),
		Stale:      q.counts.stale.Load(),
		Superseded: q.counts.superseded.Load(),
		Commits:    q.counts.commits.Load(),
	}
	var oldest float64
	err := q.db.QueryRowContext(ctx, `
		SELECT count(*) FILTER (WHERE state <> 'running'), count(*) FILTER (WHERE state = 'running'),
			coalesce(max(unixepoch('now', 'subsec') - unixepoch(scheduled_at, 'subsec')) FILTER (WHERE state = 'available'), 0)
		FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`).
		Scan(&s.Queued, &s.Running, &oldest)
	if err != nil {
		return Stats{}, fmt.Errorf("count jobs: %w", err)
	}
	s.OldestWait = max(0, time.Duration(oldest*float64(time.Second)))
	return s, nil
}
