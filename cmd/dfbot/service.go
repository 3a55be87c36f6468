package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/shellcheck"
)

// Timeouts of a connection. GitHub gives a delivery ten seconds in all; the receiver limits the reading of a body
// itself.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 20 * time.Second
	idleTimeout   = 15 * time.Second // of a connection between two requests
	maxHeader     = 32 << 10         // bytes
)

const (
	// drainTime is how long jobs that have begun to write get when the process stops.
	drainTime = 20 * time.Second
	// deliveriesTime is the part of it for deliveries that dfbot is receiving.
	deliveriesTime = 10 * time.Second
)

// service is the running bot: it owns the queue and the listeners.
type service struct {
	settings *config.Server
	log      *slog.Logger
	github   *github.Client
	queue    *queue.Queue
	app      *app.App
	docker   *buildkit.Checks
	shell    *shellcheck.Checks // nil where it is not installed

	listener, metricsListener net.Listener // the second is nil where there are no metrics
	web, metricsWeb           *http.Server
}

// openService opens the ports and the data folder that the settings name. It makes no call on the network. The error
// lists everything that could not be opened, and then nothing stays open.
func openService(ctx context.Context, o *config.Server, metricsAddress string, log *slog.Logger) (*service, error) {
	s := &service{settings: o, log: log, docker: buildkit.New(buildkit.Options{}),
		shell: shellcheck.New(shellcheck.Options{})}
	var errs [3]error
	s.listener, errs[0] = listen("--listen (LISTEN)", o.Listen)
	if metricsAddress != "" {
		s.metricsListener, errs[1] = listen("--metrics-listen (METRICS_LISTEN)", metricsAddress)
	}
	s.queue, errs[2] = queue.Open(ctx, queue.Options{
		Dir: o.Data, Workers: int(o.Workers), Backoff: pace.backoff, DeathWait: pace.death, Logger: log,
	})
	if errs[2] != nil {
		errs[2] = fmt.Errorf("--data (DATA_DIR): %w", errs[2])
	}
	err := errors.Join(errs[:]...)
	if err == nil {
		err = s.assemble(ctx)
	}
	if err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func listen(setting, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return l, nil
}

// release closes what a service that does not run has opened.
func (s *service) release() {
	for _, l := range []net.Listener{s.listener, s.metricsListener} {
		if l != nil {
			l.Close()
		}
	}
	if s.queue != nil {
		_ = s.queue.Close(context.Background()) // no job runs
	}
	s.docker.Close()
}

// assemble makes the parts, from the GitHub client to the HTTP servers.
func (s *service) assemble(ctx context.Context) error {
	secrets, err := s.settings.Secrets()
	if err != nil {
		return err
	}
	registry := newRegistry(s.queue)
	metrics := app.NewMetrics(registry)
	if err := s.connect(metrics); err != nil {
		return err
	}
	active, shell := rulebook.All(), s.findShellCheck(ctx)
	s.app, err = app.New(app.Options{
		GitHub: s.github, Rules: active, Docker: s.docker, Shell: s.shell, Accept: s.queue.Accept, Today: today,
		Version: version(), Observe: metrics.Observe, Logger: s.log,
	})
	if err != nil {
		return err
	}
	receiver, err := webhook.New(webhook.Options{
		Secrets: plain(secrets), Queue: s.queue, AppID: int64(s.settings.AppID), Logger: s.log, Metrics: registry,
	})
	if err != nil {
		return err
	}
	s.web = s.newServer(receiver)
	if s.metricsListener != nil {
		s.metricsWeb = s.newServer(metricsHandler(registry, s.log))
	}
	base, _ := s.settings.APIURL() // connect has used it
	s.log.Info("dfbot starts", "version", version(), "listen", s.listener.Addr().String(),
		"metrics", address(s.metricsListener), "data", s.settings.Data, "app_id", s.settings.AppID,
		"github", base.String(), "webhook_secrets", len(secrets), "rules", len(active), "shellcheck", shell,
		"workers", s.settings.Workers)
	return nil
}

// connect makes the GitHub client.
func (s *service) connect(metrics *app.Metrics) error {
	key, err := s.settings.Key()
	if err != nil {
		return err
	}
	base, err := s.settings.APIURL()
	if err != nil {
		return err
	}
	s.github, err = github.New(github.Options{
		AppID: int64(s.settings.AppID), Key: key, URL: base.String(), RetryWait: pace.repeat, LateWrites: pace.late,
		Pace:    pace.write,
		Observe: metrics.Call, Dir: filepath.Join(s.settings.Data, "writes"),
	})
	return err
}

// findShellCheck returns the path and version of ShellCheck, "none" where it is not installed. If it does not run, the
// service does without it.
func (s *service) findShellCheck(ctx context.Context) string {
	found, err := s.shell.Version(ctx)
	if err != nil {
		s.log.Warn("ShellCheck does not run; reviewing without it", "error", err)
		s.shell = nil
	}
	return found
}

// plain are the secrets themselves.
func plain(secrets []config.Secret) []string {
	all := make([]string, len(secrets))
	for i, s := range secrets {
		all[i] = string(s)
	}
	return all
}

func address(l net.Listener) string {
	if l == nil {
		return "none"
	}
	return l.Addr().String()
}

func (s *service) newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// run serves until ctx ends or a listener fails, and then waits for what runs.
func (s *service) run(ctx context.Context) error {
	if err := s.queue.Start(ctx, s.app.Handle, s.app.GaveUp); err != nil {
		s.release()
		return err
	}
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	work.Go(func(context.Context) error { return serveOn(s.web, newBounded(s.listener, maxConnections)) })
	if s.metricsWeb != nil {
		work.Go(func(context.Context) error { return serveOn(s.metricsWeb, s.metricsListener) })
	}
	work.Go(func(ctx context.Context) error { s.introduce(ctx); return nil })
	work.Go(func(ctx context.Context) error {
		<-ctx.Done()
		return s.stop()
	})
	return work.Wait()
}

func serveOn(w *http.Server, l net.Listener) error {
	if err := w.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	return nil
}

// stop refuses deliveries, lets jobs that have begun to write finish, and leaves the others in the queue.
func (s *service) stop() error {
	s.log.Info("stopping: deliveries are refused; reviews that are being written get to finish", "within", drainTime)
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := s.shutDown(ctx); err != nil {
		s.log.Warn("some deliveries were cut off; redeliver them in the App's settings", "error", err)
	}
	err := s.queue.Close(ctx)
	s.docker.Close()
	if s.metricsWeb != nil {
		s.metricsWeb.Close()
	}
	if err != nil {
		return err
	}
	s.log.Info("stopped; unfinished jobs stay in the data folder")
	return nil
}

// shutDown closes idle connections at once, and gives those that are sending a delivery some time.
func (s *service) shutDown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deliveriesTime)
	defer cancel()
	if err := s.web.Shutdown(ctx); err != nil {
		s.web.Close()
		return err
	}
	return nil
}

// Waits between attempts to ask GitHub about the App.
const (
	firstAsk = 2 * time.Second
	lastAsk  = 5 * time.Minute
)

// introduce asks GitHub whether it knows the App by this key, until it has an answer. Jobs do not wait for it: it tells
// the operator about a wrong key before the first pull request does.
func (s *service) introduce(ctx context.Context) {
	for wait := firstAsk; ; wait = min(2*wait, lastAsk) {
		slug, err := s.github.Check(ctx)
		var refused job.GiveUp
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			s.log.Info("GitHub knows the App", "app_id", s.settings.AppID, "slug", slug)
			return
		case errors.As(err, &refused):
			wait = lastAsk
			s.log.Error("GitHub refuses the App, so dfbot cannot review: --app-id, --private-key, --github-url or "+
				"the clock is wrong",
				"app_id", s.settings.AppID, "error", err, "next", wait)
		default:
			s.log.Warn("GitHub did not answer when asked for the App; deliveries are accepted all the same", "error",
				err, "next", wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
