package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review/analysis"
)

// labelErrors is labels with a severity that fails the check.
var labelErrors = &analysis.Rule{Name: labels.Name, Doc: labels.Doc, Severity: analysis.Error, Run: labels.Run}

// Two pull requests of one head are reviewed at the same time: one fails, the other has read the commit before that was
// written, and writes last. Its run does not hide the failure, whether one process does both or two.
func TestTwinsAtTheSameTime(t *testing.T) {
	for _, processes := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d processes", processes), func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			w.rules = []*analysis.Rule{labelErrors}
			repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
			w.must(err)
			w.gapp.SetWebhook("", "")
			_, err = repo.Commit("topic",
				githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n"}})
			w.must(err)
			w.must(repo.SetBranch("same", "topic"))
			head, err := repo.Commit("topic", githubtest.Commit{Files: map[string]string{"more": "more\n"}})
			w.must(err)
			failing, passing := twin(w, repo, "main", head), twin(w, repo, "same", head)

			late := &lateTransport{next: http.DefaultTransport, read: make(chan struct{}), goOn: make(chan struct{}),
				number: passing.Pull}
			first := w.through(late)
			second := first
			if processes == 2 {
				second = w.through(http.DefaultTransport)
			}
			done := make(chan error)
			go func() { done <- first.Handle(t.Context(), passing, 1) }()
			<-late.read
			w.must(second.Handle(t.Context(), failing, 1))
			close(late.goOn)
			w.must(<-done)
			runs := repo.CheckRuns(head)
			if top := runs[len(runs)-1]; top.Conclusion != "failure" {
				t.Errorf("of %d runs the newest is %s: %s", len(runs), top.Conclusion, top.Title)
			}
		})
	}
}

// twin opens a pull request of the branch topic, and gives the job of it.
func twin(w *world, repo *githubtest.Repo, into, head string) job.Job {
	w.Helper()
	pull, err := repo.OpenPull(githubtest.PullOptions{Head: "topic", Base: into})
	w.must(err)
	return job.Job{Kind: job.Review, Ref: job.Ref{Installation: w.inst.ID, Repository: repo.ID, Owner: "octo",
		Name: "shop", Pull: pull.Number, Head: head}, Delivery: fmt.Sprint("guid-", pull.Number)}
}

// through makes an App that reaches GitHub by the transport.
func (w *world) through(transport http.RoundTripper) *app.App {
	client, err := github.New(github.Options{AppID: w.gapp.ID, Key: w.key, URL: w.srv.URL, Now: w.clock.Now,
		Transport: transport})
	w.must(err)
	a, err := app.New(app.Options{GitHub: client, Rules: w.rules, Accept: w.queue.Accept, Logger: quiet})
	w.must(err)
	return a
}

// lateTransport holds back what GitHub says of one pull request.
type lateTransport struct {
	next       http.RoundTripper
	number     int
	read, goOn chan struct{}
}

func (l *lateTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	held := false
	if req.URL.Path == "/graphql" {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		held = bytes.Contains(body, []byte("reviewThreads")) &&
			bytes.Contains(body, fmt.Appendf(nil, `"number":%d,`, l.number))
	}
	resp, err := l.next.RoundTrip(req)
	if held {
		close(l.read)
		<-l.goOn
	}
	return resp, err
}

// A commit can have more check runs than one answer tells, and the newest are not in the first.
func TestManyRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it reviews very many files")
	}
	w := newWorld(t, githubtest.Options{})
	w.rules = []*analysis.Rule{labelErrors}
	w.app = w.bot()
	before := map[string]string{".dfbot.yml": "check: {fail-on: error}\n"}
	pull, run := review(w, before, map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\n"})
	repo := pull.Repo()
	for range 110 {
		repo.RerequestRun(run.ID, "octo")
		w.must(w.wait(1)[0].err)
	}
	for _, c := range []struct{ failOn, conclusion string }{{"never", "success"}, {"error", "failure"},
		{"never", "success"}, {"error", "failure"}} {
		_, err := repo.Commit("main", githubtest.Commit{Files: map[string]string{".dfbot.yml": "check: {fail-on: " +
			c.failOn + "}\n"}})
		w.must(err)
		pull.Close()
		w.wait(1)
		pull.Reopen()
		w.must(w.wait(1)[0].err)
		runs := repo.CheckRuns(run.HeadSHA)
		if got := runs[len(runs)-1].Conclusion; got != c.conclusion {
			t.Errorf("fail-on %s: the newest of %d runs is %s, want %s", c.failOn, len(runs), got, c.conclusion)
		}
	}
}
