package github_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
)

// clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// world is a GitHub with an App on one account, a repository and the client.
type world struct {
	*testing.T
	clock  *clock
	srv    *githubtest.Server
	app    *githubtest.App
	inst   *githubtest.Installation
	repo   *githubtest.Repo
	key    *rsa.PrivateKey
	client *github.Client
}

var testKey = sync.OnceValue(func() []byte {
	srv, err := githubtest.New(githubtest.Options{})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	a, err := srv.CreateApp(githubtest.AppOptions{Slug: "key"})
	if err != nil {
		panic(err)
	}
	return a.PrivateKey()
})

func newWorld(t *testing.T, opt githubtest.Options, now time.Time) *world {
	t.Helper()
	w := &world{T: t, clock: &clock{now: now}}
	opt.Now, opt.Dir = w.clock.Now, t.TempDir()
	block, _ := pem.Decode(testKey())
	var err error
	w.key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	w.must(err)
	w.srv, err = githubtest.New(opt)
	w.must(err)
	t.Cleanup(w.srv.Close)
	w.app, err = w.srv.CreateApp(githubtest.AppOptions{Slug: "dfbot", Key: w.key})
	w.must(err)
	w.inst, err = w.app.Install("octo")
	w.must(err)
	w.repo, err = w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	w.must(err)
	w.client = w.newClient(nil)
	return w
}

// later is what the clock shows at first: not the machine's time, so that code shows that goes by that.
var later = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

func (w *world) newClient(transport http.RoundTripper) *github.Client {
	c, err := github.New(github.Options{
		AppID: w.app.ID, Key: w.key, URL: w.srv.URL, RetryWait: time.Microsecond, Pace: time.Nanosecond,
		Now: w.clock.Now, Transport: transport,
	})
	w.must(err)
	return c
}

// open opens a pull request that changes files.
func (w *world) open(files map[string]string) (*githubtest.Pull, job.Ref) {
	w.Helper()
	head, err := w.repo.Commit("topic", githubtest.Commit{Files: files})
	w.must(err)
	pull, err := w.repo.OpenPull(githubtest.PullOptions{Head: "topic"})
	w.must(err)
	w.srv.ForgetRequests()
	return pull, job.Ref{
		Installation: w.inst.ID, Repository: w.repo.ID, Owner: "octo", Name: "shop", Pull: pull.Number, Head: head,
	}
}

func (w *world) snapshot(ref job.Ref) *github.Snapshot {
	w.Helper()
	s, err := w.client.Snapshot(w.Context(), ref)
	w.must(err)
	return s
}

// count counts the requests so far to an operation.
func (w *world) count(operation string) int {
	n := 0
	for _, r := range w.srv.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

const (
	mint     = "/app/installations/{installation_id}/access_tokens"
	blob     = "/repos/{owner}/{repo}/git/blobs/{file_sha}"
	files    = "/repos/{owner}/{repo}/pulls/{pull_number}/files"
	reviews  = "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"
	onePull  = "/repos/{owner}/{repo}/pulls/{pull_number}"
	allTrees = "/repos/{owner}/{repo}/git/trees/{tree_sha}"
)
