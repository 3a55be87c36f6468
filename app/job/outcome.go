package job

import (
	"fmt"
	"time"
)

// RetryAt is an error that will be gone at a known time, such as a spent rate limit.
type RetryAt struct {
	Time time.Time
	Err  error
	Free bool // the attempt does not count: nothing went wrong, dfbot only waits for its turn
}

func (e RetryAt) Error() string {
	return fmt.Sprintf("try again at %s: %v", e.Time.UTC().Format(time.RFC3339), e.Err)
}

func (e RetryAt) Unwrap() error { return e.Err }

// GiveUp is an error that another attempt will not fix.
type GiveUp struct {
	// Reason is in dfbot's own words and may be shown as it is; "" where Err says it all.
	Reason string
	// Permission is what the installation would have to be granted, as "checks=write", where that is the reason and
	// GitHub names it.
	Permission string
	Err        error
}

func (e GiveUp) Error() string {
	switch {
	case e.Err == nil:
		return e.Reason
	case e.Reason == "":
		return e.Err.Error()
	}
	return fmt.Sprintf("%s: %v", e.Reason, e.Err)
}

func (e GiveUp) Unwrap() error { return e.Err }

// Stale is the error of a job whose work is no longer wanted: the pull request moved on or was closed, the repository
// is gone.
type Stale struct {
	Reason string
	// Suspended means that the job is wanted again when a [Refresh] of its installation comes.
	Suspended bool
}

func (e Stale) Error() string { return "stale: " + e.Reason }
