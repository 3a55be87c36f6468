package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dfbot/dfbot/app/job"
)

// Bounds of every call.
const (
	// maxAnswer is the most bytes of an answer that are read. GitHub's largest are trees (7 MB) and a page of files
	// whose patches may be 500 KB each, 1 MB together for most.
	maxAnswer = 48 << 20
	// reads is how often a call that changes nothing is made before its failure is one.
	reads = 3
	// tryTimeout is how long GitHub has for one answer. It gives up on a request itself after ten seconds.
	tryTimeout = 20 * time.Second
	// writeGrace is how much longer a write that has begun may take when the job it belongs to has ended.
	writeGrace = 3 * time.Second
	// secondaryWait is the least wait after a secondary rate limit that names no time
	// (docs.github.com, "Rate limits for the REST API").
	secondaryWait = time.Minute
)

// limitsTransport keeps one installation within GitHub's limits and dfbot within its own: calls after a rate
// limit was hit fail without being made until its end, writes are spaced out, reads are repeated when GitHub or the
// line stumbles, answers are read whole and only up to a size.
type limitsTransport struct {
	next   http.RoundTripper
	client *Client
	pacer  pacer

	mu     sync.Mutex
	paused job.RetryAt
}

func (c *Client) limits() *limitsTransport {
	return &limitsTransport{next: c.wire, client: c, pacer: pacer{second: c.opts.Pace}}
}

func (t *limitsTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	err := req.Context().Err()
	if err == nil {
		err = t.pause()
	}
	if err != nil {
		closeBody(req)
		return nil, err
	}
	if isRead(req) {
		return t.read(req)
	}
	return t.write(req)
}

// read makes a call that changes nothing, and makes it again where GitHub or the line stumbles. GitHub that is not
// reached or does not answer at all is not asked again here: the job is tried again later.
func (t *limitsTransport) read(req *http.Request) (*http.Response, error) {
	wait := t.client.opts.RetryWait
	for try := 1; ; try++ {
		ctx, cancel := context.WithTimeout(req.Context(), tryTimeout)
		resp, err := t.once(req.WithContext(ctx))
		gone := ctx.Err() != nil || neverSent(err)
		cancel()
		if limit := t.limited(resp); limit != nil {
			return nil, limit
		}
		if err == nil && garbled(req, resp) {
			resp, err = nil, errGarbled
		}
		stumbled := err != nil || resp.StatusCode >= 500
		if !stumbled || try == reads || gone || errors.As(err, new(tooLarge)) || !sleep(req.Context(), wait) {
			return resp, err
		}
		wait *= 4
		if req, err = again(req); err != nil {
			return nil, err
		}
	}
}

// write makes a call that changes something, once. Where no clear answer comes, GitHub may have done what it was asked
// for, or may do so later; that is an [unsure] error. Such a call is not broken off at once when the job is superseded
// or the process stops: GitHub would go on with it.
func (t *limitsTransport) write(req *http.Request) (*http.Response, error) {
	if err := t.pace(req); err != nil {
		closeBody(req)
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), tryTimeout)
	defer cancel()
	defer context.AfterFunc(req.Context(), func() { time.AfterFunc(writeGrace, cancel) })()
	note := t.client.writes.begin(req.Context())
	resp, err := t.once(req.WithContext(ctx))
	if neverSent(err) {
		note.done()
		return nil, err
	}
	if limit := t.limited(resp); limit != nil {
		note.done()
		return nil, limit
	}
	switch {
	case err != nil:
		return nil, note.unsure(err)
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusRequestTimeout:
		return nil, note.unsure(fmt.Errorf("GitHub answered with status %d", resp.StatusCode))
	case garbled(req, resp):
		return nil, note.unsure(errGarbled)
	}
	note.done()
	return resp, nil
}

// neverSent says that GitHub was not reached with a call.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// silent says that GitHub was not reached, or did not answer: another call would fare no better now.
func silent(err error) bool {
	return neverSent(err) || errors.Is(err, context.DeadlineExceeded)
}

// errGarbled is the error of an answer that claims to be a success, and is not what was asked for.
var errGarbled = errors.New("GitHub's answer is not JSON")

// garbled says that what claims to be a success does not hold what was asked for, such as a page of something between
// dfbot and GitHub.
func garbled(req *http.Request, resp *http.Response) bool {
	if resp.StatusCode/100 != 2 || resp.StatusCode == http.StatusNoContent ||
		strings.Contains(req.Header.Get("Accept"), "raw") {
		return false
	}
	return !json.Valid(peek(resp))
}

// peek is the body of an answer that was read whole.
func peek(resp *http.Response) []byte {
	body, _ := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// pause is the error of a rate limit that has not ended yet.
func (t *limitsTransport) pause() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.client.opts.Now().Before(t.paused.Time) {
		return t.paused
	}
	return nil
}

// once makes the call and reads its answer.
func (t *limitsTransport) once(req *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := t.next.RoundTrip(req)
	call := Call{Method: req.Method, Route: route(strings.TrimPrefix(req.URL.Path, t.client.base.Path))}
	if err == nil {
		call.Status = resp.StatusCode
		err = slurp(resp)
	}
	count(req.Context(), call)
	if call.Took = time.Since(start); t.client.opts.Observe != nil {
		t.client.opts.Observe(call)
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// tooLarge is an answer of more than maxAnswer bytes.
type tooLarge struct{}

func (tooLarge) Error() string { return fmt.Sprintf("the answer has more than %d bytes", maxAnswer) }

// slurp reads the body, so that a line that is cut is found out here.
func slurp(resp *http.Response) error {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if len(body) > maxAnswer {
		return tooLarge{}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// limited reports whether the answer is a rate limit, and then until when, and remembers it.
func (t *limitsTransport) limited(resp *http.Response) error {
	if resp == nil || resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return nil
	}
	at, limited := limitEnd(resp, peek(resp), t.client.opts.Now())
	if !limited {
		return nil
	}
	err := job.RetryAt{Time: at, Err: fmt.Errorf("GitHub limits dfbot: status %d", resp.StatusCode)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.After(t.paused.Time) {
		t.paused = err
	}
	return err
}

// limitEnd reads from a 403 or 429 when a rate limit ends, if it is one.
func limitEnd(resp *http.Response, body []byte, now time.Time) (at time.Time, limited bool) {
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		return now.Add(time.Duration(min(seconds, 24*3600)) * time.Second), true
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		reset, _ := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64)
		at := time.Unix(reset, 0).Add(time.Second)
		if at.Before(now) || at.After(now.Add(24*time.Hour)) {
			at = now.Add(secondaryWait)
		}
		return at, true
	}
	var says struct {
		Message string `json:"message"`
		Docs    string `json:"documentation_url"`
	}
	_ = json.Unmarshal(body, &says) // GitHub's front end answers with a page
	secondary := resp.StatusCode == http.StatusTooManyRequests || strings.Contains(says.Docs, "rate-limits") ||
		strings.Contains(strings.ToLower(says.Message), "secondary rate limit")
	return now.Add(secondaryWait), secondary
}

type repeatableKey struct{}

// repeatable marks a call that may be made twice though it is a POST: a query, a token.
func repeatable(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatableKey{}, true)
}

func isRead(req *http.Request) bool {
	return req.Method == http.MethodGet || req.Context().Value(repeatableKey{}) != nil
}

// again is the request once more, with its body from the beginning.
func again(req *http.Request) (*http.Request, error) {
	clone := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		clone.Body = body
	}
	return clone, nil
}

// sleep waits and reports whether the context is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

var (
	repoPath = regexp.MustCompile(`^repos/[^/]+/[^/]+`)
	rest     = regexp.MustCompile(`/(contents|git/trees|commits)/.+?(/check-runs|/check-suites|/pulls)?$`)
	digits   = regexp.MustCompile(`/\d+(/|$)`)
	sha      = regexp.MustCompile(`/[0-9a-f]{40}(/|$)`)
)

// route takes the names and numbers out of a path below the API's base.
func route(path string) string {
	path = repoPath.ReplaceAllString(path, "repos/{owner}/{repo}")
	path = rest.ReplaceAllString(path, "/$1/{name}$2")
	path = digits.ReplaceAllString(path, "/{n}$1")
	return sha.ReplaceAllString(path, "/{sha}$1")
}
