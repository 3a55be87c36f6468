// Package app does the jobs of the queue: it has a pull request read, reviewed and answered, and reports to the queue
// how that ended.
//
//	job -> github.Snapshot -> config.ParseFile -> analysis.Run -> review.New -> checks.Word -> comments, check run
//
// A job may be run twice, late, or after a crash at any point. What was said before is read again each time, comments
// are written before the check run, and the check run carries a key of what it is about: so a pull request ends up with
// one review and one check run, never two, never none, and the newest check run of a commit is the verdict on its
// present state.
//
// The package must never decide about a Dockerfile or word a finding. A job that is given up says so on the check run;
// an error in dfbot must never read as success.
package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/shellcheck"
)

// Options are the parts that an App is made of. GitHub, Rules and Accept are required.
type Options struct {
	GitHub *github.Client
	// Rules are all rules, with [analysis.DoesNotParse].
	Rules []*analysis.Rule
	// Docker runs Docker's own build checks beside the rules; nil runs none. Who made it closes it, after the last job.
	Docker *buildkit.Checks
	// Shell runs ShellCheck beside the rules; nil runs none.
	Shell *shellcheck.Checks
	// Accept takes further jobs, as [queue.Queue.Accept] does.
	Accept func(ctx context.Context, delivery string, jobs ...job.Job) (bool, error)
	// Today returns the day on which to check what may be out of date; without it nothing is.
	Today func() time.Time
	// Version is part of the key of a check run: another version reviews a commit again when it is asked to.
	Version string
	// Observe is called with each [Event] as it happens; nil costs nothing. It is called on the goroutine that does the
	// job, of several jobs at once, and the job waits until it returns: it must be safe for concurrent use and return
	// soon.
	Observe func(Event)
	// Logger gets what is reported nowhere else; slog.Default() when nil.
	Logger *slog.Logger
}

// App does the jobs.
type App struct {
	github  *github.Client
	rules   []*analysis.Rule
	docker  *buildkit.Checks
	shell   *shellcheck.Checks
	accept  func(ctx context.Context, delivery string, jobs ...job.Job) (bool, error)
	today   func() time.Time
	version string
	observe func(Event)
	log     *slog.Logger
}

// New makes an App.
func New(o Options) (*App, error) {
	if o.GitHub == nil || len(o.Rules) == 0 || o.Accept == nil {
		return nil, errors.New("make app: a GitHub client, rules and a queue are needed")
	}
	if o.Today == nil {
		o.Today = func() time.Time { return time.Time{} }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &App{
		github: o.GitHub, rules: o.Rules, docker: o.Docker, shell: o.Shell, accept: o.Accept,
		today: o.Today, version: o.Version, observe: o.Observe, log: o.Logger,
	}, nil
}
