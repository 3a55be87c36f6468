package webhook

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// result is what became of a delivery. Its answer names it, and so do the log and the metrics, under the key "outcome".
type result string

const (
	accepted   result = "accepted"   // its jobs are on the disk
	duplicate  result = "duplicate"  // its id was accepted before
	dropped    result = "dropped"    // it asks for nothing
	unsigned   result = "unsigned"   // without a SHA-256 signature
	forged     result = "forged"     // with a signature that no secret gives
	malformed  result = "malformed"  // no delivery id, or not the JSON that its event has
	notJSON    result = "not-json"   // another content type
	tooLarge   result = "too-large"  // more than GitHub sends
	unreadable result = "unreadable" // the body did not arrive whole and in time
	overloaded result = "overloaded" // no memory or no place in the waiting line for it now
	unstored   result = "not-stored" // the disk refused it
)

var statuses = map[result]int{
	accepted:   http.StatusAccepted,
	duplicate:  http.StatusOK,
	dropped:    http.StatusOK,
	unsigned:   http.StatusUnauthorized,
	forged:     http.StatusUnauthorized,
	malformed:  http.StatusBadRequest,
	notJSON:    http.StatusUnsupportedMediaType,
	tooLarge:   http.StatusRequestEntityTooLarge,
	unreadable: http.StatusBadRequest,
	overloaded: http.StatusServiceUnavailable,
	unstored:   http.StatusServiceUnavailable,
}

// Delivery is a delivery whose jobs are on the disk, as [Options.Accepted] gets it.
type Delivery struct {
	ID     string
	Event  string // as "pull_request"
	Action string // as "opened"; "" where the event has none
	Ref    job.Ref
	Size   int           // of the body, in bytes
	Took   time.Duration // from the request to the answer
}

// delivery is one request on its way through the receiver.
type delivery struct {
	id      string
	event   string
	size    int
	payload payload
	ref     job.Ref // what the first job is about, or as much as the payload says
	result  result
	reason  string // for the operator; holds nothing of the payload
	err     error  // for the log
}

func (d *delivery) end(r result, reason string) { d.result, d.reason = r, reason }

// unread notes why a body was not read.
func (d *delivery) unread(err error) {
	var large *http.MaxBytesError
	d.err = err
	switch {
	case errors.As(err, &large):
		d.end(tooLarge, "the body is larger than any that GitHub sends")
	case errors.Is(err, errNoMemory):
		d.end(overloaded, "too many bodies are being received")
	default:
		d.end(unreadable, "the body did not arrive in full")
	}
}

// asks finds the jobs that a delivery from GitHub asks for. Where there are none the delivery has ended.
func (d *delivery) asks(body []byte, app int64) []job.Job {
	if d.id == "" || len(d.id) > maxID {
		d.end(malformed, "the X-GitHub-Delivery header is missing or too long")
		return nil
	}
	actions, known := events[d.event]
	if !known {
		d.end(dropped, "dfbot does not handle this event")
		return nil
	}
	if d.err = json.Unmarshal(body, &d.payload); d.err != nil {
		d.end(malformed, "the body is not valid JSON for its event")
		return nil
	}
	d.ref = d.payload.ref()
	mean, known := actions[d.payload.Action]
	if !known {
		d.end(dropped, "dfbot does not handle this action")
		return nil
	}
	jobs, reason := mean(&d.payload, app)
	if len(jobs) == 0 {
		d.end(dropped, reason)
	}
	for i := range jobs {
		jobs[i].Delivery = d.id
	}
	return jobs
}
