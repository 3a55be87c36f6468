package github

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// GitHub asks for a second between two writes of an installation, and takes 80 writes a minute and 500 an hour that
// create content (docs.github.com, "Best practices for using the REST API" and "Rate limits for the REST API").
const (
	// burst is how many writes an installation that rested may make at once, so that a usual review does not wait. With
	// a second between those that follow, a minute has 70 at most.
	burst = 10
	// perHour is how many writes in an hour may create content.
	perHour = 500
	// maxPause is how long a write waits for its turn. A job that would have to wait longer gives its worker back.
	maxPause = 10 * time.Second
	// reviewWrites is how many writes a job that has to come again is given room for.
	reviewWrites = 3
)

// pacer keeps the writes of one installation within GitHub's limits.
type pacer struct {
	second time.Duration

	mu      sync.Mutex
	next    time.Time   // when the next write would be if all were a second apart
	content []time.Time // of the last perHour writes that create content, in their order
	turn    time.Time   // of the last job that has to come again
}

// room returns a [job.RetryAt] error if a job that begins now would have to wait long for its writes.
func (p *pacer) room(now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at := p.earliest(now, true); at.Sub(now) > maxPause {
		return p.come(at)
	}
	return nil
}

// book takes the turn of one write and returns how long to wait for it. If that is longer than maxPause, the turn is
// not taken, and the error is a [job.RetryAt].
func (p *pacer) book(now time.Time, creates bool) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.earliest(now, creates)
	if at.Sub(now) > maxPause {
		return 0, p.come(at)
	}
	p.next = latest(p.next, at).Add(p.second)
	if creates {
		p.content = append(p.content[max(0, len(p.content)-perHour+1):], at)
	}
	return at.Sub(now), nil
}

// earliest is when the next write may be made.
func (p *pacer) earliest(now time.Time, creates bool) time.Time {
	at := latest(now, p.next.Add(-(burst-1)*p.second))
	if creates && len(p.content) == perHour {
		at = latest(at, p.content[0].Add(3600*p.second))
	}
	return at
}

// come tells a job when to come again. Each gets a turn of its own.
func (p *pacer) come(at time.Time) error {
	p.turn = latest(at, p.turn.Add(reviewWrites*p.second))
	return job.RetryAt{Time: p.turn, Free: true, Err: errors.New("dfbot spaces out its writes for this installation")}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pace waits for the turn of a write.
func (t *limitsTransport) pace(req *http.Request) error {
	wait, err := t.pacer.book(t.client.opts.Now(), creates(req))
	if err == nil && wait > 0 && !sleep(req.Context(), wait) {
		err = req.Context().Err()
	}
	return err
}

// creates reports whether a write creates content that people are notified of, unlike a check run.
func creates(req *http.Request) bool {
	return req.Method != http.MethodDelete && !strings.Contains(req.URL.Path, "/check-runs")
}
