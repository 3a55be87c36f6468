// Package queue holds the work that deliveries ask for until it is done, and loses none of it.
//
// A [Queue] is a folder with one SQLite database in it and belongs to one process at a time. [Queue.Accept] puts jobs
// into it together with the id of the delivery that asked for them, and returns when both are on the disk.
// [Queue.Start] works them: newest job of a pull request first and alone, again after errors, and never two of the same
// pull request at once. What someone applies to a pull request does not count for that: it has a lane of its own.
// Installations take turns, and so do the repositories of each; one worker is never lent to the installation that has
// all others. Jobs are those of River (riverqueue/river), so that its tools can read the
// database; this package adds the grouped commit, the lanes, the turns and the outcomes.
//
// A job holds identifiers only. Whatever else a [Handler] needs it reads again when it runs, because a job may be late,
// doubled or outdated. It may also be run twice: a process that dies between a job's last write and the note that it is
// done leaves the job in the queue, and the next process runs it again.
//
// The package knows nothing of GitHub and never looks into what a job points at.
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/sourcegraph/conc"

	"github.com/dfbot/dfbot/app/job"
)

// Options say where a queue lives and how patient it is. The zero value of every field but Dir is the default.
type Options struct {
	// Dir is the data folder. It is made with mode 0700 where it is missing.
	Dir string
	// Workers is how many jobs run at once. Default 4.
	Workers int
	// Attempts is how often a job is tried before it is given up. Default 8.
	Attempts int
	// Backoff is the wait after the first failed attempt; each further wait is three times as long, give or take
	// a fifth. Default 4 s, which spreads eight attempts over about 70 minutes.
	Backoff time.Duration
	// Timeout is how long one attempt may take before its context ends. Default 10 minutes.
	Timeout time.Duration
	// DeathWait is the wait before a job runs again that was running when a process died; it doubles with each further
	// death, up to 16 times as long. Default 1 s.
	DeathWait time.Duration
	// Backlog is how many calls of Accept may wait for the disk before more are refused. Default 1024.
	Backlog int
	// Logger gets one line for each job that ended and for each trouble. Default slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = 4
	}
	if o.Attempts <= 0 {
		o.Attempts = 8
	}
	if o.Backoff <= 0 {
		o.Backoff = 4 * time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Minute
	}
	if o.DeathWait <= 0 {
		o.DeathWait = time.Second
	}
	if o.Backlog <= 0 {
		o.Backlog = 1024
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

var (
	// ErrInUse says that another process holds the data folder.
	ErrInUse = errors.New("data folder is in use by another process")
	// ErrOverloaded says that too many deliveries wait for the disk already; the sender should come back later.
	ErrOverloaded = errors.New("queue is overloaded")
	// ErrClosed says that the queue has been closed.
	ErrClosed = errors.New("queue is closed")
)

// Queue is a durable queue of jobs in a folder. It is safe for concurrent use.
type Queue struct {
	opts  Options
	log   *slog.Logger
	store *sqlite
	bell  bell

	handler Handler
	gaveUp  GaveUp
	started atomic.Bool

	lanes    lanes
	turns    turns
	suspects suspects
	counts   counts
	line     line
	unwell   atomic.Bool // the last group of acceptances was not stored

	closing   sync.RWMutex // held for writing while closed is set, so that no delivery enters the line afterwards
	closed    bool
	owned     conc.WaitGroup
	stopPrune context.CancelFunc
}

// Open opens the queue in o.Dir, making it where it is missing, brings its tables up to date, and makes jobs that were
// running when the last process ended available again. From then on Accept works; nothing is run before Start.
// A folder that another process has open gives an error that is ErrInUse.
func Open(ctx context.Context, o Options) (*Queue, error) {
	o = o.withDefaults()
	if o.Dir == "" {
		return nil, errors.New("open queue: no data folder given")
	}
	store, err := openSQLite(ctx, o.Dir, o.Logger)
	if err != nil {
		return nil, fmt.Errorf("open queue in %s: %w", o.Dir, err)
	}
	q := &Queue{opts: o, log: o.Logger, store: store, bell: newBell(), line: newLine(o.Backlog)}
	q.turns.repository = map[int64]int64{}
	if err := q.open(ctx); err != nil {
		return nil, fmt.Errorf("open queue in %s: %w", o.Dir, errors.Join(err, store.close()))
	}
	return q, nil
}

func (q *Queue) open(ctx context.Context) (err error) {
	q.suspects.job, err = q.store.recover(ctx, func(deaths int) time.Duration {
		wait := q.deathWait(deaths)
		q.ringAfter(wait)
		return wait
	})
	if err != nil {
		return err
	}
	if err := q.store.connect(q.riverConfig(), q.take, q.bell); err != nil {
		return err
	}
	ctx, q.stopPrune = context.WithCancel(context.WithoutCancel(ctx))
	q.owned.Go(q.commitLoop)
	q.owned.Go(func() { q.pruneLoop(ctx) })
	return nil
}

func (q *Queue) riverConfig() *river.Config {
	workers := river.NewWorkers()
	for _, kind := range append(job.Kinds(), gaveUpKind) {
		river.AddWorkerArgs(workers, args{as: kind}, river.Worker[args](&worker{queue: q}))
	}
	return &river.Config{
		FetchCooldown:       5 * time.Millisecond,
		FetchPollInterval:   time.Second,
		JobTimeout:          q.opts.Timeout,
		Logger:              slog.New(atLeast{q.log.Handler(), slog.LevelWarn}),
		MaxAttempts:         q.opts.Attempts,
		Queues:              map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.opts.Workers}},
		ReindexerIndexNames: []string{},
		Workers:             workers,
	}
}

// Start begins to work the jobs: each is given to handler, and one that is given up is then given to gaveUp.
// It may be called once.
func (q *Queue) Start(ctx context.Context, handler Handler, gaveUp GaveUp) error {
	if handler == nil || gaveUp == nil {
		return errors.New("start queue: a handler and a callback for jobs given up are needed")
	}
	if q.started.Swap(true) {
		return errors.New("start queue: it is already started")
	}
	q.handler, q.gaveUp = handler, gaveUp
	// River ends all work when the context of Start ends; here Close decides that.
	if err := q.store.river.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	return nil
}

// Ready returns nil if a delivery could be stored now, or else the reason why not.
func (q *Queue) Ready(ctx context.Context) error {
	if q.isClosed() {
		return ErrClosed
	}
	if len(q.line.waiting) == cap(q.line.waiting) {
		return ErrOverloaded
	}
	// If the last delivery was not stored and none comes, nothing else would find out that there is room on the disk
	// again.
	if err := q.store.check(ctx, q.unwell.Load()); err != nil {
		return fmt.Errorf("reach queue: %w", err)
	}
	q.unwell.Store(false)
	return nil
}

func (q *Queue) isClosed() bool {
	q.closing.RLock()
	defer q.closing.RUnlock()
	return q.closed
}

// hardStop is how long jobs whose context has been ended by Close get to return.
const hardStop = 5 * time.Second

// Close takes no more deliveries and ends the contexts of the running jobs at once, but for what they do with
// [Uninterrupted]: for that it waits until ctx ends, and then a few seconds more. Jobs that did not end stay in the
// queue for the next process, and what they began is not counted as an attempt. The error says that some of them had
// not even returned.
func (q *Queue) Close(ctx context.Context) error {
	q.closing.Lock()
	if q.closed {
		q.closing.Unlock()
		return nil
	}
	q.closed = true
	close(q.line.waiting)
	q.closing.Unlock()

	q.lanes.stop()
	q.stopPrune()
	q.owned.Wait()
	var errs []error
	if q.started.Load() {
		errs = append(errs, q.stopRiver(ctx))
	}
	errs = append(errs, q.store.close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close queue: %w", err)
	}
	return nil
}

func (q *Queue) stopRiver(ctx context.Context) error {
	if q.store.river.Stop(ctx) == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hardStop)
	defer cancel()
	if err := q.store.river.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("stop running jobs: %w", err)
	}
	return nil
}

// atLeast lets through only what is at least as grave as a level: River is talkative below warnings.
type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(attrs), h.level}
}

func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}
