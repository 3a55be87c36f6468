package github_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

const graphql = "/graphql"

// commented opens a pull request with a comment on each of some lines, and gives what marks them as fixed.
func (w *world) commented(lines ...int) (*githubtest.Pull, job.Ref, []checks.Fixed) {
	w.Helper()
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\nLABEL c=d\n"})
	_, err := w.snapshot(ref).Comment(w.Context(), "", comments(lines...), same)
	w.must(err)
	var all []checks.Fixed
	for _, said := range w.snapshot(ref).Prior.Comments {
		all = append(all, checks.Fixed{ID: said.ID, Thread: said.Thread, Body: "done", Resolve: true})
	}
	w.srv.ForgetRequests()
	return pull, ref, all
}

// grant lets the installation grant what each job needs, of contents to read or to write them.
func (w *world) grant(contents string) {
	w.inst.SetPermissions(map[string]string{"metadata": "read", "contents": contents, "pull_requests": "write",
		"checks": "write"})
}

// resolvedThreads counts those that dfbot has resolved.
func resolvedThreads(pull *githubtest.Pull) (n int) {
	for _, t := range pull.Threads() {
		if t.Resolved && t.ResolvedBy == "dfbot[bot]" {
			n++
		}
	}
	return n
}

// Where the installation grants it, a thread is resolved if the mistake is gone, by a token that is for nothing else;
// the comment is edited either way.
func TestResolve(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	w.grant("write")
	pull, ref, fixed := w.commented(1, 2, 3)
	fixed[2].Resolve = false
	var mu sync.Mutex // a snapshot reads several things at once
	used := map[string][]string{}
	w.client = w.newClient(roundTrip(func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		used[req.Header.Get("Authorization")] = append(used[req.Header.Get("Authorization")],
			req.Method+" "+req.URL.Path)
		mu.Unlock()
		return http.DefaultTransport.RoundTrip(req)
	}))
	s := w.snapshot(ref)
	w.must(s.Mark(t.Context(), fixed))
	if n := resolvedThreads(pull); n != 2 {
		t.Errorf("%d threads are resolved, want 2", n)
	}
	for _, cm := range pull.Comments() {
		if cm.Body != "done" {
			t.Errorf("comment %d is not edited: %s", cm.ID, cm.Body)
		}
	}
	if bodies := w.bodies(mint); len(bodies) != 2 || !strings.Contains(bodies[0], `"contents":"read"`) ||
		!strings.Contains(bodies[1], `"permissions":{"contents":"write","pull_requests":"write"}`) ||
		!strings.Contains(bodies[1], `"repository_ids":[`) {
		t.Errorf("tokens were asked for by %q", bodies)
	}
	mutations := 0
	for _, calls := range used {
		if slices.Equal(calls, []string{"POST /graphql", "POST /graphql"}) {
			mutations++
		}
	}
	if mutations != 1 {
		t.Errorf("not one token for the two mutations alone: %v", used)
	}
	// Again there is nothing to resolve, so that no token is asked for.
	s = w.snapshot(ref)
	w.srv.ForgetRequests()
	w.must(s.Mark(t.Context(), fixed))
	if n := w.count(mint) + w.count(graphql); n != 0 {
		t.Errorf("%d calls to resolve what is resolved", n)
	}
}

// An installation that does not grant it is asked once an hour, or when it says that something has changed; the
// comments are edited.
func TestResolveNotGranted(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	w.grant("read")
	pull, ref, fixed := w.commented(1, 2)
	mark := func(want int, when string) {
		t.Helper()
		s := w.snapshot(ref)
		w.srv.ForgetRequests()
		w.must(s.Mark(t.Context(), fixed))
		if n := w.count(mint); n != want || w.count(graphql) != 0 {
			t.Errorf("%s: %d tokens asked for, want %d; %d mutations", when, n, want, w.count(graphql))
		}
	}
	mark(1, "at first")
	mark(0, "again")
	w.clock.Add(10 * time.Minute)
	mark(0, "later")
	w.client.Forget(ref.Installation)
	mark(1, "after it has changed")
	w.clock.Add(50 * time.Minute)
	w.snapshot(ref) // with a new token
	mark(0, "within the hour")
	w.clock.Add(10 * time.Minute)
	mark(1, "after an hour")
	if all := pull.Comments(); all[0].Body != "done" || all[1].Body != "done" || resolvedThreads(pull) != 0 {
		t.Errorf("%d threads resolved; %+v", resolvedThreads(pull), all)
	}
}

// When GitHub limits dfbot or does not know it, everything is done later: a comment that says that it is done is not
// looked at again.
func TestResolveLater(t *testing.T) {
	for name, fault := range map[string]githubtest.Fault{
		"secondary limit": {Trouble: githubtest.SecondaryLimit, Wait: time.Minute},
		"primary limit":   {Trouble: githubtest.PrimaryLimit},
		"not known":       {Status: 401},
	} {
		w := newWorld(t, githubtest.Options{}, later)
		w.grant("write")
		pull, ref, fixed := w.commented(1)
		s := w.snapshot(ref)
		remove := w.srv.Fault(githubtest.Match{Path: mint}, fault)
		if err := s.Mark(t.Context(), fixed); err == nil || errors.As(err, new(job.GiveUp)) {
			t.Errorf("%s: %v", name, err)
		}
		if body := pull.Comments()[0].Body; body == "done" || resolvedThreads(pull) != 0 {
			t.Errorf("%s: %q, %d resolved", name, body, resolvedThreads(pull))
		}
		remove()
		w.clock.Add(2 * time.Hour)
		w.must(w.snapshot(ref).Mark(t.Context(), fixed))
		if body := pull.Comments()[0].Body; body != "done" || resolvedThreads(pull) != 1 {
			t.Errorf("%s, later: %q, %d resolved", name, body, resolvedThreads(pull))
		}
	}
}

// Whatever else goes wrong with resolving, the comments are edited and the review goes on.
func TestResolveFails(t *testing.T) {
	for name, fault := range map[string]struct {
		match githubtest.Match
		fault githubtest.Fault
	}{
		"no token":      {githubtest.Match{Path: mint}, githubtest.Fault{Status: 502}},
		"no such thing": {githubtest.Match{Path: mint}, githubtest.Fault{Status: 404}},
		"no answer":     {githubtest.Match{Path: graphql}, githubtest.Fault{Status: 502}},
		"refused":       {githubtest.Match{Path: graphql}, githubtest.Fault{Status: 403}},
		"a page":        {githubtest.Match{Path: graphql}, githubtest.Fault{Status: 200, Page: true}},
	} {
		w := newWorld(t, githubtest.Options{}, later)
		w.grant("write")
		pull, ref, fixed := w.commented(1)
		s := w.snapshot(ref)
		w.srv.Fault(fault.match, fault.fault)
		if err := s.Mark(t.Context(), fixed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if body := pull.Comments()[0].Body; body != "done" || resolvedThreads(pull) != 0 {
			t.Errorf("%s: %q, %d resolved", name, body, resolvedThreads(pull))
		}
	}
	// The grant is taken back after the token was made.
	w := newWorld(t, githubtest.Options{}, later)
	w.grant("write")
	pull, ref, fixed := w.commented(1, 2)
	revoking := roundTrip(func(req *http.Request) (*http.Response, error) {
		resp, err := http.DefaultTransport.RoundTrip(req)
		if strings.HasSuffix(req.URL.Path, "access_tokens") {
			w.grant("read")
		}
		return resp, err
	})
	w.client = w.newClient(revoking)
	s := w.snapshot(ref)
	w.grant("write")
	w.srv.ForgetRequests()
	w.must(s.Mark(t.Context(), fixed))
	if all := pull.Comments(); w.count(graphql) != 1 || all[0].Body != "done" || all[1].Body != "done" {
		t.Errorf("%d mutations, %+v", w.count(graphql), all)
	}
}

// A process that dies between resolving and editing leaves a thread that is not taken for edited.
func TestResolveThenDies(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	w.grant("write")
	pull, ref, fixed := w.commented(1)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := w.newClient(roundTrip(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPatch {
			cancel()
			return nil, context.Canceled
		}
		return http.DefaultTransport.RoundTrip(req)
	})).Snapshot(ctx, ref)
	w.must(err)
	if s.Mark(ctx, fixed) == nil || resolvedThreads(pull) != 1 {
		t.Fatalf("%d resolved", resolvedThreads(pull))
	}
	s = w.snapshot(ref)
	if said := s.Prior.Comments[0]; !said.Resolved || said.Body == "done" {
		t.Errorf("%+v", said)
	}
	w.must(s.Mark(t.Context(), fixed))
	if body := pull.Comments()[0].Body; body != "done" {
		t.Errorf("still %q", body)
	}
}

// bodies are those of the requests so far to an operation.
func (w *world) bodies(operation string) (all []string) {
	for _, r := range w.srv.Requests() {
		if r.Operation == operation {
			all = append(all, strings.TrimSpace(string(r.Body)))
		}
	}
	return all
}
