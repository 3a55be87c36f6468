package demo

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/shellcheck"
)

// bot is dfbot as `dfbot serve` runs it, with a receiver that is overheard.
type bot struct {
	url    string // of the receiver
	queue  *queue.Queue
	app    *app.App
	docker *buildkit.Checks
	server *http.Server
	work   conc.WaitGroup
	calls  atomic.Int64 // to GitHub
	log    *journal
	srv    *githubtest.Server
	wrote  func(*Event) // notes what a job has written
	today  func() time.Time
}

// quiet keeps the bot's own log from the terminal: the events tell the same story.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// startBot registers the App on the stand-in, installs it, and starts the bot.
func (w *World) startBot(ctx context.Context) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	secret := newSecret()
	registered, err := w.srv.CreateApp(githubtest.AppOptions{Slug: "dfbot", Key: key, WebhookSecret: secret})
	if err != nil {
		return err
	}
	w.bot = &bot{docker: buildkit.New(buildkit.Options{}), log: &w.log, srv: w.srv, wrote: w.wrote, today: w.today}
	if err := w.bot.start(ctx, filepath.Join(w.dir, "data"), registered.ID, key, secret); err != nil {
		return err
	}
	registered.SetWebhook(w.bot.url, secret)
	if _, err = registered.Install(w.owner()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	w.log.heard(ctx, func(e Event) bool { return e.Kind == Delivered })
	return nil
}

// installTimeout bounds the wait for the bot to hear that it is installed, with which the story begins.
const installTimeout = 10 * time.Second

// newSecret is 32 random bytes in hexadecimal.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func (b *bot) start(ctx context.Context, dir string, id int64, key *rsa.PrivateKey, secret string) (err error) {
	if b.queue, err = queue.Open(ctx, queue.Options{Dir: dir, Workers: 1, Logger: quiet}); err != nil {
		return err
	}
	client, err := github.New(github.Options{AppID: id, Key: key, URL: b.srv.URL, Observe: func(github.Call) { b.calls.Add(1) }})
	if err != nil {
		return err
	}
	b.app, err = app.New(app.Options{GitHub: client, Rules: rulebook.All(), Docker: b.docker, Shell: shellcheck.New(shellcheck.Options{}), Accept: b.queue.Accept, Today: b.today, Version: "demo", Logger: quiet})
	if err != nil {
		return err
	}
	if err := b.queue.Start(ctx, b.handle, b.gaveUp); err != nil {
		return err
	}
	receiver, err := webhook.New(webhook.Options{Secrets: []string{secret}, Queue: b.queue, AppID: id, Logger: quiet})
	if err != nil {
		return err
	}
	return b.listen(receiver)
}

func (b *bot) listen(receiver http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.url = "http://" + listener.Addr().String() + "/webhook"
	b.server = &http.Server{Handler: b.overhear(receiver), ReadHeaderTimeout: 5 * time.Second}
	b.work.Go(func() { b.server.Serve(listener) })
	return nil
}

func (b *bot) close() {
	if b.server != nil {
		b.server.Close()
	}
	b.work.Wait()
	if b.queue != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		b.queue.Close(ctx)
	}
	b.docker.Close()
}

// overhear notes what the receiver takes. It drops most of what GitHub sends, as it should; that is not
// worth telling.
func (b *bot) overhear(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		heard := &hearing{ResponseWriter: w}
		next.ServeHTTP(heard, r)
		if event := r.Header.Get("X-GitHub-Event"); heard.status != http.StatusOK || event == "ping" {
			id := r.Header.Get("X-GitHub-Delivery")
			b.log.add(Event{Kind: Delivered, ID: id, Name: b.nameOf(event, id),
				Size: int(r.ContentLength), Status: heard.status, Took: time.Since(begun)})
		}
	})
}

// hearing remembers the status of an answer.
type hearing struct {
	http.ResponseWriter
	status int
}

func (h *hearing) WriteHeader(status int) {
	h.status = status
	h.ResponseWriter.WriteHeader(status)
}

func (h *hearing) Write(p []byte) (int, error) {
	if h.status == 0 {
		h.status = http.StatusOK
	}
	return h.ResponseWriter.Write(p)
}

// nameOf gives a delivery's event with its action.
func (b *bot) nameOf(event, guid string) string {
	for _, d := range b.srv.Deliveries() {
		if d.GUID == guid && d.Action != "" {
			return event + " " + d.Action
		}
	}
	return event
}

// handle does a job and notes it. Jobs that are about the installation are too small to be told.
func (b *bot) handle(ctx context.Context, j job.Job, attempt int) error {
	if j.Kind != job.Review {
		return b.app.Handle(ctx, j, attempt)
	}
	b.log.heard(ctx, func(e Event) bool { return e.ID == j.Delivery })
	before, begun := b.calls.Load(), time.Now()
	b.log.add(Event{Kind: Began, Head: j.Head, Name: string(j.Why)})
	err := b.app.Handle(ctx, j, attempt)
	e := Event{Kind: Ended, Head: j.Head, Calls: int(b.calls.Load() - before), Took: time.Since(begun)}
	if e.Stale = errors.As(err, new(job.Stale)) || queue.Superseded(ctx); !e.Stale {
		e.Err = err
	}
	e.Final = e.Err == nil
	b.wrote(&e)
	b.log.add(e)
	return err
}

func (b *bot) gaveUp(ctx context.Context, j job.Job, cause error) error {
	err := b.app.GaveUp(ctx, j, cause)
	if j.Kind == job.Review {
		b.log.add(Event{Kind: Began, Head: j.Head, Name: "gave up"})
		e := Event{Kind: Ended, Head: j.Head, Err: fmt.Errorf("gave up: %w", errors.Join(cause, err)), Final: err == nil}
		b.wrote(&e)
		b.log.add(e)
	}
	return err
}
