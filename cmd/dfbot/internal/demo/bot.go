package demo

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
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

// bot is dfbot as `dfbot serve` runs it, with one worker.
type bot struct {
	url    string // of the receiver
	queue  *queue.Queue
	app    *app.App
	docker *buildkit.Checks
	server *http.Server
	work   conc.WaitGroup
	calls  atomic.Int64 // to GitHub, in the attempt that runs or ran last
	log    *journal
	wrote  func(*Event)            // notes what a job has written
	title  func(sha string) string // of a commit
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
	registered, err := w.srv.CreateApp(githubtest.AppOptions{Slug: "dfbot", Key: key, WebhookSecret: secret,
		Permissions: permissions()})
	if err != nil {
		return err
	}
	w.bot = &bot{docker: buildkit.New(buildkit.Options{}), log: &w.log, wrote: w.wrote, title: w.titleOf,
		today: w.today}
	if err := w.bot.start(ctx, w.srv.URL, filepath.Join(w.dir, "data"), registered.ID, key, secret); err != nil {
		return err
	}
	registered.SetWebhook(w.bot.url, secret)
	if _, err = registered.Install(w.owner()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	return w.log.delivered(ctx)
}

// permissions are what the App asks for: with the one that lets it commit, for the buttons on the check run.
func permissions() map[string]string {
	all := githubtest.DefaultPermissions()
	all["contents"] = "write"
	return all
}

// installTimeout bounds the wait for the bot to hear that it is installed, with which the story begins.
const installTimeout = 10 * time.Second

// newSecret is 32 random bytes in hexadecimal.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func (b *bot) start(ctx context.Context, url, dir string, id int64, key *rsa.PrivateKey, secret string) (err error) {
	if b.queue, err = queue.Open(ctx, queue.Options{Dir: dir, Workers: 1, Logger: quiet}); err != nil {
		return err
	}
	client, err := github.New(github.Options{AppID: id, Key: key, URL: url,
		Observe: func(github.Call) { b.calls.Add(1) }})
	if err != nil {
		return err
	}
	b.app, err = app.New(app.Options{
		GitHub: client, Rules: rulebook.All(), Docker: b.docker, Shell: shellcheck.New(shellcheck.Options{}),
		Accept: b.queue.Accept, Today: b.today, Version: "demo", Observe: b.observe, Logger: quiet,
	})
	if err != nil {
		return err
	}
	if err := b.queue.Start(ctx, b.app.Handle, b.app.GaveUp); err != nil {
		return err
	}
	receiver, err := webhook.New(webhook.Options{Secrets: []string{secret}, Queue: b.queue, AppID: id,
		Accepted: b.app.Accepted, Logger: quiet})
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
	b.server = &http.Server{Handler: receiver, ReadHeaderTimeout: 5 * time.Second}
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

// observe notes what the bot does, as it happens. Of the receiver's deliveries the bot accepts few; it drops the
// others, as it should. Jobs about the installation are too small to mention.
func (b *bot) observe(e app.Event) {
	if e.Kind == app.Accepted {
		b.log.add(Event{Kind: Delivered, ID: e.Job.Delivery,
			Name: strings.TrimSpace(e.Delivery.Event + " " + e.Delivery.Action),
			Size: e.Delivery.Size, Took: e.Delivery.Took})
		return
	}
	if e.Kind == app.Applied {
		b.applied(e.Commit)
	}
	if e.Job.Kind != job.Review && e.Job.Kind != job.Apply {
		return
	}
	// Several jobs of one delivery have its id with a number.
	e.Job.Delivery, _, _ = strings.Cut(e.Job.Delivery, "#")
	switch e.Kind {
	case app.Began:
		b.calls.Store(0)
		b.log.add(Event{Kind: Began, ID: e.Job.Delivery, Head: e.Job.Head, Name: string(e.Job.Why)})
	case app.Done:
		b.ended(e, Event{Final: true})
	case app.Stale:
		b.ended(e, Event{Stale: true, Final: true})
	case app.Failed:
		b.ended(e, Event{Err: e.Err})
	case app.GaveUp:
		b.log.add(Event{Kind: Began, ID: e.Job.Delivery, Head: e.Job.Head, Name: "gave up"})
		b.ended(e, Event{Err: fmt.Errorf("gave up: %w", e.Err), Final: true})
	}
}

// applied notes the bot's own commit.
func (b *bot) applied(sha string) {
	b.log.add(Event{Kind: Pushed, Head: sha, Commits: []Commit{{SHA: sha, Author: "dfbot", Title: b.title(sha)}}})
}

// ended notes the end of an attempt, and what it has written.
func (b *bot) ended(e app.Event, end Event) {
	end.Kind, end.ID, end.Head = Ended, e.Job.Delivery, e.Job.Head
	end.Calls, end.Took, end.Apply = int(b.calls.Load()), e.Took, e.Job.Kind == job.Apply
	b.wrote(&end)
	b.log.add(end)
}
