package queue

import (
	"context"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
)

// bell has River look for jobs now. Rings that come before it could look are one ring.
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
