package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/spelling"
)

// This file obeys the commands of a comment: all of them or none. dfbot answers by a reaction, and in words only if it
// was asked for words, or if a word of the command says nothing to it.

// order is a comment with commands, and who gave them.
type order struct {
	app      *App
	job      job.Job
	remark   *github.Remark
	attempt  int
	commands []command.Command
	mayPush  bool
	outcome  string // as the last reaction says
}

// obey obeys the commands of a comment, if who wrote it may give them. It may be run again at any point: what is said
// twice changes nothing.
func (a *App) obey(ctx context.Context, j job.Job, attempt int) error {
	err := a.answer(ctx, j, attempt)
	if errors.Is(err, github.ErrCommentGone) && attempt >= patience {
		return job.Stale{Reason: err.Error()}
	}
	return err
}

func (a *App) answer(ctx context.Context, j job.Job, attempt int) error {
	remark, err := a.github.Remark(ctx, j)
	if err != nil {
		return err
	}
	o := &order{app: a, job: j, remark: remark, attempt: attempt, commands: command.Parse(remark.Body)}
	if err := o.obey(queue.Uninterrupted(ctx)); err != nil {
		return err
	}
	for _, c := range o.commands {
		a.emit(Event{Kind: Obeyed, Job: j, Verb: c.Verb, Outcome: o.outcome})
	}
	return nil
}

// obey obeys all of the commands, or says by a reaction that it does not.
func (o *order) obey(ctx context.Context) (err error) {
	if command.Digest(o.remark.Body) != o.job.Comment.Digest { // what it says now, someone else may have written
		return o.react(ctx, github.Unclear)
	}
	if o.mayPush, err = o.remark.MayPush(ctx); err != nil {
		return err
	}
	if !o.permitted() {
		return o.react(ctx, github.Declined)
	}
	objected, err := o.object(ctx)
	if objected || err != nil {
		return err
	}
	return o.carryOut(ctx)
}

// permitted reports whether who wrote the comment may give all of its commands. The author of a pull request may, but
// for those that push.
func (o *order) permitted() bool {
	for _, c := range o.commands {
		if !o.mayPush && (!o.remark.Author || c.Verb == command.Fix) {
			return false
		}
	}
	return true
}

// object says so if one of the commands is not understood, and reports whether it does.
func (o *order) object(ctx context.Context) (bool, error) {
	for _, c := range o.commands {
		words, fine, err := o.understand(ctx, c)
		if err != nil {
			return false, err
		}
		if fine {
			continue
		}
		if err := o.react(ctx, github.Unclear); err != nil || words == "" {
			return true, err
		}
		if err := o.reply(ctx, words); !errors.Is(err, github.ErrManyReplies) {
			return true, err
		}
		return true, nil
	}
	return false, nil
}

// understand reports whether dfbot knows what is meant, and says why not, if that can help.
func (o *order) understand(ctx context.Context, c command.Command) (words string, fine bool, err error) {
	for _, name := range c.Rules {
		if o.app.ruleNamed(name) == nil {
			return checks.UnknownRule(name, o.app.nearest(name)), false, nil
		}
	}
	switch {
	case c.Verb == command.Unclear:
		return "", false, nil
	case c.Verb == command.Ignore && o.remark.Thread != 0:
		own, err := o.remark.InOwnThread(ctx)
		return checks.ElsewhereIgnored(), own, err
	}
	return "", true, nil
}

// carryOut does what the commands ask for. That a rule is ignored, a review finds by the reaction that says so.
func (o *order) carryOut(ctx context.Context) error {
	if err := o.react(ctx, github.Seen); err != nil {
		return err
	}
	for _, c := range o.commands {
		if c.Verb == command.Fix {
			if done, err := o.fix(ctx, c.Rules); !done || err != nil {
				return err
			}
		}
	}
	if words := o.words(); words != "" {
		switch err := o.reply(ctx, words); {
		case errors.Is(err, github.ErrManyReplies):
			return o.react(ctx, github.Declined)
		case err != nil:
			return err
		}
	}
	if err := o.react(ctx, github.Done); err != nil {
		return err
	}
	for _, c := range o.commands {
		if c.Verb == command.Review || c.Verb == command.Ignore {
			return o.review(ctx)
		}
	}
	return nil
}

// fix commits the fixes that a command asks for, on the head as it is now, or replies why not. It reports whether it
// has: a commit that an earlier attempt has made counts.
func (o *order) fix(ctx context.Context, rules []string) (done bool, err error) {
	snap, err := o.app.github.Snapshot(ctx, o.remark.Ref)
	if err != nil {
		return false, reading.in(err)
	}
	mark := checks.CommandedBy(o.job.Comment.ID)
	if done, err := snap.CommittedAtHead(ctx, mark); done || err != nil {
		return done, reading.in(err)
	}
	r := o.app.newReviewer(ctx, o.job, o.attempt, snap)
	if err := r.read(ctx); err != nil {
		return false, reading.in(err)
	}
	if err := r.analyse(ctx); err != nil {
		return false, analysing.in(err)
	}
	offer := review.Wanted(r.said(), r.results, rules)
	if len(offer.Files) == 0 {
		return false, o.decline(ctx, checks.NothingToFix(len(rules)))
	}
	refusal, err := r.tryCommit(ctx, offer, mark, job.Press{Login: o.remark.By, User: o.remark.ByID})
	if refusal != nil {
		return false, o.decline(ctx, checks.NotApplied(*refusal))
	}
	return err == nil, err
}

// decline says that a command was understood, and why nothing came of it.
func (o *order) decline(ctx context.Context, words string) error {
	if err := o.react(ctx, github.Declined); err != nil {
		return err
	}
	if err := o.reply(ctx, words); !errors.Is(err, github.ErrManyReplies) {
		return err
	}
	return nil
}

// words are what the commands ask dfbot to say.
func (o *order) words() string {
	var all string
	for _, c := range o.commands {
		switch c.Verb {
		case command.Help:
			all += checks.Help(o.mayPush) + "\n"
		case command.Explain:
			r := o.app.ruleNamed(c.Rules[0])
			all += checks.Explain(r.Name, rulebook.Page(r)) + "\n"
		}
	}
	return all
}

// review queues another review, as "Re-run" does.
func (o *order) review(ctx context.Context) error {
	j := job.Job{Kind: job.Review, Ref: o.remark.Ref, Why: job.Rerequested, Delivery: o.job.Delivery + "#review"}
	if _, err := o.app.accept(ctx, j.Delivery, j); err != nil {
		return fmt.Errorf("queue review of %s: %w", j.Ref, err)
	}
	return nil
}

// outcomes are the names of reactions, for metrics.
var outcomes = map[github.Reaction]string{
	github.Seen: "begun", github.Done: "done", github.Declined: "declined", github.Unclear: "unclear",
}

// react puts an emoji on the comment. Where GitHub does not let dfbot do that, as in a locked conversation, the command
// is obeyed without it.
func (o *order) react(ctx context.Context, r github.Reaction) error {
	o.outcome = outcomes[r]
	err := patient(o.remark.React(ctx, r), o.attempt)
	if errors.As(err, new(job.GiveUp)) {
		o.app.log.WarnContext(ctx, "no reaction to a command", slog.Any("", o.job), "error", err)
		return nil
	}
	return err
}

func (o *order) reply(ctx context.Context, words string) error {
	err := patient(o.remark.Reply(ctx, words), o.attempt)
	if errors.As(err, new(job.GiveUp)) {
		o.app.log.WarnContext(ctx, "no reply to a command", slog.Any("", o.job), "error", err)
		return nil
	}
	return err
}

// ruleNamed finds a rule by its name or another tool's code; nil if there is none.
func (a *App) ruleNamed(name string) *analysis.Rule {
	for _, r := range a.rules {
		if r.Goes(name) {
			return r
		}
	}
	return nil
}

// nearest is the name or code that a person may have meant; "" if none is near.
func (a *App) nearest(name string) string {
	var known []string
	for _, r := range a.rules {
		known = append(append(known, r.Name), r.Aliases...)
	}
	return spelling.Suggest(name, known)
}
