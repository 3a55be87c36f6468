package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of every call.
const (
	// maxAnswer is the most bytes of an answer that are read. GitHub's largest are trees (7 MB) and a page of files whose
	// patches may be 500 KB each, 1 MB together for most.
	maxAnswer = 48 << 20
	// reads is how often a call that changes nothing is made before its failure is one.
	reads = 3
	// secondaryWait is the least wait after a secondary rate limit that names no time
	// (docs.github.com, "Rate limits for the REST API").
	secondaryWait = time.Minute
)

// limitsTransport keeps one installation within GitHub's limits and dfbot within its own: calls after a rate
// limit was hit fail without being made until its end, reads are repeated when GitHub or the line stumbles,
// answers are read whole and only up to a size.
type limitsTransport struct {
	next   http.RoundTripper
	client *Client

	mu     sync.Mutex
	paused TryAgain
}

func (c *Client) limits() *limitsTransport { return &limitsTransport{next: c.wire, client: c} }

func (t *limitsTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.pause(); err != nil {
		closeBody(req)
		return nil, err
	}
	wait := t.client.opts.RetryWait
	for try := 1; ; try++ {
		resp, err := t.once(req)
		if limit := t.limited(resp); limit != nil {
			return nil, limit
		}
		stumbled := err != nil || resp.StatusCode >= 500
		if !stumbled || try == reads || !isRead(req) || errors.As(err, new(tooLarge)) || !sleep(req.Context(), wait) {
			return resp, err
		}
		wait *= 4
		if req, err = again(req); err != nil {
			return nil, err
		}
	}
}

// pause is the error of a rate limit that has not ended yet.
func (t *limitsTransport) pause() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.client.opts.Now().Before(t.paused.At) {
		return t.paused
	}
	return nil
}

// once makes the call and reads its answer. A write that has begun is not broken off when the job is superseded: GitHub would go on with it,
// and the job that follows would not see yet what it wrote, and write it again.
func (t *limitsTransport) once(req *http.Request) (*http.Response, error) {
	start := time.Now()
	ctx := req.Context()
	if deadline, ok := ctx.Deadline(); ok && !isRead(req) && ctx.Err() == nil { // there is one: callTimeout
		whole, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
		defer cancel()
		req = req.WithContext(whole)
	}
	resp, err := t.next.RoundTrip(req)
	call := Call{Method: req.Method, Route: route(strings.TrimPrefix(req.URL.Path, t.client.base.Path))}
	if err == nil {
		call.Status = resp.StatusCode
		err = slurp(resp)
	}
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

// limited says whether the answer is a rate limit, and then until when, and remembers it.
func (t *limitsTransport) limited(resp *http.Response) error {
	if resp == nil || resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return nil
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	now := t.client.opts.Now()
	at, limited := limitEnd(resp, body, now)
	if !limited {
		return nil
	}
	err := TryAgain{At: at, Err: fmt.Errorf("GitHub limits dfbot: status %d", resp.StatusCode)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.After(t.paused.At) {
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

// sleep waits and says whether the context is still alive.
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
