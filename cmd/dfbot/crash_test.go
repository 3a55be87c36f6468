//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// TestCrash kills dfbot over and over while it reviews pull requests of two accounts against a GitHub whose calls go
// wrong. In the end each pull request has the review that it needs, once, and the verdict that fits. `make crash` has
// it kill 200 times; KILLS, PULLS and SEED choose otherwise.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it kills the program again and again")
	}
	t.Parallel()
	kills, pulls, seed := number(t, "KILLS", 10), number(t, "PULLS", 8), uint64(number(t, "SEED", 1))
	c := newCrash(t, program(t, "dfbot-hasty"), seed)
	for n := range kills {
		c.start()
		c.events(len(c.works), max(1, (n+1)*pulls/kills))
		c.killSomehow()
	}
	c.github.set(0, nil)
	c.start()
	c.github.served.Wait() // what comes late has come
	c.redeliver()
	c.settle()
	wrong := 0
	for _, w := range c.works {
		if said := c.judge(w); len(said) > 0 {
			wrong++
			t.Errorf("%s#%d (%s): %s", w.repo.FullName(), w.pull.Number, w.kind, strings.Join(said, "; "))
		}
	}
	t.Logf("seed %d: %d kills, %d in a chosen call, %d calls went wrong, %d pull requests, %d wrong", seed, kills,
		c.inCall, c.github.struck, len(c.works), wrong)
	if wrong > 0 {
		t.Logf("log of dfbot: %s", c.keepLog())
	}
}

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(variable))
	if os.Getenv(variable) == "" {
		return otherwise
	}
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is not a number above 0", variable, os.Getenv(variable))
	}
	return n
}

// crash is a GitHub with Apps on two accounts, what is between it and dfbot, and dfbot.
type crash struct {
	*site
	github *lossy
	random *rand.Rand
	repos  []*githubtest.Repo
	works  []*workload
	log    journal

	cmd    *exec.Cmd
	ended  chan struct{}
	killed *sync.Once
	inCall int
}

// workload is one pull request and what becomes of it.
type workload struct {
	kind string // bad, clean, pushed, repaired
	repo *githubtest.Repo
	pull *githubtest.Pull
	path string
	// heads are the commits that were its head, the last of them is it now.
	heads []string
}

func newCrash(t *testing.T, program string, seed uint64) *crash {
	m, _ := readManifest(t)
	c := &crash{site: &site{T: t, program: program}, random: rand.New(rand.NewPCG(seed, 0))}
	var err error
	c.hub, err = githubtest.New(githubtest.Options{RateLimit: 1 << 30})
	c.must(err)
	t.Cleanup(c.hub.Close)
	c.github = newLossy(t, c.hub.URL, seed)
	c.app, err = c.hub.CreateApp(githubtest.AppOptions{Slug: "dfbot", WebhookSecret: secret,
		Permissions: m.DefaultPermissions, Events: m.DefaultEvents})
	c.must(err)
	for _, account := range []string{"octo", "hexa"} {
		for _, name := range []string{"shop", "tools"} {
			repo, err := c.hub.CreateRepo(account, name, map[string]string{"README.md": "# " + name + "\n"})
			c.must(err)
			c.repos = append(c.repos, repo)
		}
		_, err = c.app.Install(account)
		c.must(err)
	}
	c.env = map[string]string{
		"APP_ID": strconv.FormatInt(c.app.ID, 10), "PRIVATE_KEY": string(c.app.PrivateKey()), "WEBHOOK_SECRET": secret,
		"GITHUB_API_URL": c.github.url, "LISTEN": freeAddress(t), "METRICS_LISTEN": freeAddress(t),
		"DATA_DIR": filepath.Join(t.TempDir(), "data"), "LOG_FORMAT": "json",
	}
	c.app.SetWebhook("http://"+c.env["LISTEN"]+"/webhook", secret)
	t.Cleanup(func() {
		if c.cmd != nil {
			c.kill()
		}
	})
	return c
}

// freeAddress is one that no one listens at, the same for all processes of the test.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (c *crash) start() {
	c.Helper()
	cmd, ended := c.command("serve"), make(chan struct{})
	cmd.Stdout, cmd.Stderr = &c.log, &c.log
	c.must(cmd.Start())
	go func() {
		_ = cmd.Wait() // it will be killed
		close(ended)
	}()
	c.cmd, c.ended, c.killed = cmd, ended, new(sync.Once)
	c.wait("dfbot is ready", func() bool {
		select {
		case <-ended:
			c.Fatalf("dfbot ended: %s", &c.log)
		default:
		}
		resp, err := http.Get("http://" + c.env["LISTEN"] + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// kill kills the process, once, and waits for its end.
func (c *crash) kill() {
	c.killed.Do(func() { _ = c.cmd.Process.Kill() })
	<-c.ended
}

// events opens pull requests, pushes to earlier ones, and redelivers what was lost.
func (c *crash) events(from, to int) {
	for n := from; n < to; n++ {
		c.open(n)
	}
	for range 1 + c.random.IntN(2) { // so that there is something to do at each kill
		c.push(c.works[c.random.IntN(len(c.works))])
	}
	c.redeliver()
}

func (c *crash) open(n int) {
	w := &workload{kind: "bad", repo: c.repos[n%len(c.repos)], path: fmt.Sprintf("image-%d/Dockerfile", n)}
	text := sins
	if c.random.IntN(5) == 0 {
		w.kind, text = "clean", clean
	}
	branch := fmt.Sprintf("topic-%d", n)
	head, err := w.repo.Commit(branch, githubtest.Commit{Files: map[string]string{w.path: text}})
	c.must(err)
	w.heads = append(w.heads, head)
	w.pull, err = w.repo.OpenPull(githubtest.PullOptions{Head: branch})
	c.must(err)
	c.works = append(c.works, w)
}

// clean is a Dockerfile with nothing to say about.
const clean = "FROM scratch\nCOPY app /app\nUSER 1000\nCMD [\"/app\"]\n"

// push adds a commit to a pull request: one that changes nothing for a review, or one that repairs the Dockerfile.
func (c *crash) push(w *workload) {
	file, text := "notes.txt", fmt.Sprint(c.random.Int64())
	if w.kind == "bad" && c.random.IntN(3) == 0 {
		w.kind, file, text = "repaired", w.path, clean
	}
	state, err := w.pull.State()
	c.must(err)
	head, err := w.repo.Commit(state.HeadRef, githubtest.Commit{Files: map[string]string{file: text}})
	c.must(err)
	w.heads = append(w.heads, head)
}

// redeliver sends again what dfbot has not taken, as its operator would.
func (c *crash) redeliver() {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	c.must(c.hub.Delivered(ctx))
	last := map[string]githubtest.Delivery{}
	taken := map[string]bool{}
	for _, d := range c.hub.Deliveries() {
		last[d.GUID] = d
		taken[d.GUID] = taken[d.GUID] || d.StatusCode/100 == 2
	}
	for guid, d := range last {
		if !taken[guid] {
			c.must(c.hub.Redeliver(d.ID))
		}
	}
}

// killSomehow kills the process: in the middle of a chosen call, or at some moment, at once if it is to be while
// deliveries come in.
func (c *crash) killSomehow() {
	const faults = 0.06
	if c.random.IntN(4) == 0 {
		c.github.set(faults, nil)
		select {
		case <-c.ended:
		case <-time.After(time.Duration(c.random.IntN(600)) * time.Millisecond): // some moment
		}
		c.kill()
		return
	}
	caught := make(chan struct{})
	cmd, once := c.cmd, c.killed
	t := &trap{
		call: regexp.MustCompile(calls[c.random.IntN(len(calls))]), skip: c.random.IntN(3),
		after:  c.random.IntN(2) == 0,
		spring: func() { once.Do(func() { _ = cmd.Process.Kill() }); close(caught) },
	}
	if c.random.IntN(3) == 0 {
		t.late = late[c.random.IntN(len(late))]
	}
	c.github.set(faults, t)
	select {
	case <-caught:
		c.inCall++
	case <-time.After(1500 * time.Millisecond): // there is no such call
		c.github.set(faults, nil)
	}
	c.kill()
}

// settle waits until nothing is queued any more.
func (c *crash) settle() {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), 5*time.Minute)
	defer cancel()
	c.must(c.hub.Delivered(ctx))
	for quiet := 0; quiet < 3; {
		select {
		case <-ctx.Done():
			c.Fatalf("jobs are left after five minutes; log of dfbot: %s", c.keepLog())
		case <-time.After(500 * time.Millisecond):
		}
		if quiet++; !c.idle() {
			quiet = 0
		}
	}
}

// idle reports whether nothing is queued.
func (c *crash) idle() bool {
	p := &process{site: c.site, metrics: "http://" + c.env["METRICS_LISTEN"] + "/metrics"}
	return p.idle()
}

// judge says what is wrong with a pull request in the end.
func (c *crash) judge(w *workload) (wrong []string) {
	say := func(format string, values ...any) { wrong = append(wrong, fmt.Sprintf(format, values...)) }
	for _, head := range w.heads {
		for _, run := range w.repo.CheckRuns(head) {
			if run.Status != "completed" {
				say("a check run on %.7s is %s", head, run.Status)
			}
		}
	}
	head := w.heads[len(w.heads)-1]
	if runs := w.repo.CheckRuns(head); len(runs) == 0 {
		say("no verdict")
	} else if last := runs[len(runs)-1]; last.Conclusion != "success" {
		say("the verdict is %s: %s", last.Conclusion, last.Title)
	}
	said, reviews := map[string]int{}, map[int64]bool{}
	for _, comment := range w.pull.Comments() {
		if strings.Contains(comment.Body, "What this comment said") { // it is done
			continue
		}
		reviews[comment.ReviewID] = true
		if said[comment.Body]++; said[comment.Body] == 2 {
			say("a comment is there twice")
		}
	}
	want := map[string]int{"bad": 2}[w.kind]
	if len(said) != want || len(reviews) > 1 {
		say("%d comments in %d reviews, want %d", len(said), len(reviews), want)
	}
	for _, r := range w.pull.Reviews() {
		if r.State != "COMMENTED" {
			say("a review is %s", r.State)
		}
	}
	if n := len(w.pull.Reviews()); n > max(len(reviews), 1) {
		say("%d reviews", n)
	}
	return wrong
}

// keepLog writes what dfbot has said to a file that outlives the test.
func (c *crash) keepLog() string {
	file := filepath.Join(os.TempDir(), fmt.Sprintf("dfbot-crash-%d.log", os.Getpid()))
	c.must(os.WriteFile(file, []byte(c.log.String()), 0o600))
	return file
}
