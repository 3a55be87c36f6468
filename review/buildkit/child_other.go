//go:build !linux

package buildkit

// confine bounds nothing where the system's limits are not Linux's: the deadline of the parent is
// what holds there. The bot is served on Linux.
func confine() error { return nil }

func tired() bool { return false }
