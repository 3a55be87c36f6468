package demo

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// Kind says what happened.
type Kind int

// The kinds of events.
const (
	Opened      Kind = iota + 1 // the pull request
	Pushed                      // one commit to its head
	Rerequested                 // its check run, by a person
	Pressed                     // a button of its check run, by a person
	Talked                      // a person, in a thread
	Delivered                   // a webhook that the bot accepted
	Began                       // the bot, with a job
	Ended                       // a job, well or not
)

// Event is one thing that happened in a World. Which fields are set depends on its kind.
type Event struct {
	Kind    Kind
	At      time.Time
	Head    string               // commit that it is about
	Commits []Commit             // Opened, Pushed
	LeftOut int                  // Opened: how many commits come before these
	ID      string               // Delivered, Began, Ended: GitHub's id of the delivery
	Name    string               // Delivered: event and action; Began: why there is a job; Pressed: the button
	Size    int                  // Delivered: bytes
	Took    time.Duration        // Delivered, Ended
	Calls   int                  // Ended: calls to GitHub
	Err     error                // Ended: nil when all went well
	Stale   bool                 // Ended: a newer commit replaced it
	Final   bool                 // Ended: it is not tried again
	Apply   bool                 // Ended: it was not a review, but the commit that a button asks for
	Reviews int                  // Ended: how many reviews the pull request has by now
	Run     *githubtest.CheckRun // Ended: the check run that it wrote, if any
}

// Commit is a commit as lists of commits show it.
type Commit struct{ SHA, Author, Title string }

// journal keeps the events and wakes those who wait for the next.
type journal struct {
	mu      sync.Mutex
	events  []Event
	owed    map[string]int  // reviews that the bot owes to a commit
	pressed int             // buttons that the bot has not answered
	running int             // reviews at work
	head    string          // newest
	heard   map[string]bool // deliveries
	held    []Event         // of jobs that began before their delivery was heard of
	next    chan struct{}   // closed by the next event
}

func (j *journal) init() {
	j.owed, j.heard, j.next = map[string]int{}, map[string]bool{}, make(chan struct{})
}

// add notes an event. A job may begin before the answer to its delivery is out, and events are listed in order: what
// the job does is held back until then.
func (j *journal) add(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case e.Kind == Delivered:
		j.heard[e.ID] = true
		j.note(e)
		for len(j.held) > 0 && j.heard[j.held[0].ID] {
			j.note(j.held[0])
			j.held = j.held[1:]
		}
	case (e.Kind == Began || e.Kind == Ended) && (len(j.held) > 0 || !j.heard[e.ID]):
		j.held = append(j.held, e)
	default:
		j.note(e)
	}
}

// note puts an event at the end of the list and wakes those who wait for it. The caller holds the lock.
func (j *journal) note(e Event) {
	e.At = time.Now()
	switch e.Kind {
	case Opened, Pushed, Rerequested:
		j.head = e.Head
		j.owed[e.Head]++
	case Pressed:
		j.pressed++
	case Began:
		j.running++
	case Ended:
		j.running--
		switch {
		case e.Final && e.Apply:
			j.pressed--
		case e.Final:
			j.owed[e.Head]--
		}
	}
	j.events = append(j.events, e)
	close(j.next)
	j.next = make(chan struct{})
}

// busy reports whether the bot still has something to do for the newest head. What it owes to older heads is
// forgotten by the queue when a newer one comes in.
func (j *journal) busy() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.running > 0 || j.pressed > 0 || j.owed[j.head] > 0
}

// since gives the events from the n-th on. They must not be changed.
func (j *journal) since(n int) []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.events[min(n, len(j.events)):len(j.events):len(j.events)]
}

// delivered waits until the bot has accepted a delivery.
func (j *journal) delivered(ctx context.Context) error {
	for {
		changed := j.changed()
		if slices.ContainsFunc(j.since(0), func(e Event) bool { return e.Kind == Delivered }) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the first delivery: %w", ctx.Err())
		}
	}
}

// changed is closed by the next event.
func (j *journal) changed() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.next
}

// version counts the events.
func (j *journal) version() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.events)
}
