//go:build hasty

package main

import "time"

// A twentieth of the usual waits, so that a life of weeks fits into minutes.
func init() {
	pace.backoff, pace.death, pace.repeat, pace.late = 200*time.Millisecond, 50*time.Millisecond, 12*time.Millisecond, 1500*time.Millisecond
}
