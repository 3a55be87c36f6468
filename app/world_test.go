package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/rules"
)

// clock stands still until a test moves it. It is far ahead, so that tokens that end by it are good by the machine's.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

const secret = "s3cret"

// world is a GitHub with an App on one account, and the real bot at the end of real webhooks.
type world struct {
	*testing.T
	clock *clock
	srv   *githubtest.Server
	gapp  *githubtest.App
	inst  *githubtest.Installation
	key   *rsa.PrivateKey
	rules []*analysis.Rule

	docker *buildkit.Checks // nil for none

	queue  *queue.Queue
	app    *app.App
	ended  chan ended
	events stream
	logs   lines // warnings and errors of the app

	// how jobs are done, unless each gets one attempt
	instead   func(context.Context, job.Job, int) error
	transport http.RoundTripper // to GitHub
	dir       string            // what outlives the process
}

// lines is a text that several write, of which the caller takes what has come so far.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// logger writes warnings and errors, without the time, into the world's logs.
func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelWarn,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
}

// ended is a job that the bot has done, in one attempt.
type ended struct {
	job job.Job
	err error
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func newWorld(t *testing.T, opt githubtest.Options) *world {
	t.Helper()
	return newWorldOf(t, opt, queue.Options{})
}

// newWorldOf makes a world whose queue has these options, but for the folder and the logger.
func newWorldOf(t *testing.T, opt githubtest.Options, jobs queue.Options) *world {
	t.Helper()
	w := &world{T: t, clock: &clock{now: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}, ended: make(chan ended, 100),
		rules: models()}
	opt.Now, opt.Dir = w.clock.Now, t.TempDir()
	var err error
	w.srv, err = githubtest.New(opt)
	w.must(err)
	t.Cleanup(w.srv.Close)
	w.key = testKey()
	granted := map[string]string{}
	for _, p := range github.Permissions() {
		granted[p.Name] = p.Access
	}
	w.gapp, err = w.srv.CreateApp(githubtest.AppOptions{Slug: "dfbot", Key: w.key, WebhookSecret: secret,
		Permissions: granted})
	w.must(err)
	w.start(jobs)
	w.inst, err = w.gapp.Install("octo")
	w.must(err)
	w.wait(1)
	w.srv.ForgetRequests()
	return w
}

// testKey is one key for all tests: keys are slow to make, and long ones slow to sign with.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return key
})

// tables is the database of a queue that has no jobs yet: its tables are slow to make.
var tables = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "tables-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	q, err := queue.Open(context.Background(), queue.Options{Dir: dir, Logger: quiet})
	if err != nil {
		return nil, err
	}
	if err := q.Close(context.Background()); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, queue.File))
})

// start starts the bot: its queue, its receiver, and a handler that makes one attempt at each job and hands over how it
// ended.
func (w *world) start(jobs queue.Options) {
	jobs.Dir, jobs.Logger = w.TempDir(), quiet
	empty, err := tables()
	w.must(err)
	w.must(os.WriteFile(filepath.Join(jobs.Dir, queue.File), empty, 0o600))
	w.queue, err = queue.Open(w.Context(), jobs)
	w.must(err)
	w.Cleanup(func() { w.queue.Close(context.Background()) })
	w.app = w.bot()
	handle := func(ctx context.Context, j job.Job, attempt int) error {
		w.ended <- ended{j, w.handle(ctx, j, attempt)}
		return nil
	}
	w.must(w.queue.Start(w.Context(), handle, func(context.Context, job.Job, error) error { return nil }))
	handler, err := webhook.New(webhook.Options{Secrets: []string{secret}, Queue: w.queue, AppID: w.gapp.ID,
		Accepted: w.app.Accepted, Logger: quiet})
	w.must(err)
	receiver := httptest.NewServer(handler)
	w.Cleanup(receiver.Close)
	w.gapp.SetWebhook(receiver.URL+"/webhook", secret)
}

// handle does a job.
func (w *world) handle(ctx context.Context, j job.Job, attempt int) error {
	if w.instead != nil {
		return w.instead(ctx, j, attempt)
	}
	return w.app.Handle(ctx, j, attempt)
}

// bot makes an App as a new process would: nothing is remembered.
func (w *world) bot() *app.App {
	return w.botWith(func(*app.Options) {})
}

// botWith makes an App with other options.
func (w *world) botWith(change func(*app.Options)) *app.App {
	o := app.Options{
		GitHub: w.client(nil), Rules: w.rules, Accept: w.queue.Accept, Version: "test", Observe: w.events.add,
		Logger: w.logger(), Docker: w.docker,
	}
	change(&o)
	a, err := app.New(o)
	w.must(err)
	return a
}

// client makes a client for GitHub.
func (w *world) client(observe func(github.Call)) *github.Client {
	client, err := github.New(github.Options{
		AppID: w.gapp.ID, Key: w.key, URL: w.srv.URL, RetryWait: time.Microsecond, Pace: time.Nanosecond,
		Now: w.clock.Now, Observe: observe, Transport: w.transport, Dir: w.dir,
	})
	w.must(err)
	_, err = client.Check(w.Context()) // as `dfbot serve` does
	w.must(err)
	return client
}

// wait waits for the deliveries to be answered and for n jobs to be done.
func (w *world) wait(n int) []ended {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
	defer cancel()
	w.must(w.srv.Delivered(ctx))
	var all []ended
	for range n {
		select {
		case e := <-w.ended:
			all = append(all, e)
		case <-ctx.Done():
			w.Fatalf("%d jobs done, want %d", len(all), n)
		}
	}
	select {
	case e := <-w.ended:
		w.Fatalf("more than %d jobs were done: %+v", n, e)
	default:
	}
	return all
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// models are three rules of the house. The tests of this package are about the life of a review,
// which no further rule changes.
func models() []*analysis.Rule {
	all := []*analysis.Rule{analysis.DoesNotParse}
	for _, r := range rules.All {
		switch r.Name {
		case "apt-recommends", "copy-before-install", "shell-form-command":
			all = append(all, r)
		}
	}
	return all
}
