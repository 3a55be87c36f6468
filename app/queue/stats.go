package queue

import (
	"context"
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
	var err error
	if s.Queued, s.Running, s.OldestWait, err = q.store.count(ctx); err != nil {
		return Stats{}, err
	}
	return s, nil
}
