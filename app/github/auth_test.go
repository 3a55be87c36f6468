package github_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
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

// A token is not used in its last five minutes. Its end is by the server's clock, which is set so that some minutes of its hour
// remain by the machine's.
func TestTokenEndsEarly(t *testing.T) {
	for _, c := range []struct {
		remain time.Duration
		mints  int // of two snapshots one after the other, at least
	}{{10 * time.Minute, 1}, {4 * time.Minute, 2}} {
		w := newWorld(t, githubtest.Options{}, time.Now().Add(c.remain-time.Hour))
		_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
		w.snapshot(ref)
		first := w.count(mint)
		w.snapshot(ref)
		if second := w.count(mint); (second > first) != (c.mints > 1) {
			t.Errorf("with %s left: %d tokens, then %d", c.remain, first, second)
		}
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
		if _, err := c.Snapshot(t.Context(), ref); !errors.As(err, new(github.Suspended)) {
			t.Errorf("error %v, want Suspended", err)
		}
	}
	w.inst.Unsuspend()
	w.inst.Delete()
	if _, err := w.newClient(nil).Snapshot(t.Context(), ref); !errors.As(err, new(github.Stale)) {
		t.Errorf("error %v, want Stale", err)
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	if slug, err := w.client.Check(t.Context()); err != nil || slug != "dfbot" {
		t.Errorf("slug %q, %v", slug, err)
	}
	c, err := github.New(github.Options{AppID: w.app.ID + 1, Key: w.key, URL: w.srv.URL, RetryWait: time.Microsecond, Now: w.clock.Now})
	w.must(err)
	if _, err := c.Check(t.Context()); err == nil {
		t.Error("a wrong App id is taken as right")
	}
}

func TestNew(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	for _, o := range []github.Options{
		{}, {AppID: 1}, {Key: w.key}, {AppID: 1, Key: w.key, URL: "github.example.com"},
		{AppID: 1, Key: w.key, URL: "https://user:password@github.example.com/"}, {AppID: 1, Key: w.key, URL: "file:///etc"},
	} {
		if _, err := github.New(o); err == nil {
			t.Errorf("no error for %+v", o.URL)
		}
	}
}
