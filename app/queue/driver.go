package queue

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// driver is River's SQLite driver, but for how a worker hears of new jobs. River's own polls a table every 50 ms and
// writes to it with each insert. The queue is the only process at the database, so a channel does.
type driver struct {
	*riversqlite.Driver
	bell bell
}

func newDriver(db *sql.DB, b bell) *driver { return &driver{riversqlite.New(db), b} }

// SupportsListenNotify is false: nothing is to be written to the table of notifications.
func (d *driver) SupportsListenNotify() bool { return false }

// GetListener gives River the bell as the source of its notifications.
func (d *driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return d.bell }

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
