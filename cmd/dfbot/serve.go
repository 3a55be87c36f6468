package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dfbot/dfbot/config"
)

// settings are the operator's. The type lacks the methods of config.Server: kong would call Validate while it parses,
// and its error would hide the others.
type settings config.Server

func (s *settings) server() *config.Server { return (*config.Server)(s) }

type serveCommand struct {
	Settings      settings `embed:""`
	MetricsListen string   `name:"metrics-listen" env:"METRICS_LISTEN" placeholder:"ADDRESS" help:"${help_metrics}"`
	Check         bool     `help:"${help_check}"`
}

// serveHelp is the long help of flags, by the names that the struct tags use.
var serveHelp = kong.Vars{
	"help_metrics": "Address to serve /metrics on, for Prometheus, like 127.0.0.1:9464. Off by default: --listen is " +
		"public and metrics should not be.",
	"help_check": "Ask the dfbot that listens at --listen whether it is ready, and exit: 0 if it is, 1 if not. " +
		"For health checks in images without a shell.",
}

// Help shows examples.
func (serveCommand) Help() string {
	return `dfbot receives webhooks at POST /webhook. GET /healthz answers 200 while the process serves, GET /readyz
while it can store a delivery. You can set each flag by an environment variable: APP_ID for --app-id, and so on.

Examples:

    dfbot serve --app-id 12345 --private-key key.pem --webhook-secret-file secrets.txt
    dfbot serve --listen 127.0.0.1:8080 --data /var/lib/dfbot      behind a proxy that does TLS
    dfbot serve --github-url https://github.example.com/api/v3/    on an Enterprise Server

SIGTERM and SIGINT stop it: it refuses new deliveries, gives reviews that it is posting 20 seconds, and keeps the
rest in the data folder for the next start. A second signal ends it at once, and loses nothing either.`
}

// Run serves until a signal comes. Its error lists everything that is wrong with the settings, or else with what they
// name.
func (c *serveCommand) Run(ctx context.Context, s streams) error {
	if c.Check {
		return c.check(ctx, s)
	}
	if err := errors.Join(c.Settings.server().Validate(), c.validateMetrics()); err != nil {
		return listed("some settings are missing or wrong; see dfbot serve --help", err)
	}
	log := newLogger(s.err, c.Settings.LogFormat)
	slog.SetDefault(log)
	signalled, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer release()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	// From before the log says that dfbot stops, a second signal has its usual effect and ends the process.
	context.AfterFunc(signalled, func() { release(); cancel() })
	service, err := openService(ctx, c.Settings.server(), c.MetricsListen, log)
	if err != nil {
		return listed("cannot serve", err)
	}
	return service.run(ctx)
}

func (c *serveCommand) validateMetrics() error {
	if c.MetricsListen == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(c.MetricsListen)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		return fmt.Errorf("--metrics-listen (METRICS_LISTEN): %q is not an address like 127.0.0.1:9464",
			c.MetricsListen)
	}
	return nil
}

// listed puts the lines of joined errors under a heading.
func listed(heading string, err error) error {
	return fmt.Errorf("%s:\n  %s", heading, strings.ReplaceAll(err.Error(), "\n", "\n  "))
}

func newLogger(w io.Writer, format string) *slog.Logger {
	o := &slog.HandlerOptions{ReplaceAttr: readableDuration}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// readableDuration writes "20s" where JSON would have nanoseconds.
func readableDuration(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// checkTimeout is how long a health check waits. It is more than dfbot waits for its disk.
const checkTimeout = 5 * time.Second

// check asks a running dfbot whether it is ready.
func (c *serveCommand) check(ctx context.Context, s streams) error {
	host, port, err := net.SplitHostPort(c.Settings.Listen)
	if err != nil {
		return fmt.Errorf("--listen (LISTEN): %w", err)
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("--listen (LISTEN): %w", err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{}}).Do(req) // no proxy
	if err != nil {
		fmt.Fprintln(s.err, "dfbot: not ready:", err)
		return exit(1)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if resp.StatusCode != http.StatusOK {
		fmt.Fprintf(s.err, "dfbot: %s", answer)
		return exit(1)
	}
	_, err = fmt.Fprintln(s.out, "ready")
	return err
}
