package github

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// lateWrites is how long after a call GitHub may still do what it was asked for: its front end gives up on a request
// after ten seconds and answers, while the work goes on.
const lateWrites = 30 * time.Second

// unsure is the error of a write of which it is not known whether GitHub did it. What is there is not to be looked
// at before a time.
type unsure struct {
	at  time.Time
	err error
}

func (e unsure) Error() string {
	return fmt.Sprintf("GitHub may have done it anyway: %v", e.err)
}
func (e unsure) Unwrap() error { return e.err }

// writes remembers, for each pull request, the write that is under way and the one of which it is not known what became
// of it. Until such a one can no longer take effect, the pull request is not looked at: what is not there yet would be
// written twice. With a folder, the next process knows too.
type writes struct {
	client *Client
	dir    string

	mu    sync.Mutex
	until map[pullKey]time.Time
}

type pullKey struct {
	repository int64
	pull       int
}

func newWrites(c *Client, dir string) (*writes, error) {
	w := &writes{client: c, dir: dir, until: map[pullKey]time.Time{}}
	if dir == "" {
		return w, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if key, ok := parseKey(f.Name()); ok {
			w.until[key] = w.begun(key).Add(c.opts.LateWrites)
		}
	}
	return w, nil
}

// begun reads when a write of an earlier process began. Where the note does not say, it was a moment ago.
func (w *writes) begun(key pullKey) time.Time {
	now := w.client.opts.Now()
	text, err := os.ReadFile(w.file(key))
	if err != nil {
		return now
	}
	if at, err := time.Parse(time.RFC3339Nano, string(text)); err == nil && at.Before(now) {
		return at
	}
	return now
}

func (w *writes) file(key pullKey) string {
	return filepath.Join(w.dir, fmt.Sprintf("%d-%d", key.repository, key.pull))
}

func parseKey(name string) (key pullKey, ok bool) {
	repository, pull, _ := strings.Cut(name, "-")
	var errs [2]error
	key.repository, errs[0] = strconv.ParseInt(repository, 10, 64)
	key.pull, errs[1] = strconv.Atoi(pull)
	return key, errs[0] == nil && errs[1] == nil
}

type writingKey struct{}

// writing marks the calls of a context as being about the pull request.
func (s *Snapshot) writing(ctx context.Context) context.Context {
	return context.WithValue(ctx, writingKey{}, pullKey{s.Repository, s.Pull})
}

// note is what is known of one write.
type note struct {
	writes *writes
	key    pullKey
}

// begin notes that a write begins. That it cannot be put on the disk, which may be full, does not keep it from being
// made.
func (w *writes) begin(ctx context.Context) note {
	key, _ := ctx.Value(writingKey{}).(pullKey)
	if w.dir != "" && key != (pullKey{}) {
		_ = os.WriteFile(w.file(key), []byte(w.client.opts.Now().UTC().Format(time.RFC3339Nano)), 0o600)
	}
	return note{w, key}
}

// done says that a write has had a clear answer.
func (n note) done() {
	if n.writes.dir != "" {
		_ = os.Remove(n.writes.file(n.key))
	}
}

// unsure says that a write has had none.
func (n note) unsure(err error) error {
	at := n.writes.client.opts.Now().Add(n.writes.client.opts.LateWrites)
	n.writes.mu.Lock()
	defer n.writes.mu.Unlock()
	n.writes.until[n.key] = at
	return unsure{at, err}
}

// wait is the error that says when all writes on a pull request have had their effect, if they will have one; nil where
// they have.
func (w *writes) wait(ref job.Ref) error {
	key, now := pullKey{ref.Repository, ref.Pull}, w.client.opts.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for other, at := range w.until {
		if !now.Before(at) {
			delete(w.until, other)
			note{w, other}.done()
		}
	}
	if at, ok := w.until[key]; ok {
		return job.RetryAt{Time: at, Err: fmt.Errorf("the last write to %s may still be under way", ref)}
	}
	return nil
}
