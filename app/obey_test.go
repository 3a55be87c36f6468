package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review/analysis"
)

// orderly is a pull request with a comment that gives commands.
type orderly struct {
	*failing
	comment int64
	refused bool // GitHub says that dfbot may not do something
}

// say opens a pull request and gives the commands.
func say(t *testing.T, w *world, repo *githubtest.Repo, name, body string) *orderly {
	c := &orderly{failing: &failing{world: w, repo: repo, labels: 1, dir: t.TempDir()}}
	c.open(name)
	c.comment = c.pull.Say("octo", body)
	c.job.Kind, c.job.Head = job.Command, ""
	c.job.Comment = job.Comment{ID: c.comment, Digest: command.Digest(body)}
	return c
}

// judge looks at what is on the comment in the end: it is answered once, and GitHub remembers that it was accepted.
func (c *orderly) judge(t *testing.T) {
	t.Helper()
	replies := 0
	for _, said := range c.pull.IssueComments() {
		if said.Author == "dfbot[bot]" {
			replies++
		}
	}
	all, err := c.srv.Reactions(c.comment)
	c.must(err)
	var reactions []string
	for _, r := range all {
		reactions = append(reactions, r.Content)
	}
	if c.gaveUp {
		if replies > 1 || len(reactions) > 2 {
			t.Errorf("given up, with %d replies and the reactions %v", replies, reactions)
		}
		return
	}
	if c.refused && len(reactions)+replies >= 2 { // GitHub lets dfbot do one thing less, and the rest is done
		return
	}
	if replies != 1 || strings.Join(reactions, " ") != "eyes +1" {
		t.Errorf("%d replies, reactions %v", replies, reactions)
	}
}

// TestEveryCallOfACommandFails lets each call of a command fail in each way, once. Tried again as the queue would, the
// command is answered once. As in TestEveryCallFails, a tenth of the runs is made.
func TestEveryCallOfACommandFails(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it gives hundreds of commands")
	}
	const calls, firstWrite = 9, 5
	w := newWorld(t, githubtest.Options{RateLimit: 1 << 30})
	w.rules = []*analysis.Rule{labels}
	repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	w.must(err)
	w.gapp.SetWebhook("", "")
	runs := 0
	for _, tr := range troubles() {
		for k := 1; k <= calls; k++ {
			name := fmt.Sprintf("command, %s at call %d", tr.name, k)
			if tr.write && k < firstWrite || !sampled(name) {
				continue
			}
			runs++
			t.Run(name, func(t *testing.T) {
				c := say(t, w, repo, name, "/dfbot help")
				c.play(t, tr, k)
			})
		}
	}
	t.Logf("%d runs", runs)
	c := say(t, w, repo, "nothing", "/dfbot help")
	w.srv.ForgetRequests()
	w.must(c.bot(http.DefaultTransport).Handle(t.Context(), c.job, 1))
	if n := len(w.srv.Requests()); n != calls {
		t.Errorf("%d calls, want %d: the test does not reach all of them", n, calls)
	}
	c.judge(t)
}

// play lets the k-th call fail once, tries again, and looks at the end.
func (c *orderly) play(t *testing.T, tr trouble, k int) {
	c.refused = tr.fault.Status == http.StatusForbidden && !tr.fault.Page
	remove := c.srv.Fault(githubtest.Match{Nth: k, Times: 1}, tr.fault)
	if tr.crash != noCrash {
		if tr.fault.Late == 0 {
			remove()
		}
		c.dies(t, k, tr.crash)
	}
	defer remove()
	c.work(t, c.bot(http.DefaultTransport), 4)
	c.clock.Add(time.Minute)
	c.srv.Land()
	c.judge(t)
}

// TestRepliesAreBounded: a pull request gets twenty replies in an hour; after them dfbot only reacts.
func TestRepliesAreBounded(t *testing.T) {
	w := newWorld(t, githubtest.Options{RateLimit: 1 << 30})
	repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	w.must(err)
	w.gapp.SetWebhook("", "")
	c := say(t, w, repo, "many", "/dfbot help")
	bot := c.bot(http.DefaultTransport)
	obey := func() int {
		c.comment = c.pull.Say("octo", "/dfbot help")
		c.job.Comment.ID = c.comment
		w.must(bot.Handle(t.Context(), c.job, 1))
		replies := 0
		for _, said := range c.pull.IssueComments() {
			if said.Author == "dfbot[bot]" {
				replies++
			}
		}
		return replies
	}
	for range 30 {
		obey()
	}
	if n := obey(); n != 20 {
		t.Errorf("%d replies", n)
	}
	all, err := w.srv.Reactions(c.comment)
	w.must(err)
	if len(all) == 0 || all[len(all)-1].Content == string(github.Done) {
		t.Errorf("%+v", all)
	}
	w.clock.Add(2 * time.Hour)
	if n := obey(); n != 21 {
		t.Errorf("%d replies an hour later", n)
	}
}

// TestCommentIsGone: a command whose comment was deleted or edited before its job, or whose pull request was closed, is
// not obeyed.
func TestCommentIsGone(t *testing.T) {
	w := newWorld(t, githubtest.Options{RateLimit: 1 << 30})
	repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	w.must(err)
	w.gapp.SetWebhook("", "")
	attempt := 1
	obey := func(name string, meanwhile func(*orderly)) ([]githubtest.Reaction, error) {
		c := say(t, w, repo, name, "/dfbot help")
		meanwhile(c)
		err := c.bot(http.DefaultTransport).Handle(t.Context(), c.job, attempt)
		all, _ := w.srv.Reactions(c.comment)
		return all, err
	}
	all, err := obey("edited", func(c *orderly) {
		w.must(c.pull.EditComment(c.comment, "eve", "/dfbot help\n/dfbot review"))
	})
	if err != nil || len(all) != 1 || all[0].Content != string(github.Unclear) {
		t.Errorf("edited: %v, %+v", err, all)
	}
	var stale job.Stale
	all, err = obey("closed", func(c *orderly) { c.pull.Close() })
	if !errors.As(err, &stale) || len(all) != 0 {
		t.Errorf("closed: %v, %+v", err, all)
	}
	_, err = obey("deleted", func(c *orderly) { c.job.Comment.ID = 1 })
	if !errors.Is(err, github.ErrCommentGone) || errors.As(err, &stale) {
		t.Errorf("not there yet: %v", err)
	}
	attempt = 3
	_, err = obey("still deleted", func(c *orderly) { c.job.Comment.ID = 1 })
	if !errors.As(err, &stale) {
		t.Errorf("deleted: %v", err)
	}
}
