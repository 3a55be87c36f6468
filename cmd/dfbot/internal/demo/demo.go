// Package demo shows the whole of dfbot in one process: no account, no network, nothing to set up.
//
//	stand-in GitHub -> signed webhook -> the real bot -> review and check run -> page on 127.0.0.1
//
// A [World] holds the stand-in (app/github/githubtest) with one pull request, and the bot as
// `dfbot serve` runs it: receiver, queue on disk, GitHub client, all of them over real HTTP on the
// loopback. What happens in it is kept as a list of [Event]s. A [Printer] writes them to a terminal, a
// [Page] shows the pull request as GitHub would, with suggestions that can be applied.
//
// The pull request is the sample of this package (sample.txtar), or two branches of the user's own
// repository. That one is only ever read: its objects are borrowed, every new commit goes to a
// temporary folder that goes away with the World.
//
// The package must never show anything that GitHub would not: what the page says about a review it
// reads from the stand-in, never from the bot.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// Options say what a World is about. The zero value is the sample, quietly.
type Options struct {
	// Own is the user's repository; nil for the sample.
	Own *Own
	// Today returns the day on which to check what may be out of date; with nil nothing is. The sample has nil: it must
	// not look different every year.
	Today func() time.Time
}

// World is a GitHub with one pull request, and the bot. It is safe for concurrent use.
type World struct {
	// Own is where the pull request comes from; nil for the sample.
	Own *Comparison

	begun time.Time
	today func() time.Time

	dir  string // temporary
	srv  *githubtest.Server
	repo *githubtest.Repo
	pull *githubtest.Pull
	bot  *bot

	acting sync.Mutex // held while a person does something, one at a time
	log    journal
	pushed atomic.Int32   // how many commits Push has pushed
	named  map[int64]bool // check runs that an event names; only the bot's one worker touches it
}

// New starts the stand-in and the bot. The pull request comes with Open.
func New(ctx context.Context, o Options) (*World, error) {
	w := &World{begun: time.Now(), today: o.Today, named: map[int64]bool{}}
	w.log.init()
	if o.Own != nil {
		own, err := o.Own.compare(ctx)
		if err != nil {
			return nil, err
		}
		w.Own = own
	}
	if err := w.start(ctx); err != nil {
		w.Close()
		return nil, fmt.Errorf("start the demo: %w", err)
	}
	return w, nil
}

func (w *World) start(ctx context.Context) (err error) {
	if w.dir, err = os.MkdirTemp("", "dfbot-demo-"); err != nil {
		return err
	}
	if w.srv, err = githubtest.New(githubtest.Options{Dir: w.dir}); err != nil {
		return err
	}
	if err := w.startBot(ctx); err != nil {
		return err
	}
	if w.Own != nil {
		return w.openOwn()
	}
	return w.openSample()
}

// closeTimeout bounds the wait for a job that runs when the World ends.
const closeTimeout = 2 * time.Second

// Close ends the bot and the stand-in, and removes their folder.
func (w *World) Close() {
	if w.bot != nil {
		w.bot.close()
	}
	if w.srv != nil {
		w.srv.Close()
	}
	if w.dir != "" {
		os.RemoveAll(w.dir)
	}
}

// Open opens the pull request: GitHub sends its webhook, and the bot is at work.
func (w *World) Open() error {
	w.acting.Lock()
	defer w.acting.Unlock()
	w.srv.PauseDeliveries() // until the World knows its pull request
	defer w.srv.ResumeDeliveries()
	opening := sampleOpening()
	if w.Own != nil {
		opening = w.Own.opening()
	}
	pull, err := w.repo.OpenPull(opening)
	if err != nil {
		return err
	}
	w.pull = pull
	w.repo.Grant(w.author(), "write")
	state, err := pull.State()
	if err != nil {
		return err
	}
	opened := Event{Kind: Opened, Head: state.Head, Commits: w.commits()}
	if w.Own != nil {
		opened.LeftOut = w.Own.CommitsLeftOut
	}
	w.log.add(opened)
	return nil
}

// commits are those that the pull request brings when it is opened.
func (w *World) commits() []Commit {
	if w.Own != nil {
		return w.Own.Commits
	}
	head, _ := w.repo.Resolve(sampleHead)
	return []Commit{{SHA: head, Author: sampleAuthor, Title: sampleCommit}}
}

// Pull is the pull request as the stand-in has it; nil before Open.
func (w *World) Pull() *githubtest.Pull { return w.pull }

// Repo is the repository of the pull request.
func (w *World) Repo() *githubtest.Repo { return w.repo }

// Idle waits until the bot has done all that there is to do for the head of the pull request.
func (w *World) Idle(ctx context.Context) error {
	if err := w.srv.Delivered(ctx); err != nil {
		return fmt.Errorf("wait for webhooks to be delivered: %w", err)
	}
	for {
		changed := w.log.changed()
		if !w.log.busy() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the review: %w", ctx.Err())
		}
	}
}

// author is who the person at the page is.
func (w *World) author() string {
	state, err := w.pull.State()
	if err != nil || state.Author == "" {
		return sampleAuthor
	}
	return state.Author
}

// Apply presses "Apply suggestion" on a review comment. GitHub commits it as the author of the pull
// request, pushes, and tells the bot.
func (w *World) Apply(comment int64) error {
	w.acting.Lock()
	defer w.acting.Unlock()
	return w.push(func() (string, string, error) {
		path := ""
		for _, c := range w.pull.Comments() {
			if c.ID == comment {
				path = c.Path
			}
		}
		sha, err := w.srv.ApplySuggestion(comment, w.author())
		return sha, "Update " + path, err
	})
}

// ApplyAll applies every open suggestion, as a batch: in one commit.
func (w *World) ApplyAll() error {
	w.acting.Lock()
	defer w.acting.Unlock()
	var batch []int64
	for _, t := range w.pull.Threads() {
		if c := conversationOf(t); c.Open() && c.Said.Suggestion != nil {
			batch = append(batch, c.ID)
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return w.push(func() (string, string, error) {
		sha, err := w.srv.ApplySuggestions(batch, w.author())
		return sha, "Apply suggestions from code review", err
	})
}

// push makes a commit on the head, and notes it before the bot can react to it. The caller holds acting.
func (w *World) push(commit func() (sha, title string, err error)) error {
	w.srv.PauseDeliveries()
	defer w.srv.ResumeDeliveries()
	sha, title, err := commit()
	if err != nil {
		return err
	}
	w.log.add(Event{Kind: Pushed, Head: sha, Commits: []Commit{{SHA: sha, Author: w.author(), Title: title}}})
	return nil
}

// ApplyPatches does what the check run's summary asks for: it applies the patches that could not be
// suggestions, as `git apply` would, and pushes them in one commit.
func (w *World) ApplyPatches() error {
	w.acting.Lock()
	defer w.acting.Unlock()
	state, err := w.pull.State()
	if err != nil {
		return err
	}
	run := w.latestRun(state.Head)
	if run == nil {
		return fmt.Errorf("apply patches: no check run on %s", short(state.Head))
	}
	files, err := w.patched(state, patchesIn(run.Summary))
	if err != nil {
		return fmt.Errorf("apply patches: %w", err)
	}
	const title = "Apply the patches from dfbot's check run"
	return w.push(func() (string, string, error) {
		sha, err := w.repo.Commit(state.HeadRef, githubtest.Commit{Message: title, Author: w.author(), Entries: files})
		return sha, title, err
	})
}

// Resolve presses "Resolve conversation" on the thread of a comment, or "Unresolve conversation" if it is resolved.
// dfbot sees it at the next push.
func (w *World) Resolve(comment int64) error {
	w.acting.Lock()
	defer w.acting.Unlock()
	settle := w.srv.ResolveThread
	for _, t := range w.pull.Threads() {
		if t.Comments[0].ID == comment && t.Resolved {
			settle = w.srv.UnresolveThread
		}
	}
	if err := settle(comment, w.author()); err != nil {
		return err
	}
	w.log.add(Event{Kind: Talked})
	return nil
}

// mostReply is the most characters of a reply, as on GitHub.
const mostReply = 65536

// Reply writes into the thread of a comment. dfbot sees it at the next push; a command of its own, such as
// "/dfbot explain apt-recommends", at once.
func (w *World) Reply(comment int64, text string) error {
	w.acting.Lock()
	defer w.acting.Unlock()
	if text = strings.TrimSpace(text); text == "" || utf8.RuneCountInString(text) > mostReply {
		return fmt.Errorf("a reply has 1 to %d characters", mostReply)
	}
	if _, err := w.srv.Reply(comment, w.author(), text); err != nil {
		return err
	}
	w.log.add(Event{Kind: Talked})
	return nil
}

// Rerun presses "Re-run" on the check run of the head. It does nothing while the bot is at work.
func (w *World) Rerun() error {
	return w.onRun(func(run *githubtest.CheckRun) error {
		w.log.add(Event{Kind: Rerequested, Head: run.HeadSHA})
		w.repo.RerequestRun(run.ID, w.author())
		return nil
	})
}

// Press presses a button of the head's check run. The bot answers with a commit, or says on the check run why not. It
// does nothing while the bot is at work.
func (w *World) Press(button string) error {
	return w.onRun(func(run *githubtest.CheckRun) error {
		i := slices.IndexFunc(run.Actions, func(a githubtest.Action) bool { return a.Identifier == button })
		if i < 0 {
			return errors.New("the check run has no such button")
		}
		w.log.add(Event{Kind: Pressed, Head: run.HeadSHA, Name: run.Actions[i].Label})
		return w.repo.Press(run.ID, button, w.author())
	})
}

// onRun does something on the newest check run of the head, if there is one and the bot is not at work.
func (w *World) onRun(do func(*githubtest.CheckRun) error) error {
	w.acting.Lock()
	defer w.acting.Unlock()
	state, err := w.pull.State()
	if err != nil {
		return err
	}
	run := w.latestRun(state.Head)
	if run == nil || w.log.busy() {
		return nil
	}
	w.srv.PauseDeliveries()
	defer w.srv.ResumeDeliveries()
	return do(run)
}

// titleOf is the first line of a commit's message.
func (w *World) titleOf(sha string) string {
	title, err := w.repo.Subject(sha)
	if err != nil {
		return "A commit"
	}
	return title
}

// wrote notes on the event what is on the pull request after a job. The commit of a job is a hint: the bot works on
// what the head is by then.
func (w *World) wrote(e *Event) {
	e.Reviews = len(w.pull.Reviews())
	state, err := w.pull.State()
	if err != nil {
		return
	}
	for _, sha := range []string{e.Head, state.Head} {
		if run := w.latestRun(sha); run != nil && !w.named[run.ID] {
			w.named[run.ID] = true
			e.Run = run
		}
	}
}

// latestRun is the newest check run on a commit, nil where there is none.
func (w *World) latestRun(sha string) *githubtest.CheckRun {
	runs := w.repo.CheckRuns(sha)
	if len(runs) == 0 {
		return nil
	}
	return &runs[len(runs)-1]
}

// Events lists what has happened, oldest first.
func (w *World) Events() []Event { return slices.Clone(w.log.since(0)) }

// short is a commit as people write it.
func short(sha string) string { return sha[:min(7, len(sha))] }
