package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

func TestOneTokenForAll(t *testing.T) {
	w := newWorld(t, githubtest.Options{LongTokens: true}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	work := pool.New().WithErrors()
	for range 8 {
		work.Go(func() error { _, err := w.client.Snapshot(t.Context(), ref); return err })
	}
	w.must(work.Wait())
	if n := w.count(mint); n != 1 {
		t.Errorf("%d tokens were asked for, want 1", n)
	}
	w.client.Forget(ref.Installation)
	w.snapshot(ref)
	if n := w.count(mint); n != 2 {
		t.Errorf("%d tokens were asked for after Forget, want 2", n)
	}
}

// A token is not used in its last five minutes.
func TestTokenEndsEarly(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.snapshot(ref)
	for _, c := range []struct {
		pass  time.Duration
		mints int
	}{{54 * time.Minute, 1}, {2 * time.Minute, 2}} {
		w.clock.Add(c.pass)
		w.snapshot(ref)
		if n := w.count(mint); n != c.mints {
			t.Errorf("%s later: %d tokens were asked for, want %d", c.pass, n, c.mints)
		}
	}
}

// A token is for one repository and for what dfbot does there, whatever the installation grants beside it.
func TestTokenIsNarrow(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	w.inst.SetPermissions(map[string]string{"metadata": "read", "contents": "write", "pull_requests": "write",
		"checks": "write", "issues": "write"})
	other, err := w.srv.CreateRepo("octo", "other", map[string]string{"a": "a"})
	w.must(err)
	_, err = other.Commit("topic", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM scratch\n"}})
	w.must(err)
	pull, err := other.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.snapshot(ref)
	const body = `{"repository_ids":[%d],"permissions":{"checks":"write","contents":"read","pull_requests":"write"}}`
	var bodies []string
	for _, r := range w.srv.Requests() {
		if r.Operation == mint {
			bodies = append(bodies, strings.TrimSpace(string(r.Body)))
		}
	}
	if want := []string{fmt.Sprintf(body, ref.Repository)}; !slices.Equal(bodies, want) {
		t.Errorf("tokens were asked for by %q, want %q", bodies, want)
	}
	// The token of one repository does not read another.
	ref.Name, ref.Pull, ref.Head = "other", pull.Number, ""
	if s, err := w.client.Snapshot(t.Context(), ref); err == nil && s.Name == "other" {
		t.Error("read a pull request of another repository than the token's")
	}
}

// An installation that grants less than dfbot needs gets a token for what it grants. Where the repository is the
// reason, its job is stale.
func TestTokenRefusedAsAsked(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.inst.SetPermissions(map[string]string{"metadata": "read", "contents": "read", "pull_requests": "read",
		"checks": "read"})
	s := w.snapshot(ref)
	var lacks job.GiveUp
	err := s.Check(t.Context(), checks.Run{Name: "dfbot"})
	if !errors.As(err, &lacks) || lacks.Permission != "checks=write" {
		t.Errorf("error %v, want that of the permission checks=write", err)
	}
	w.repo.Delete()
	if _, err := w.newClient(nil).Snapshot(t.Context(), ref); !errors.As(err, new(job.Stale)) {
		t.Errorf("error %v, want Stale", err)
	}
}

// A repository that the installation does not reach yet, as one that was made a moment ago, is not given up.
func TestTokenForNewRepository(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.srv.Fault(githubtest.Match{Path: mint, Times: 1}, githubtest.Fault{Status: 422})
	_, err := w.client.Snapshot(t.Context(), ref)
	if err == nil || errors.As(err, new(job.Stale)) || errors.As(err, new(job.GiveUp)) {
		t.Errorf("error %v, want one that is tried again", err)
	}
	w.clock.Add(4 * time.Second)
	w.snapshot(ref)
}

// One caller asks for a token while the others wait; that it got none is theirs too, for some seconds.
func TestTokenFailureIsShared(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	defer w.srv.Fault(githubtest.Match{Path: mint}, githubtest.Fault{Status: 502})()
	work := pool.New().WithErrors()
	for range 8 {
		work.Go(func() error { _, err := w.client.Snapshot(t.Context(), ref); return err })
	}
	if work.Wait() == nil {
		t.Error("no error")
	}
	if n := len(w.srv.Requests()); n != 3 { // one read and its repetitions
		t.Errorf("%d calls, want 3", n)
	}
	w.clock.Add(4 * time.Second)
	_, err := w.client.Snapshot(t.Context(), ref)
	if n := len(w.srv.Requests()); err == nil || n != 6 {
		t.Errorf("%d calls after some seconds, want 6; %v", n, err)
	}
}

// A caller waits for a token no longer than its own context lives, and its end is no other caller's failure. Another
// installation does not wait at all.
func TestTokenHangs(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	other, err := w.app.Install("mona")
	w.must(err)
	repo, err := w.srv.CreateRepo("mona", "shop", map[string]string{"a": "a"})
	w.must(err)
	_, err = repo.Commit("topic", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM scratch\n"}})
	w.must(err)
	pull, err := repo.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	remove := w.srv.Fault(githubtest.Match{Path: fmt.Sprintf("/app/installations/%d/access_tokens", ref.Installation)},
		githubtest.Fault{Trouble: githubtest.Hang})
	ctx, cancel := context.WithCancel(t.Context())
	work := pool.New()
	for range 4 {
		work.Go(func() {
			if _, err := w.client.Snapshot(ctx, ref); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want that of the context", err)
			}
		})
	}
	_, err = w.client.Snapshot(t.Context(), job.Ref{Installation: other.ID, Repository: repo.ID, Owner: "mona",
		Name: "shop", Pull: pull.Number})
	w.must(err)
	cancel()
	work.Wait()
	remove()
	w.snapshot(ref)
}

// What is kept of installations is bounded, and what is used is kept.
func TestTokensAreBounded(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.snapshot(ref)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 1200 {
		w.client.Snapshot(gone, job.Ref{Installation: int64(i), Repository: 1, Owner: "a", Name: "b", Pull: 1})
		if i%100 == 0 {
			w.snapshot(ref)
		}
	}
	if kept := w.client.Kept(); kept > 500 {
		t.Errorf("%d installations are kept", kept)
	}
	if n := w.count(mint); n != 1 {
		t.Errorf("%d tokens were asked for, want 1", n)
	}
}

func TestTokenRefused(t *testing.T) {
	for _, at := range []githubtest.Match{{Method: "GET", Path: files}, {Method: "POST", Path: "/graphql"}} {
		w := newWorld(t, githubtest.Options{}, later)
		_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
		at.Times = 1
		w.srv.Fault(at, githubtest.Fault{Status: 401})
		w.snapshot(ref)
		if n := w.count(mint); n != 2 {
			t.Errorf("%s: %d tokens were asked for, want 2", at.Path, n)
		}
		if n := w.count(onePull); n != 0 {
			t.Errorf("%s: REST was asked, though GraphQL answers", at.Path)
		}
	}
}

// A redirect to another host does not take the credential there.
func TestCredentialStaysAtHome(t *testing.T) {
	seen := make(chan string, 100)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Get("Authorization")
	}))
	defer other.Close()
	asked := make(chan string, 100)
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Authorization")
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer home.Close()
	w := newWorld(t, githubtest.Options{}, later)
	c, err := github.New(github.Options{AppID: 1, Key: w.key, URL: home.URL})
	w.must(err)
	if _, err := c.Check(t.Context()); err == nil {
		t.Error("a redirect to another host was taken as an answer")
	}
	if len(asked) == 0 || <-asked == "" {
		t.Error("the home host got no credential: the test shows nothing")
	}
	if len(seen) != 0 {
		t.Errorf("another host was asked, with credential %q", <-seen)
	}
}

func TestSuspendedAndGone(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
	w.snapshot(ref)
	w.inst.Suspend()
	for _, c := range []*github.Client{w.client, w.newClient(nil)} { // with a token from before, and without
		var stale job.Stale
		if _, err := c.Snapshot(t.Context(), ref); !errors.As(err, &stale) || !stale.Suspended {
			t.Errorf("error %v, want Suspended", err)
		}
	}
	w.inst.Unsuspend()
	w.inst.Delete()
	if _, err := w.newClient(nil).Snapshot(t.Context(), ref); !errors.As(err, new(job.Stale)) {
		t.Errorf("error %v, want Stale", err)
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	if slug, err := w.client.Check(t.Context()); err != nil || slug != "dfbot" {
		t.Errorf("slug %q, %v", slug, err)
	}
	c, err := github.New(github.Options{AppID: w.app.ID + 1, Key: w.key, URL: w.srv.URL, RetryWait: time.Microsecond,
		Now: w.clock.Now})
	w.must(err)
	if _, err := c.Check(t.Context()); err == nil {
		t.Error("a wrong App id is taken as right")
	}
}

func TestNew(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	for _, o := range []github.Options{
		{}, {AppID: 1}, {Key: w.key}, {AppID: 1, Key: w.key, URL: "github.example.com"},
		{AppID: 1, Key: w.key, URL: "https://user:password@github.example.com/"},
		{AppID: 1, Key: w.key, URL: "file:///etc"},
	} {
		if _, err := github.New(o); err == nil {
			t.Errorf("no error for %+v", o.URL)
		}
	}
}
