// Package webhook receives what GitHub delivers and turns it into jobs.
//
// A delivery is checked in this order: size, content type, signature, event, id. Then a few fields of it are read, its
// event and action are looked up in a table, and the jobs that the table names are stored. The answer is 202 once they
// are on the disk, and not before: GitHub does not send a delivery again on its own. What the table does not know is
// answered with 200 and dropped, since GitHub adds events and actions without notice. Each answer says in its body what
// became of the delivery; GitHub keeps it in the App's delivery log.
//
// The signature proves that GitHub sent the delivery, not that its contents are benign. The package takes numbers, ids
// and SHAs from it, and whether a comment holds a command; it must never call GitHub, follow a URL in a delivery, or
// log its text but for the repository's name.
package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
)

const (
	// maxBody is the size in bytes of the largest body that is read: GitHub sends at most 25 MB, plus slack.
	maxBody = 26_000_000
	// maxMemory is how many bytes of bodies are held at once, over all deliveries. A quarter is kept for small ones.
	maxMemory = 128 << 20
	// maxID is the longest delivery id in bytes. GitHub's are GUIDs of 36.
	maxID = 128
	// readTimeout is how long a sender may take for a body, storeTimeout how long the disk may take. Together they
	// stay below the 10 s after which GitHub gives up.
	readTimeout  = 5 * time.Second
	storeTimeout = 4 * time.Second
	// retryAfter is how long a refused sender should wait, in seconds.
	retryAfter = "10"
)

// Options say what a receiver trusts and where it puts jobs.
type Options struct {
	// Secrets are the webhook secrets that a delivery may be signed with, at least one and none of them empty. Two are
	// needed while a secret is being changed: GitHub signs what is under way or sent again with either.
	Secrets []string
	// Queue takes the jobs.
	Queue *queue.Queue
	// AppID is the id of this App. Requests to run a check again that name another App are dropped; 0 takes all.
	AppID int64
	// Accepted is called for each delivery whose jobs are on the disk, before it is answered; nil costs nothing. It is
	// called on the goroutine of the request, of several at once, and the answer waits until it returns.
	Accepted func(Delivery)
	// Logger gets one line for each delivery. Default slog.Default().
	Logger *slog.Logger
	// Metrics, if not nil, gets the counter dfbot_deliveries_total with the labels event and outcome.
	Metrics prometheus.Registerer
}

// New returns the handler of POST /webhook, GET /healthz, which answers 200 while the process serves, and GET /readyz,
// which answers 200 while a delivery could be stored. It refuses to work without secrets.
func New(o Options) (http.Handler, error) {
	r, err := newReceiver(o)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhook", r)
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /readyz", r.ready)
	return mux, nil
}

type receiver struct {
	secrets  secrets
	queue    *queue.Queue
	app      int64
	log      *slog.Logger
	memory   memory
	accepted func(Delivery)
	counts   *prometheus.CounterVec
	unready  atomic.Int64 // when the log has last said that dfbot is not ready, in nanoseconds since 1970
}

func newReceiver(o Options) (*receiver, error) {
	secrets, err := newSecrets(o.Secrets)
	if err != nil {
		return nil, err
	}
	if o.Queue == nil {
		return nil, errors.New("make webhook receiver: it needs a queue")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	counts := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dfbot_deliveries_total",
		Help: "Deliveries received, by event and outcome.",
	}, []string{"event", "outcome"})
	if o.Metrics != nil {
		if err := o.Metrics.Register(counts); err != nil {
			return nil, err
		}
	}
	return &receiver{secrets: secrets, queue: o.Queue, app: o.AppID, log: o.Logger, memory: newMemory(),
		accepted: o.Accepted, counts: counts}, nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d := &delivery{id: req.Header.Get("X-GitHub-Delivery"), event: req.Header.Get("X-GitHub-Event")}
	start := time.Now()
	setReadDeadline(w, start.Add(readTimeout))
	r.receive(w, req, d)
	took := time.Since(start)
	r.record(req.Context(), d, took)
	if r.accepted != nil && d.result == accepted {
		r.accepted(Delivery{ID: d.id, Event: d.event, Action: d.payload.Action, Ref: d.ref, Size: d.size, Took: took})
	}
	answer(w, d)
}

// receive takes a delivery as far as it gets and notes how it ended.
func (r *receiver) receive(w http.ResponseWriter, req *http.Request, d *delivery) {
	if req.ContentLength > maxBody {
		d.end(tooLarge, "the body is larger than any that GitHub sends")
		return
	}
	if media, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || media != "application/json" {
		d.end(notJSON, `the content type is not application/json; set it in the App's webhook settings`)
		return
	}
	signature, signed := signatureOf(req.Header)
	if !signed {
		d.end(unsigned, "the X-Hub-Signature-256 header is missing or invalid")
		return
	}
	body, release, err := r.read(w, req)
	defer release()
	if err != nil {
		d.unread(err)
		return
	}
	if !r.secrets.signed(body, signature) {
		d.end(forged, "the signature matches none of the configured secrets")
		return
	}
	d.size = len(body)
	if jobs := d.asks(body, r.app); len(jobs) > 0 {
		r.store(req.Context(), d, jobs)
	}
}

func (r *receiver) store(ctx context.Context, d *delivery, jobs []job.Job) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	d.ref = jobs[0].Ref
	fresh, err := r.queue.Accept(ctx, d.id, jobs...)
	d.err = err
	switch {
	case errors.Is(err, queue.ErrOverloaded):
		d.end(overloaded, "too many deliveries wait to be stored")
	case err != nil:
		d.end(unstored, "the delivery could not be stored")
	case !fresh:
		d.end(duplicate, "this delivery was accepted before")
	default:
		d.end(accepted, "")
	}
}

// record counts a delivery and logs it in one line.
func (r *receiver) record(ctx context.Context, d *delivery, took time.Duration) {
	label := d.event
	if _, known := events[label]; !known {
		label = "other" // an event is the sender's text until it is found in the table
	}
	r.counts.WithLabelValues(label, string(d.result)).Inc()
	level := slog.LevelInfo
	if statuses[d.result] >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("delivery", short(d.id)), slog.String("event", short(d.event)),
		slog.String("action", short(d.payload.Action)),
		slog.Any("", d.ref), slog.String("outcome", string(d.result)), slog.Duration("took", took),
	}
	if d.reason != "" {
		attrs = append(attrs, slog.String("reason", d.reason))
	}
	if d.err != nil {
		attrs = append(attrs, slog.Any("error", d.err))
	}
	r.log.LogAttrs(ctx, level, "delivery", attrs...)
}

// short keeps a sender from filling the log.
func short(s string) string { return s[:min(len(s), maxID)] }

func answer(w http.ResponseWriter, d *delivery) {
	status := statuses[d.result]
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.WriteHeader(status)
	// An error means that the sender has gone.
	_ = json.NewEncoder(w).Encode(struct {
		Outcome result `json:"outcome"`
		Reason  string `json:"reason,omitempty"`
	}{d.result, d.reason})
}

func healthy(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// unreadyEvery is how often at most the log says that dfbot is not ready: anyone may ask.
const unreadyEvery = time.Minute

// notReady answers with the kind of reason. Its details, which may name files and faults of the machine, are for the
// log.
func (r *receiver) notReady(w http.ResponseWriter, err error) {
	reason := "deliveries cannot be stored"
	switch {
	case errors.Is(err, queue.ErrClosed):
		reason = "it is stopping"
	case errors.Is(err, queue.ErrOverloaded):
		reason = "too many deliveries wait to be stored"
	}
	http.Error(w, "not ready: "+reason, http.StatusServiceUnavailable)
	last, now := r.unready.Load(), time.Now().UnixNano()
	if now-last >= int64(unreadyEvery) && r.unready.CompareAndSwap(last, now) {
		r.log.Warn("not ready", "reason", reason, "error", err)
	}
}

func (r *receiver) ready(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), storeTimeout)
	defer cancel()
	if err := r.queue.Ready(ctx); err != nil {
		r.notReady(w, err)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}
