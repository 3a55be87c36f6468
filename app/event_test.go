package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sourcegraph/conc/panics"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/review/analysis"
)

// stream keeps the events of an App, in their order.
type stream struct {
	mu  sync.Mutex
	all []app.Event
}

func (s *stream) add(e app.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, e)
}

// heard gives the events of jobs about pull requests, a line each, but for those of deliveries: these have no order
// among the others.
func (s *stream) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := []string{}
	for _, e := range s.all {
		if e.Job.Kind != job.Review && e.Job.Kind != job.Close {
			continue
		}
		line := fmt.Sprintf("%s: %s", e.Job.Kind, e.Kind)
		switch e.Kind {
		case app.Began:
			line += fmt.Sprintf(" %d", e.Attempt)
		case app.Posted:
			line += fmt.Sprintf(" %s, %d comments", e.Conclusion, e.Comments)
		case app.Crashed:
			line += " " + e.Rule
		}
		lines = append(lines, line)
	}
	return lines
}

// inOrder holds the events of each job to the order that [app.EventKind] promises.
func (s *stream) inOrder(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	runs := map[job.Job]bool{}
	for _, e := range s.all {
		j := e.Job
		j.Ref = job.Ref{Installation: j.Installation, Pull: j.Pull}
		wants := true // that the job runs
		switch e.Kind {
		case app.Accepted:
			continue
		case app.Began, app.GaveUp:
			wants = false
		}
		if runs[j] != wants {
			t.Errorf("%s out of order: %+v", e.Kind, e)
		}
		switch e.Kind {
		case app.Began:
			runs[j] = true
		case app.Done, app.Stale, app.Failed:
			runs[j] = false
			if (e.Err == nil) != (e.Kind == app.Done) || e.Attempt == 0 {
				t.Errorf("%s with attempt %d and error %v", e.Kind, e.Attempt, e.Err)
			}
		}
	}
	for j, still := range runs {
		if still {
			t.Errorf("no end of %+v", j)
		}
	}
}

// TestEvents is the order of events for each way in which a job can go.
func TestEvents(t *testing.T) {
	for name, want := range map[string][]string{
		"first-review": {"review: began 1", "review: posted success, 1 comments", "review: done", "review: began 2",
			"review: done"},
		"gave-up": {"review: began 1", "review: failed", "review: gave up", "review: gave up"},
		"closed": {"review: began 1", "review: posted success, 0 comments", "review: done", "close: began 1",
			"close: done",
			"review: began 2", "review: stale"},
		"limited": {"review: began 1", "review: failed", "review: began 2", "review: posted success, 1 comments",
			"review: done"},
		"draft": {"review: began 1", "review: posted success, 0 comments", "review: done",
			"review: began 1", "review: posted success, 1 comments", "review: done",
			"review: began 1", "review: posted success, 0 comments", "review: done"},
		"draft-skip": {"review: began 1", "review: done", "review: began 1", "review: posted success, 1 comments",
			"review: done"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
			if err != nil {
				t.Fatal(err)
			}
			p := &transcript{archive: archive}
			p.run(t)
			if d := gocmp.Diff(want, p.events.told()); d != "" {
				t.Error("-want +got\n", d)
			}
		})
	}
}

// TestEventOfCalls: the end of an attempt says how many calls to GitHub it made.
func TestEventOfCalls(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	review(w, map[string]string{"README.md": "# shop\n"},
		map[string]string{"Dockerfile": "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"})
	done := slices.IndexFunc(w.events.all, func(e app.Event) bool {
		return e.Kind == app.Done && e.Job.Kind == job.Review
	})
	graphql := 0
	for _, r := range w.srv.Requests() {
		if r.Path == "/graphql" {
			graphql++
		}
	}
	if got := w.events.all[done].Calls; got.All() != len(w.srv.Requests()) || got.GraphQL != graphql || graphql == 0 {
		t.Errorf("%+v of %d requests, %d of them to GraphQL", got, len(w.srv.Requests()), graphql)
	}
}

// TestAcceptedEvent holds what an event says of a delivery; one that is sent again is no second event.
func TestAcceptedEvent(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	pull, run := review(w, map[string]string{"README.md": "# shop\n"},
		map[string]string{"Dockerfile": "FROM scratch\n"})
	deliveries := w.srv.Deliveries()
	w.must(w.srv.Redeliver(deliveries[slices.IndexFunc(deliveries,
		func(d githubtest.Delivery) bool { return d.Event == "pull_request" })].ID))
	w.wait(0)
	var got []string
	for _, e := range w.events.all {
		if e.Kind != app.Accepted || e.Delivery.Event != "pull_request" {
			continue
		}
		got = append(got, fmt.Sprintf("%s %s %s %s", e.Delivery.Event, e.Delivery.Action, e.Job.Ref, e.Job.Head))
		if e.Job.Delivery == "" || e.Job.Delivery != e.Delivery.ID || e.Delivery.Size == 0 || e.Delivery.Took <= 0 {
			t.Errorf("the delivery is %+v", e.Delivery)
		}
	}
	if want := []string{fmt.Sprintf("pull_request opened octo/shop#%d %s", pull.Number,
		run.HeadSHA)}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestEventOfACrash: a rule that panics is an event of the review that goes on without it.
func TestEventOfACrash(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	crashing := &analysis.Rule{Name: "crashing", Doc: "always", Severity: analysis.Warning,
		Run: func(*analysis.Pass) { panic("oh") }}
	w.rules = []*analysis.Rule{crashing}
	w.app = w.bot()
	review(w, map[string]string{"README.md": "# shop\n"}, map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n"})
	want := []string{"review: began 1", "review: crashed crashing", "review: posted neutral, 0 comments",
		"review: done"}
	if d := gocmp.Diff(want, w.events.told()); d != "" {
		t.Error("-want +got\n", d)
	}
	w.events.inOrder(t)
}

// TestEventOfAPanic: an attempt that panics ends with an event, and with an error that has the stack.
func TestEventOfAPanic(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.app = w.botWith(func(o *app.Options) {
		o.Accept = func(context.Context, string, ...job.Job) (bool, error) { panic("oh") }
	})
	repo, pull, head := unheard(w)
	ref := job.Ref{Installation: w.inst.ID, Repository: repo.ID, Owner: "octo", Name: "shop", Head: head}
	err := w.app.Handle(t.Context(), job.Job{Kind: job.Review, Ref: ref, Delivery: "guid"}, 1)
	var caught *panics.ErrRecovered
	if !errors.As(err, &caught) || !strings.Contains(string(caught.Stack), "queueEach") {
		t.Errorf("pull request %d: error %v", pull.Number, err)
	}
	if got, want := w.events.told(), []string{"review: began 1", "review: failed"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestEventOfASupersededJob: whatever error it returns, its work is no longer wanted.
func TestEventOfASupersededJob(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	repo, pull, head := unheard(w)
	ref := job.Ref{Installation: w.inst.ID, Repository: repo.ID, Owner: "octo", Name: "shop", Pull: pull.Number,
		Head: head}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(queue.ErrSuperseded)
	if err := w.app.Handle(ctx, job.Job{Kind: job.Review, Ref: ref, Delivery: "guid"}, 1); err == nil {
		t.Error("no error")
	}
	if got, want := w.events.told(), []string{"review: began 1", "review: stale"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNoSubscriber: an App without a subscriber works as well.
func TestNoSubscriber(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.app = w.botWith(func(o *app.Options) { o.Observe = nil })
	if _, run := review(w, map[string]string{"README.md": "# shop\n"},
		map[string]string{"Dockerfile": "FROM scratch\n"}); run.Conclusion != "success" {
		t.Errorf("the check run concludes %s", run.Conclusion)
	}
	if got := w.events.told(); len(got) != 0 {
		t.Errorf("events %q", got)
	}
}

// What people ask for in comments and by buttons is counted, by what came of it.
func TestAskedForIsCounted(t *testing.T) {
	for file, want := range map[string]map[string]float64{
		"apply-safe": {`dfbot_presses_total outcome=done`: 2, `dfbot_applied_fixes_total`: 1},
		"apply-no-write": {`dfbot_presses_total outcome=done`: 1,
			`dfbot_presses_total outcome=no_write_access`: 1},
		"apply-moved":          {`dfbot_presses_total outcome=head_moved`: 2},
		"command-explain":      {`dfbot_commands_total command=explain outcome=done`: 1},
		"command-help":         {`dfbot_commands_total command=help outcome=done`: 2},
		"command-review":       {`dfbot_commands_total command=review outcome=done`: 1},
		"command-fix-fork":     {`dfbot_commands_total command=fix outcome=declined`: 1},
		"command-stranger":     {`dfbot_commands_total command=ignore outcome=declined`: 1},
		"command-unknown-rule": {`dfbot_commands_total command=unknown outcome=unclear`: 1},
	} {
		t.Run(file, func(t *testing.T) {
			archive, err := txtar.ParseFile("testdata/" + file + ".txtar")
			if err != nil {
				t.Fatal(err)
			}
			p := &transcript{archive: archive}
			p.run(t)
			registry := prometheus.NewRegistry()
			metrics := app.NewMetrics(registry)
			for _, e := range p.events.all {
				metrics.Observe(e)
			}
			got := gathered(t, registry)
			for name, n := range want {
				if got[name] != n {
					t.Errorf("%s is %v, want %v; there are %v", name, got[name], n, got)
				}
			}
		})
	}
}

// A press and a command that are given up are counted as such.
func TestGivenUpIsCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	metrics := app.NewMetrics(registry)
	for _, kind := range []job.Kind{job.Apply, job.Command, job.Review} {
		metrics.Observe(app.Event{Kind: app.GaveUp, Job: job.Job{Kind: kind}})
	}
	got := gathered(t, registry)
	if got[`dfbot_presses_total outcome=given_up`] != 1 ||
		got[`dfbot_commands_total command=unknown outcome=given_up`] != 1 {
		t.Errorf("there are %v", got)
	}
}
