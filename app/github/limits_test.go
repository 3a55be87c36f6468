package github_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault githubtest.Fault
		wait  time.Duration
	}{
		{"primary", githubtest.Fault{Trouble: githubtest.PrimaryLimit, Wait: 10 * time.Minute}, 10*time.Minute +
			time.Second},
		{"primary as 429", githubtest.Fault{Trouble: githubtest.PrimaryLimit, Status: 429, Wait: time.Minute},
			time.Minute + time.Second},
		{"secondary", githubtest.Fault{Trouble: githubtest.SecondaryLimit, Wait: 90 * time.Second}, 90 * time.Second},
		{"secondary as 429", githubtest.Fault{Trouble: githubtest.SecondaryLimit, Status: 429, Wait: 7 * time.Second},
			7 * time.Second},
		{"429 without a word", githubtest.Fault{Status: 429}, time.Minute},
		{"secondary without a time", githubtest.Fault{Status: 403,
			Message: "You have exceeded a secondary rate limit."}, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{}, later)
			_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
			w.srv.Fault(githubtest.Match{Method: "GET", Path: allTrees, Times: 1}, c.fault)
			again := expectLimit(t, w, ref)
			if wait := again.Time.Sub(w.clock.Now()); wait != c.wait {
				t.Errorf("to be tried again in %s, want %s", wait, c.wait)
			}
			w.srv.ForgetRequests()
			expectLimit(t, w, ref)
			if n := len(w.srv.Requests()); n != 0 {
				t.Errorf("%d calls were made in spite of the limit", n)
			}
			w.clock.Add(c.wait)
			w.snapshot(ref)
		})
	}
}

func expectLimit(t *testing.T, w *world, ref job.Ref) job.RetryAt {
	t.Helper()
	_, err := w.client.Snapshot(t.Context(), ref)
	var again job.RetryAt
	if !errors.As(err, &again) {
		t.Fatalf("error %v, want RetryAt", err)
	}
	return again
}

// Reads are repeated, writes are not.
func TestRepeated(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.srv.Fault(githubtest.Match{Method: "GET", Path: files, Times: 1}, githubtest.Fault{Status: 502})
	w.srv.Fault(githubtest.Match{Method: "GET", Path: files, Times: 1}, githubtest.Fault{Trouble: githubtest.CutBody})
	s := w.snapshot(ref)
	if n := w.count(files); n != 3 {
		t.Errorf("%d calls for the files, want 3", n)
	}
	w.srv.Fault(githubtest.Match{Method: "POST", Path: reviews, Times: 1}, githubtest.Fault{Status: 502, After: true})
	if _, err := s.Comment(t.Context(), "", []checks.ReviewComment{{Path: "Dockerfile", Line: 1, Side: "RIGHT",
		Body: "x"}}, same); err == nil {
		t.Error("no error though the answer was lost")
	}
	if n := len(pull.Reviews()); n != 1 {
		t.Errorf("%d reviews", n)
	}
}

// While GitHub cannot be reached, an attempt makes few calls.
func TestGitHubIsDown(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	down := &downTransport{next: http.DefaultTransport}
	w.client = w.newClient(down)
	for _, c := range []struct {
		name string
		most int32
	}{{"without a token", 1}, {"with one", 3}} {
		down.is.Store(true)
		down.calls.Store(0)
		if _, err := w.client.Snapshot(t.Context(), ref); err == nil {
			t.Errorf("%s: no error", c.name)
		}
		if n := down.calls.Load(); n == 0 || n > c.most {
			t.Errorf("%s: %d calls, want at most %d", c.name, n, c.most)
		}
		down.is.Store(false)
		w.clock.Add(4 * time.Second)
		w.snapshot(ref)
	}
}

// downTransport reaches nothing while it is down.
type downTransport struct {
	next  http.RoundTripper
	is    atomic.Bool
	calls atomic.Int32
}

func (d *downTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	d.calls.Add(1)
	if d.is.Load() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	return d.next.RoundTrip(req)
}

func TestAnswerTooLarge(t *testing.T) {
	piece := strings.Repeat("a", 1<<20)
	calls := 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		fmt.Fprint(w, `{"slug":"`)
		for range 64 {
			if _, err := fmt.Fprint(w, piece); err != nil {
				return
			}
		}
		fmt.Fprint(w, `"}`)
	}))
	defer front.Close()
	w := newWorld(t, githubtest.Options{}, later)
	c, err := github.New(github.Options{AppID: 1, Key: w.key, URL: front.URL, RetryWait: time.Microsecond})
	w.must(err)
	if _, err := c.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("error %v", err)
	}
	if calls != 1 {
		t.Errorf("asked %d times for what will not get smaller", calls)
	}
}

func TestObserve(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	var mu sync.Mutex
	seen := map[string]int{}
	c, err := github.New(github.Options{AppID: w.app.ID, Key: w.key, URL: w.srv.URL, Now: w.clock.Now,
		Observe: func(c github.Call) {
			mu.Lock()
			defer mu.Unlock()
			seen[fmt.Sprint(c.Method, " ", c.Route, " ", c.Status)]++
		}})
	w.must(err)
	_, err = c.Snapshot(t.Context(), ref)
	w.must(err)
	for _, want := range []string{
		"POST app/installations/{n}/access_tokens 201", "POST graphql 200",
		"GET repos/{owner}/{repo}/pulls/{n}/files 200",
		"GET repos/{owner}/{repo}/git/trees/{name} 200",
	} {
		if seen[want] != 1 {
			t.Errorf("%q was seen %d times: %v", want, seen[want], seen)
		}
	}
}
