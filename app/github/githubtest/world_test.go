package githubtest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v60/github"
)

// testKey is made once: keys are slow to make.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// hook is a received webhook.
type hook struct {
	header http.Header
	body   []byte
}

// world is a server with an App, installed on one repository, and a receiver.
type world struct {
	*testing.T
	ctx   context.Context
	srv   *Server
	clock *clock
	app   *App
	inst  *Installation
	repo  *Repo
	gh    *github.Client

	mu    sync.Mutex
	hooks []hook
}

const seedFile = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nEXPOSE 80\nUSER " +
	"app\nENV A=1\nENV B=2\nCMD python app.py\n"

func newWorld(t *testing.T, opt Options) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), clock: &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}}
	if opt.Now == nil {
		opt.Now = w.clock.Now
	}
	receiver := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(receiver.Close)
	var err error
	w.srv, err = New(opt)
	w.must(err)
	t.Cleanup(func() {
		w.srv.Close()
		w.remember()
	})
	w.repo, err = w.srv.CreateRepo("octo", "shop", map[string]string{"Dockerfile": seedFile, "README.md": "# shop\n"})
	w.must(err)
	w.app, err = w.srv.CreateApp(AppOptions{
		Slug: "dfbot", Key: testKey(), WebhookURL: receiver.URL + "/webhook", WebhookSecret: "s3cret",
		Events: append(DefaultEvents(), "pull_request_review"),
	})
	w.must(err)
	w.inst, err = w.app.Install("octo")
	w.must(err)
	w.gh = w.client(w.token())
	return w
}

func (w *world) receive(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hooks = append(w.hooks, hook{r.Header, body})
}

// received waits for all deliveries and gives the newest of an event and action.
func (w *world) received(event, action string) *hook {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	w.must(w.srv.Delivered(ctx))
	w.mu.Lock()
	defer w.mu.Unlock()
	var found *hook
	for i, h := range w.hooks {
		if h.header.Get("X-GitHub-Event") == event && (action == "" || actionOf(h.body) == action) {
			found = &w.hooks[i]
		}
	}
	return found
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// client is go-github with a bearer token, at the stand-in.
func (w *world) client(token string) *github.Client {
	c := github.NewClient(nil).WithAuthToken(token)
	c.BaseURL, _ = url.Parse(w.srv.URL)
	return c
}

func (w *world) jwt(change func(jwt.MapClaims)) string {
	now := w.clock.Now()
	claims := jwt.MapClaims{
		"iat": now.Add(-time.Minute).Unix(), "exp": now.Add(9 * time.Minute).Unix(),
		"iss": strconv.FormatInt(w.app.ID, 10),
	}
	if change != nil {
		change(claims)
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(testKey())
	w.must(err)
	return signed
}

func (w *world) token() string {
	w.Helper()
	t, _, err := w.client(w.jwt(nil)).Apps.CreateInstallationToken(w.ctx, w.inst.ID, &github.InstallationTokenOptions{})
	w.must(err)
	return t.GetToken()
}

// openPull changes the Dockerfile on a branch and opens a pull request.
func (w *world) openPull(files map[string]string) *Pull {
	w.Helper()
	_, err := w.repo.Commit("fix", Commit{Author: "ann", Message: "Change", Files: files})
	w.must(err)
	p, err := w.repo.OpenPull(PullOptions{Head: "fix", Author: "ann", Title: "Change things"})
	w.must(err)
	return p
}

// status is the HTTP status of a go-github error.
func status(err error) int {
	switch e := err.(type) {
	case *github.ErrorResponse:
		return e.Response.StatusCode
	case *github.RateLimitError:
		return e.Response.StatusCode
	case *github.AbuseRateLimitError:
		return e.Response.StatusCode
	}
	return 0
}

func (w *world) wantStatus(err error, want int) {
	w.Helper()
	if status(err) != want {
		w.Fatalf("got %v, want status %d", err, want)
	}
}
