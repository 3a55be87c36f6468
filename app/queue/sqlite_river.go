package queue

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

// take is how River gets the jobs to run next: at most so many, marked as running.
type take func(ctx context.Context, most int) ([]*rivertype.JobRow, error)

// driver is River's SQLite driver, but for two things. How a worker hears of new jobs: River's own polls a table every
// 50 ms and writes to it with each insert; this process is the only one at the database, so a bell does. And which jobs
// run next: the queue chooses.
type driver struct {
	*riversqlite.Driver
	take take
	bell riverdriver.Listener
}

// connect makes River's client.
func (s *sqlite) connect(config *river.Config, next take, bell riverdriver.Listener) (err error) {
	if s.river, err = river.NewClient(&driver{riversqlite.New(s.db), next, bell}, config); err != nil {
		return fmt.Errorf("make River client: %w", err)
	}
	return nil
}

// GetExecutor gives River an executor that asks the queue for the jobs to run.
func (d *driver) GetExecutor() riverdriver.Executor { return executor{d.Driver.GetExecutor(), d.take} }

// SupportsListenNotify is false: nothing has to be written to the table of notifications.
func (d *driver) SupportsListenNotify() bool { return false }

// GetListener gives River the bell as the source of its notifications.
func (d *driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return d.bell }

type executor struct {
	riverdriver.Executor
	take take
}

// JobGetAvailable marks the jobs that run next as running and returns them.
func (e executor) JobGetAvailable(ctx context.Context,
	params *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	jobs, err := e.take(ctx, params.MaxToLock)
	if err != nil {
		return nil, err
	}
	return &riverdriver.JobGetAvailableResult{Jobs: jobs}, nil
}
