package queue

import (
	"context"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// driver is River's SQLite driver, but for two things. How a worker hears of new jobs: River's own polls a table every 50 ms and
// writes to it with each insert; the queue is the only process at the database, so a channel does. And which jobs run next: the queue chooses.
type driver struct {
	*riversqlite.Driver
	queue *Queue
}

// GetExecutor gives River an executor that asks the queue for the jobs to run.
func (d *driver) GetExecutor() riverdriver.Executor {
	return executor{d.Driver.GetExecutor(), d.queue}
}

type executor struct {
	riverdriver.Executor
	queue *Queue
}

// JobGetAvailable marks the jobs that run next as running and returns them.
func (e executor) JobGetAvailable(ctx context.Context, params *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	jobs, err := e.queue.take(ctx, e.Executor, params.MaxToLock)
	if err != nil {
		return nil, err
	}
	return &riverdriver.JobGetAvailableResult{Jobs: jobs}, nil
}

// SupportsListenNotify is false: nothing is to be written to the table of notifications.
func (d *driver) SupportsListenNotify() bool { return false }

// GetListener gives River the bell as the source of its notifications.
func (d *driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return d.queue.bell
}

// bell tells River to look for jobs now. Rings that come before it could look are one ring.
type bell struct{ rung chan struct{} }

func newBell() bell { return bell{make(chan struct{}, 1)} }

func (b bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

// WaitForNotification waits for a ring and reports it as River's notice of an insert into its default queue.
func (b bell) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.rung:
		return &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"` + river.QueueDefault + `"}`}, nil
	}
}

func (b bell) Close(context.Context) error            { return nil }
func (b bell) Connect(context.Context) error          { return nil }
func (b bell) Listen(context.Context, string) error   { return nil }
func (b bell) Ping(context.Context) error             { return nil }
func (b bell) Schema() string                         { return "" }
func (b bell) SetAfterConnectExec(string)             {}
func (b bell) Unlisten(context.Context, string) error { return nil }
