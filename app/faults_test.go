package app_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review/analysis"
)

// trouble is something that goes wrong with one call.
type trouble struct {
	name  string
	fault githubtest.Fault
	crash crash // of the process
	write bool  // it means something to writes only
}

type crash int

const (
	noCrash crash = iota
	before        // the call is not made any more
	after         // the call is made, and its answer is never seen
)

func troubles() []trouble {
	var all []trouble
	for _, status := range []int{401, 403, 404, 409, 422, 429, 500, 502} {
		all = append(all, trouble{name: fmt.Sprint(status), fault: githubtest.Fault{Status: status}})
	}
	for _, status := range []int{500, 502} {
		all = append(all, trouble{name: fmt.Sprint(status, " after its work"),
			fault: githubtest.Fault{Status: status, After: true}})
	}
	for _, status := range []int{200, 403, 422} {
		all = append(all, trouble{name: fmt.Sprint("page with ", status),
			fault: githubtest.Fault{Status: status, Page: true}})
	}
	for _, late := range []time.Duration{time.Second, 5 * time.Second, 20 * time.Second} {
		fault := githubtest.Fault{Status: 502, Late: late}
		all = append(all, trouble{name: fmt.Sprint("work ", late, " late"), fault: fault, write: true},
			trouble{name: fmt.Sprint("crash, and work ", late, " late"), fault: fault, crash: after, write: true})
	}
	return append(all,
		trouble{name: "page with 200 after its work", fault: githubtest.Fault{Status: 200, Page: true, After: true}},
		trouble{name: "primary limit", fault: githubtest.Fault{Trouble: githubtest.PrimaryLimit}},
		trouble{name: "secondary limit", fault: githubtest.Fault{Trouble: githubtest.SecondaryLimit,
			Wait: time.Minute}},
		trouble{name: "cut", fault: githubtest.Fault{Trouble: githubtest.CutBody}},
		trouble{name: "crash before", crash: before},
		trouble{name: "crash after", crash: after},
	)
}

// sampled reports whether a run is among those that are made. DFBOT_FAULTS=sample or all makes all of them; else a
// tenth, by the names, and others with another DFBOT_FAULTS.
func sampled(name string) bool {
	seed := os.Getenv("DFBOT_FAULTS")
	h := fnv.New32a()
	fmt.Fprint(h, seed, name)
	return seed == "sample" || seed == "all" || h.Sum32()%10 == 0
}

// TestEveryCallFails lets each call of a review fail in each way, once and for good. Tried again as the queue would,
// the pull request ends with one review and one check run, or with a check run that says that dfbot gave up.
//
// Each run is held against what a run without trouble leaves behind. The test makes a tenth of them; `make faults`,
// which `make check` runs, makes all.
func TestEveryCallFails(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it makes hundreds of reviews")
	}
	for _, scenario := range []struct {
		name   string
		labels int
		from   int // the first call that fails
		calls  int // of a review that nothing happens to
	}{
		{name: "first review", labels: 2, from: 1, calls: 7},
		{name: "many annotations", labels: 120, from: 6, calls: 7},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, githubtest.Options{RateLimit: 1 << 30})
			w.rules = []*analysis.Rule{labels}
			repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
			w.must(err)
			w.gapp.SetWebhook("", "")
			runs, differences := 0, 0
			for _, tr := range troubles() {
				for _, times := range []int{1, 0} { // 0 is for good
					if times == 0 && tr.crash != noCrash {
						continue
					}
					for k := scenario.from; k <= scenario.calls; k++ {
						name := fmt.Sprintf("%s at call %d, %d times", tr.name, k, times)
						if tr.write && k < firstWrite || !sampled(scenario.name+name) {
							continue
						}
						runs++
						if !t.Run(name, func(t *testing.T) {
							c := &failing{world: w, repo: repo, labels: scenario.labels, dir: t.TempDir()}
							c.open(name)
							c.play(t, tr, k, times)
						}) {
							differences++
						}
					}
				}
			}
			t.Logf("runs %d, differences %d", runs, differences)
			c := &failing{world: w, repo: repo, labels: scenario.labels, dir: t.TempDir()}
			c.open("nothing")
			w.srv.ForgetRequests()
			w.must(c.bot(http.DefaultTransport).Handle(t.Context(), c.job, 1))
			if n := len(w.srv.Requests()); n != scenario.calls {
				t.Errorf("%d calls, want %d: the test does not reach all of them", n, scenario.calls)
			}
		})
	}
}

// firstWrite is the first of a review's calls that writes.
const firstWrite = 6

// failing is one pull request with a call that fails.
type failing struct {
	*world
	repo   *githubtest.Repo
	labels int
	dir    string // what outlives the process
	branch string
	pull   *githubtest.Pull
	job    job.Job
	gaveUp bool
	// locked says that a check run that was begun can never be completed, limited that not even another can be made.
	locked, limited bool
}

// open opens a pull request of its own.
func (c *failing) open(name string) {
	file := "FROM scratch\n"
	for i := range c.labels {
		file += fmt.Sprintf("LABEL a%d=%q\n", i, name)
	}
	c.branch = fmt.Sprintf("topic-%d-%s", c.labels, strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", ""))
	head, err := c.repo.Commit(c.branch, githubtest.Commit{Files: map[string]string{"Dockerfile": file}})
	c.must(err)
	c.pull, err = c.repo.OpenPull(githubtest.PullOptions{Head: c.branch})
	c.must(err)
	c.job = job.Job{Kind: job.Review, Ref: job.Ref{Installation: c.inst.ID, Repository: c.repo.ID, Owner: "octo",
		Name: "shop", Pull: c.pull.Number, Head: head}, Why: "opened", Delivery: name}
}

func (c *failing) bot(transport http.RoundTripper) *app.App {
	client, err := github.New(github.Options{
		AppID: c.gapp.ID, Key: c.key, URL: c.srv.URL, RetryWait: time.Microsecond, Pace: time.Nanosecond,
		Now: c.clock.Now, Transport: transport, Dir: c.dir,
	})
	c.must(err)
	a, err := app.New(app.Options{GitHub: client, Rules: c.rules, Accept: c.queue.Accept, Logger: quiet})
	c.must(err)
	return a
}

func (c *failing) play(t *testing.T, tr trouble, k, times int) {
	if tr.crash == noCrash {
		c.once(t, tr.fault, k, times)
	} else {
		if tr.fault.Late > 0 {
			defer c.srv.Fault(githubtest.Match{Nth: k, Times: 1}, tr.fault)()
		}
		c.dies(t, k, tr.crash)
		c.work(t, c.bot(http.DefaultTransport), 3)
	}
	c.clock.Add(time.Minute)
	c.srv.Land()
	c.judge(t)
}

// once lets the k-th call fail, for good if times is 0: then all calls to the same place fail.
func (c *failing) once(t *testing.T, fault githubtest.Fault, k, times int) {
	match := githubtest.Match{Nth: k, Times: 1}
	if times == 0 {
		match = c.place(t, k)
		c.locked = match.Method == "PATCH"
	}
	remove := c.srv.Fault(match, fault)
	defer remove()
	c.work(t, c.bot(http.DefaultTransport), 3)
}

// place is what the k-th call of a review asks for, as far as that has an order.
func (c *failing) place(t *testing.T, k int) githubtest.Match {
	places := []githubtest.Match{
		{Method: "POST", Path: "/app/installations/{installation_id}/access_tokens"},
		{Method: "POST", Path: "/graphql", Body: "reviewThreads"},
		{Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{pull_number}/files"},
		{Method: "GET", Path: "/repos/{owner}/{repo}/git/trees/{tree_sha}"},
		{Method: "POST", Path: "/graphql", Body: "GitObjectID!, $"},
		{Method: "POST", Path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"},
		{Method: "POST", Path: "/repos/{owner}/{repo}/check-runs"},
		{Method: "PATCH", Path: "/repos/{owner}/{repo}/check-runs/{check_run_id}", Nth: 1},
		{Method: "PATCH", Path: "/repos/{owner}/{repo}/check-runs/{check_run_id}", Nth: 2},
	}
	return places[k-1]
}

// work makes attempts as the queue does, and gives up after the last. It returns the error of the last attempt.
func (c *failing) work(t *testing.T, bot *app.App, attempts int) error {
	for n := 1; ; n++ {
		err := bot.Handle(t.Context(), c.job, n)
		var later job.RetryAt
		c.clock.Add(4 * time.Second)
		switch {
		case err == nil, errors.As(err, new(job.Stale)):
			return err
		case errors.As(err, &later):
			wait := later.Time.Sub(c.clock.Now())
			if wait > 2*time.Hour {
				t.Errorf("to be tried again in %s", wait)
			}
			c.clock.Add(max(0, wait))
		}
		if n == attempts || errors.As(err, new(job.GiveUp)) {
			c.giveUp(t, bot, err)
			return err
		}
	}
}

// giveUp tells that the job was given up, as often as the queue would try to.
func (c *failing) giveUp(t *testing.T, bot *app.App, cause error) {
	c.gaveUp = true
	for range 3 {
		err := bot.GaveUp(t.Context(), c.job, cause)
		var later job.RetryAt
		if c.limited = errors.As(err, &later); c.limited {
			c.clock.Add(later.Time.Sub(c.clock.Now()))
		}
		if err == nil {
			return
		}
	}
}

// judge looks at what is on the pull request.
func (c *failing) judge(t *testing.T) {
	said := map[string]int{}
	for _, cm := range c.pull.Comments() {
		said[cm.Body]++
		if said[cm.Body] > 1 {
			t.Errorf("said twice:\n%s", cm.Body)
		}
	}
	reviews := 0
	for _, r := range c.pull.Reviews() {
		if r.State != "COMMENTED" {
			t.Errorf("a review is %s", r.State)
		}
		reviews++
	}
	good, bad, begun := 0, 0, 0
	for _, run := range c.repo.CheckRuns(c.job.Head) {
		switch {
		case run.Status != "completed" && c.locked:
			begun++
		case run.Status != "completed":
			t.Errorf("check run %q is %s", run.Title, run.Status)
		case run.Conclusion == "neutral" && strings.HasPrefix(run.Title, "dfbot could not finish this review"):
			bad++
		default:
			good++
			if want := min(c.labels-len(said), checks.MaxAnnotations); len(run.Annotations) != want {
				t.Errorf("%d annotations and %d comments of %d findings", len(run.Annotations), len(said), c.labels)
			}
		}
	}
	if !c.gaveUp && (good != 1 || bad != 0 || reviews > 1) {
		t.Errorf("%d reviews, %d check runs, %d that give up", reviews, good, bad)
	}
	if begun > 0 && !c.limited && bad != 1 {
		t.Errorf("given up, with %d check runs that say so", bad)
	}
	if c.gaveUp && (good != 0 || bad > 1 || reviews > 1) {
		t.Errorf("given up, with %d reviews, %d check runs, %d that give up", reviews, good, bad)
	}
}

// TestDraftLeftBehind ends the process at each call by which it finds out which comments GitHub refuses. Whatever
// happens to the pull request next, what is to be said of it is said in one review, and no draft of another is left.
func TestDraftLeftBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it makes hundreds of reviews")
	}
	w := newWorld(t, githubtest.Options{RateLimit: 1 << 30})
	w.rules = []*analysis.Rule{labels}
	repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	w.must(err)
	w.gapp.SetWebhook("", "")
	w.srv.Fault(githubtest.Match{Method: "POST", Path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
		Body: `"line":3`}, githubtest.Fault{Status: 422})

	clean := &failing{world: w, repo: repo, labels: 3, dir: t.TempDir()}
	clean.open("nothing")
	w.srv.ForgetRequests()
	clean.work(t, clean.bot(http.DefaultTransport), 1)
	calls := len(w.srv.Requests())
	if clean.drafts(t, 2); calls < firstWrite+8 {
		t.Fatalf("%d calls: no comment is found out by drafts", calls)
	}
	drafts := 0
	for _, next := range []struct {
		name, file string // what is pushed, if anything
		comments   int
	}{
		{"the job again", "", 2},
		{"a push that fixes everything", "FROM scratch\n", 0},
		{"a push with other findings", "FROM scratch\nLABEL other=1\n", 1},
	} {
		for _, when := range []crash{before, after} {
			for k := firstWrite; k <= calls; k++ {
				for _, graphql := range []bool{true, false} {
					name := fmt.Sprintf("%s, call %d, %d, %t", next.name, k, when, graphql)
					if !graphql && !sampled(name) {
						continue
					}
					t.Run(name, func(t *testing.T) {
						c := &failing{world: w, repo: repo, labels: 3, dir: t.TempDir()}
						c.open(name)
						c.dies(t, k, when)
						for _, r := range c.pull.Reviews() {
							if r.State == "PENDING" {
								drafts++
							}
						}
						if next.file != "" {
							c.push(next.file)
						}
						if !graphql {
							defer w.srv.Fault(githubtest.Match{Path: "/graphql", Body: "reviewThreads"},
								githubtest.Fault{Status: 502})()
						}
						c.work(t, c.bot(http.DefaultTransport), 3)
						c.drafts(t, next.comments)
					})
				}
			}
		}
	}
	if drafts == 0 {
		t.Error("no death has left a draft behind")
	}
}

// push changes the Dockerfile, and makes the job of it.
func (c *failing) push(file string) {
	head, err := c.repo.Commit(c.branch, githubtest.Commit{Files: map[string]string{"Dockerfile": file}})
	c.must(err)
	c.job.Left, c.job.Head = c.job.Head, head
}

// dies lets the process end at a call of its job.
func (c *failing) dies(t *testing.T, k int, when crash) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dying := &dyingTransport{next: http.DefaultTransport, at: int64(k), when: when, die: cancel}
	if err := c.bot(dying).Handle(ctx, c.job, 1); err == nil {
		t.Error("the job was done though the process died")
	}
}

// drafts looks for reviews that are still drafts, and counts what is said about the head.
func (c *failing) drafts(t *testing.T, want int) {
	t.Helper()
	for _, r := range c.pull.Reviews() {
		if r.State != "COMMENTED" {
			t.Errorf("a review is %s", r.State)
		}
	}
	said := 0
	for _, cm := range c.pull.Comments() {
		if strings.Contains(cm.Body, " sha="+c.job.Head) {
			said++
		}
	}
	if said != want || c.gaveUp {
		t.Errorf("%d comments, want %d; given up: %t", said, want, c.gaveUp)
	}
}

// dyingTransport ends the process at a call. Nothing is called after it.
type dyingTransport struct {
	next http.RoundTripper
	at   int64 // counted from 1; 0 is never
	when crash
	die  func()
	n    atomic.Int64
}

func (d *dyingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	switch n := d.n.Add(1); {
	case d.at == 0 || n < d.at:
		return d.next.RoundTrip(req)
	case n > d.at:
		return nil, context.Canceled
	}
	if d.when == before {
		d.die()
		return nil, context.Canceled
	}
	resp, err := d.next.RoundTrip(req.WithContext(context.Background()))
	if err == nil {
		resp.Body.Close()
	}
	d.die()
	return nil, context.Canceled
}
