package queue

import (
	"testing"

	"github.com/dfbot/dfbot/app/job"
)

// TestLanes: what replaces what. A push replaces a review of its pull request; it replaces no command, and a command
// replaces nothing.
func TestLanes(t *testing.T) {
	pull := job.Ref{Installation: 1, Repository: 2, Pull: 3, Head: "x"}
	pushed := pull
	pushed.Head = "y"
	command := func(ref job.Ref, comment int64) job.Job {
		return job.Job{Kind: job.Command, Ref: ref, Comment: job.Comment{ID: comment}}
	}
	group := func(ref job.Ref) job.Job { return job.Job{Kind: job.Queue, Ref: ref} }
	for _, test := range []struct {
		name string
		a, b job.Job
		same bool
	}{
		{"two pushes", job.Job{Kind: job.Review, Ref: pull}, job.Job{Kind: job.Review, Ref: pushed}, true},
		{"a push and its end", job.Job{Kind: job.Review, Ref: pull}, job.Job{Kind: job.Close, Ref: pull}, true},
		{"a push and a command", job.Job{Kind: job.Review, Ref: pull}, command(pull, 5), false},
		{"two commands", command(pull, 5), command(pull, 6), false},
		{"a command twice", command(pull, 5), command(pushed, 5), true},
		{"a push and a merge group", job.Job{Kind: job.Review, Ref: pull}, group(pull), false},
		{"two merge groups", group(pull), group(pushed), false},
		{"a merge group twice", group(pull), group(pull), true},
	} {
		if got := laneOf(test.a) == laneOf(test.b); got != test.same {
			t.Errorf("%s: one lane: %t", test.name, got)
		}
	}
}
