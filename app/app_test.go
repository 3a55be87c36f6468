package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/review/analysis"
)

// review opens a pull request that takes the files from before to after, lets the bot review it and returns what is
// there then.
func review(w *world, before, after map[string]string) (*githubtest.Pull, githubtest.CheckRun) {
	w.Helper()
	repo, err := w.srv.CreateRepo("octo", "shop", before)
	w.must(err)
	head, err := repo.Commit("topic", githubtest.Commit{Files: after})
	w.must(err)
	pull, err := repo.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	for _, e := range w.wait(1) {
		w.must(e.err)
	}
	runs := repo.CheckRuns(head)
	if len(runs) != 1 {
		w.Fatalf("%d check runs", len(runs))
	}
	return pull, runs[0]
}

// A rule that panics loses only itself; the check run says so and is no success; the metrics count it.
func TestRuleCrashes(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	crashing := &analysis.Rule{Name: "crashing", Doc: "always", Severity: analysis.Warning,
		Run: func(*analysis.Pass) { panic("oh") }}
	w.rules = []*analysis.Rule{crashing, labels}
	registry := prometheus.NewRegistry()
	metrics := app.NewMetrics(registry)
	w.app = w.botWith(func(o *app.Options) { o.GitHub, o.Observe = w.client(metrics.Call), metrics.Observe })
	pull, run := review(w, map[string]string{"README.md": "# shop\n"},
		map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n"})
	if run.Conclusion != "neutral" || !strings.Contains(run.Summary, "The rule crashing crashed") {
		t.Errorf("the check run is %s:\n%s", run.Conclusion, run.Summary)
	}
	if n := len(pull.Comments()); n != 1 {
		t.Errorf("%d comments, want that of the other rule", n)
	}
	got := gathered(t, registry)
	for name, want := range map[string]float64{
		`dfbot_rule_crashes_total rule=crashing`: 1,
		`dfbot_reviews_total conclusion=neutral`: 1,
		`dfbot_comments_total`:                   1,
		`dfbot_github_calls_total method=POST route=repos/{owner}/{repo}/pulls/{n}/reviews status=200`: 1,
		`dfbot_job_seconds kind=review outcome=done`:                                                   1,
		`dfbot_job_calls kind=review`:                                                                  1,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v; there are %v", name, got[name], want, got)
		}
	}
}

func gathered(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += fmt.Sprintf(" %s=%s", l.GetName(), l.GetValue())
			}
			values[name] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}

// A patch that GitHub leaves out is not taken for "nothing changed": dfbot compares the file itself with what it was.
func TestNoPatch(t *testing.T) {
	large := func(word string) string { return strings.Repeat("# "+word+"\n", 21_000) }
	for _, c := range []struct {
		name, before, after string
		conclusion          string
	}{
		{"large", "FROM scratch\nLABEL a=b\n" + large("before"), "FROM scratch\nLABEL a=b\nLABEL c=d\n" +
			large("after"), "success"},
		{"binary", "FROM scratch\nLABEL a=b\n# \x00\n", "FROM scratch\nLABEL a=b\nLABEL c=d\n", "success"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			w.rules = []*analysis.Rule{labels}
			w.app = w.bot()
			pull, run := review(w, map[string]string{"Dockerfile": c.before}, map[string]string{"Dockerfile": c.after})
			if run.Conclusion != c.conclusion || len(run.Annotations) != 1 || run.Annotations[0].StartLine != 3 {
				t.Errorf("the check run is %s with annotations %+v:\n%s", run.Conclusion, run.Annotations, run.Summary)
			}
			if n := len(pull.Comments()); n != 0 {
				t.Errorf("%d comments on lines that take none", n)
			}
		})
	}
}

// Where the file cannot be compared either, the check run says so and is no success.
func TestNoPatchNoComparison(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.rules = []*analysis.Rule{labels}
	w.app = w.bot()
	w.srv.Fault(githubtest.Match{Path: "/repos/{owner}/{repo}/compare/{basehead}"}, githubtest.Fault{Status: 404})
	file := func(word string) map[string]string {
		return map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n" + strings.Repeat("# "+word+"\n", 21_000)}
	}
	_, run := review(w, file("before"), file("after"))
	if run.Conclusion != "neutral" || !strings.Contains(run.Summary, "GitHub shows no patch") {
		t.Errorf("the check run is %s:\n%s", run.Conclusion, run.Summary)
	}
}

// A configuration that is too large is not read, whatever its size; the check run says so, and the review goes on.
func TestLargeConfiguration(t *testing.T) {
	for name, options := range map[string]githubtest.Options{"GraphQL": {}, "REST": {Enterprise: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, options)
			w.srv.Fault(githubtest.Match{Path: "/repos/{owner}/{repo}/git/blobs/{file_sha}"},
				githubtest.Fault{Status: 502})
			if options.Enterprise {
				w.srv.Fault(githubtest.Match{Path: "/graphql"}, githubtest.Fault{Status: 404})
			}
			before := map[string]string{".dfbot.yml": strings.Repeat("# large\n", 1<<17)}
			_, run := review(w, before, map[string]string{"README.md": "# shop\n"})
			if run.Conclusion != "neutral" || !strings.Contains(run.Summary, "is larger than 64 KiB") {
				t.Errorf("the check run is %s, %s:\n%s", run.Conclusion, run.Title, run.Summary)
			}
		})
	}
}

func TestTooManyDockerfiles(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	files := map[string]string{}
	for i := range 203 {
		files[fmt.Sprintf("d%03d/Dockerfile", i)] = "FROM scratch\n"
	}
	_, run := review(w, map[string]string{"README.md": "# shop\n"}, files)
	if run.Conclusion != "neutral" || strings.Count(run.Summary, "dfbot reviews at most 200 Dockerfiles") != 3 {
		t.Errorf("the check run is %s:\n%s", run.Conclusion, run.Summary)
	}
}

// What the author of a pull request writes does not leave its code span, in the check run of a job given up either.
func TestGaveUpQuotes(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	w.must(err)
	head, err := repo.Commit("topic", githubtest.Commit{Files: map[string]string{"main.go": "package main\n"}})
	w.must(err)
	pull, err := repo.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	w.wait(1)
	j := job.Job{Kind: job.Review, Ref: job.Ref{Installation: w.inst.ID, Repository: repo.ID, Owner: "octo",
		Name: "shop", Pull: pull.Number, Head: head}}
	w.must(w.app.GaveUp(t.Context(), j, fmt.Errorf("read a`b: @octocat #1 </details>\n## Heading")))
	runs := repo.CheckRuns(head)
	summary := runs[len(runs)-1].Summary
	for _, line := range strings.Split(summary, "\n") {
		if strings.HasPrefix(line, "## ") || strings.Contains(line, "@octocat") && !strings.Contains(line, "``") {
			t.Errorf("out of its span:\n%s", summary)
		}
	}
}

// unheard opens a pull request of which no webhook tells.
func unheard(w *world) (*githubtest.Repo, *githubtest.Pull, string) {
	w.Helper()
	repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	w.must(err)
	w.gapp.SetWebhook("", "")
	head, err := repo.Commit("topic", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM scratch\n"}})
	w.must(err)
	pull, err := repo.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	return repo, pull, head
}

// A delivery that says "closed" comes after the one that says "reopened", and takes the place of its job: the review is
// made all the same.
func TestClosedComesLate(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	repo, pull, head := unheard(w)
	j := job.Job{Kind: job.Close,
		Ref: job.Ref{Installation: w.inst.ID, Repository: repo.ID, Owner: "octo", Name: "shop", Pull: pull.Number,
			Head: head}}
	w.must(w.app.Handle(t.Context(), j, 1))
	if n := len(repo.CheckRuns(head)); n != 1 {
		t.Errorf("%d check runs", n)
	}
}

// Jobs about installations ask GitHub for no more than what the App is, and one of an unknown kind is given up.
func TestOtherJobs(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for _, kind := range []job.Kind{job.Refresh, job.Forget} {
		w.must(w.app.Handle(t.Context(), job.Job{Kind: kind, Ref: job.Ref{Installation: w.inst.ID}}, 1))
	}
	if all := w.srv.Requests(); len(all) != 1 || all[0].Operation != "/app" {
		t.Errorf("calls %v", all)
	}
	err := w.app.Handle(t.Context(), job.Job{Kind: "dance"}, 1)
	if _, gaveUp := err.(job.GiveUp); !gaveUp {
		t.Errorf("error %v, want GiveUp", err)
	}
	w.must(w.app.GaveUp(t.Context(), job.Job{Kind: "dance"}, err))
}

// The whole way by itself: a delivery, the queue's own attempts, a fault that goes away.
func TestServe(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	q, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir(), Logger: quiet, Backoff: time.Millisecond})
	w.must(err)
	defer q.Close(context.Background())
	done := make(chan error, 10)
	handle := func(ctx context.Context, j job.Job, attempt int) error {
		err := w.app.Handle(ctx, j, attempt)
		var later job.RetryAt
		if errors.As(err, &later) { // by the clock of the world, which the queue does not go by
			w.clock.Add(later.Time.Sub(w.clock.Now()))
			err = later.Err
		}
		done <- err
		return err
	}
	w.must(q.Start(t.Context(), handle, w.app.GaveUp))
	repo, pull, head := unheard(w)
	w.srv.Fault(githubtest.Match{Method: "POST", Path: "/repos/{owner}/{repo}/check-runs", Times: 1},
		githubtest.Fault{Status: 502, After: true})
	_, err = q.Accept(t.Context(), "guid",
		job.Job{Kind: job.Review,
			Ref: job.Ref{Installation: w.inst.ID, Repository: repo.ID, Owner: "octo", Name: "shop", Pull: pull.Number,
				Head: head}, Delivery: "guid"})
	w.must(err)
	if err := <-done; err == nil {
		t.Error("the first attempt did not fail")
	}
	w.must(<-done)
	if n := len(repo.CheckRuns(head)); n != 1 {
		t.Errorf("%d check runs", n)
	}
}

// TestMuchWork: where the Dockerfiles of a pull request take too much work, the first are judged as far as that goes,
// the rest are named as not judged, and the pull request does not pass.
func TestMuchWork(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for i := range 20 {
		greedy := &analysis.Rule{Name: fmt.Sprintf("greedy-%d", i), Severity: analysis.Warning,
			Run: func(p *analysis.Pass) {
				for {
					p.File.Charge(1 << 20) // it only says so
				}
			}}
		w.rules = append(w.rules, greedy)
	}
	w.app = w.bot()
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%02d/Dockerfile", i)] = "FROM debian:12.1\nCMD [\"x\"]\n"
	}
	_, run := review(w, map[string]string{"README.md": "x"}, files)
	if run.Conclusion != "neutral" {
		t.Errorf("the check run concludes %s", run.Conclusion)
	}
	text := run.Summary + run.Text
	for _, want := range []string{"`00/Dockerfile`: 20 rules were stopped",
		"`19/Dockerfile` was not reviewed: the other Dockerfiles of this pull request"} {
		if !strings.Contains(text, want) {
			t.Errorf("the check run does not say %q:\n%s", want, text)
		}
	}
}
