package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/turns"
	"github.com/dfbot/dfbot/review/work"
)

// review reviews one pull request, from fetch to post.
func (a *App) review(ctx context.Context, j job.Job, attempt int) error {
	snap, err := a.github.Snapshot(ctx, j.Ref)
	if err != nil {
		return reading.in(err)
	}
	others, err := snap.LeftBehind(ctx)
	if err != nil {
		return reading.in(err)
	}
	if err := a.reviewTwins(ctx, j, j.Left, others); err != nil {
		return err
	}
	if err := a.dropLeftovers(ctx, snap, attempt); err != nil {
		return tidying.in(err)
	}
	r := a.newReviewer(ctx, j, attempt, snap)
	if snap.Draft && r.policy.Drafts == config.DraftsSkip {
		return a.draft(ctx, snap, r.policy.Check.Title(), r.id)
	}
	if done, err := snap.UpToDate(ctx, r.policy.Check.Title(), r.id); done || err != nil {
		// nil for a delivery that came twice, or a change that was undone before anything was written
		return reading.in(err)
	}
	return r.review(ctx)
}

func (a *App) newReviewer(ctx context.Context, j job.Job, attempt int, snap *github.Snapshot) *reviewer {
	policy := a.policy(snap)
	id := github.ExternalID(j.Pull, a.key(snap)+requested(j))
	j.Ref = snap.Ref
	return &reviewer{
		app: a, job: j, attempt: attempt, snap: snap, policy: policy, id: id,
		asker: turns.Asker{Group: fmt.Sprint(j.Installation)}, budget: work.New(ctx, pullWork),
		blobs: map[string]github.Blob{},
	}
}

// policy is the configuration in force: that of the repository, of its organization, or of both.
func (a *App) policy(snap *github.Snapshot) review.Policy {
	policy := review.Policy{Path: snap.Config.Path, Trunk: snap.Trunk}
	policy.Repo, policy.Problems = config.ParseFile(snap.Config.Path, snap.Config.Source, a.rules)
	if policy.Path != "" && policy.Extends == "" {
		return policy
	}
	policy.Organization = snap.Owner + "/" + config.Organization
	if policy.Above = snap.Organization.Path; policy.Above != "" {
		base, problems := config.Parse(snap.Organization.Source, a.rules)
		if snap.Private {
			problems = hidden(problems)
		}
		policy.Repo, policy.ProblemsAbove = policy.Over(base), problems
	}
	return policy
}

// hidden is what may be said of mistakes in a file that those who see the pull request may not: not what is there.
func hidden(problems []config.Problem) []config.Problem {
	var all []config.Problem
	for _, p := range problems {
		all = append(all, config.Problem{Line: p.Line, Format: "what is wrong is not shown, since the file is private"})
	}
	return all
}

// review reads, analyses and posts.
func (r *reviewer) review(ctx context.Context) error {
	if err := r.read(ctx); err != nil {
		return reading.in(err)
	}
	if err := r.analyse(ctx); err != nil {
		return analysing.in(err)
	}
	if err := r.stack(ctx); err != nil {
		return reading.in(err)
	}
	if err := r.checkInlines(ctx); err != nil {
		return analysing.in(err)
	}
	r.definitions()
	r.verify(ctx)
	if err := r.predict(ctx); err != nil {
		return analysing.in(err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// A review that is being written is not interrupted: dfbot would have to look for it, and write it again, later.
	return r.post(queue.Uninterrupted(ctx))
}

// dropLeftovers deletes what earlier attempts left. If it may not, the review goes on.
func (a *App) dropLeftovers(ctx context.Context, snap *github.Snapshot, attempt int) error {
	err := patient(snap.DropLeftovers(queue.Uninterrupted(ctx)), attempt)
	if errors.As(err, new(job.GiveUp)) {
		a.log.WarnContext(ctx, "leftovers of earlier attempts not deleted", slog.Any("", snap.Ref), "error", err)
		return nil
	}
	return err
}

// key says what a check run is about, apart from the commit: the configuration in force, the branch that the pull
// request goes into, whether it is a draft, who reviews.
func (a *App) key(snap *github.Snapshot) string {
	text := fmt.Sprintf("%s\x00%s\x00%t\x00%s\x00%s", a.version, snap.BaseRef, snap.Draft, snap.Config.Path,
		snap.Config.Source)
	if snap.Organization.Path != "" {
		text += "\x00" + string(snap.Organization.Source)
	}
	return hash(text, 8)
}

// requested is the end of a key if someone requested another run: the name of the delivery that says so.
func requested(j job.Job) string {
	if j.Why != job.Rerequested {
		return ""
	}
	return "-" + hash(j.Delivery, 4)
}

func hash(s string, bytes int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:bytes])
}

// reviewer reviews one pull request, once.
type reviewer struct {
	app     *App
	job     job.Job // with the Ref as it was found
	attempt int
	snap    *github.Snapshot
	policy  review.Policy
	id      string // external id of the check run

	pull    review.Pull
	asker   turns.Asker
	budget  *work.Budget           // of all Dockerfiles, on both sides
	blobs   map[string]github.Blob // what was read of the head
	size    int                    // bytes of Dockerfiles among them, as the tree has it
	sources []source               // of the Dockerfiles
	// unaltered are those whose builds the pull request affects, but only in what no rule looks at
	unaltered []source
	results   []analysis.Result
	named     map[string]bool // Dockerfiles that only builds know by name
	held      []inline        // Dockerfiles in definitions
	offers    []review.Offer  // for buttons
	now       []builds.Build  // of the head, as far as their definitions were read
	before    []builds.Build  // of the base

	proofs   map[proof]string    // what was proved of suggestions; "" for nothing
	rebuilds []*forecast.Rebuild // what the pull request runs again
}

// source is one Dockerfile.
type source struct {
	path string
	was  string // its path on the base; "" where it is new
	src  []byte
}

// pullWork is what the Dockerfiles of one pull request may cost together: what eight hostile ones do, or a thousand
// that people write.
const pullWork = 8 * analysis.FileWork

// analyse runs the rules over each Dockerfile, as long as the pull request may cost more.
func (r *reviewer) analyse(ctx context.Context) error {
	for _, s := range r.sources {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("analyse: %w", context.Cause(ctx))
		}
		if r.budget.Left() < pullWork/100 {
			r.unread(s.path, "the other Dockerfiles of this pull request used up the work that dfbot does for one "+
				"pull request")
			continue
		}
		if err := r.check(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// check runs the rules, and the programs beside them, over one Dockerfile: over that of the base, then of the head.
func (r *reviewer) check(ctx context.Context, s source) error {
	change, programs := r.pull.Changes[s.path], r.programs(s)
	if was, known := r.snap.Before.Contents[s.was]; known {
		base := ruleset.Unit(r.policy.Repo, r.app.rules, s.was, was)
		base.Tree, base.Programs, base.Wants = &r.snap.Before, programs, analysis.NoFixes
		res, err := r.run(ctx, base)
		if err != nil {
			return err
		}
		change.Base = &res
		r.pull.Changes[s.path] = change
	}
	head := ruleset.Unit(r.policy.Repo, r.app.rules, s.path, s.src)
	head.Tree, head.Before, head.BeforePath = &r.snap.Tree, &r.snap.Before, s.was
	head.Programs, head.Wants = programs, r.policy.Wants(change)
	res, err := r.run(ctx, head)
	if err != nil {
		return err
	}
	for _, u := range res.Unproved {
		r.app.emit(Event{Kind: Unproved, Job: r.job, Rule: u.Rule.Name})
	}
	r.results = append(r.results, res)
	return nil
}

// run is one run over a unit, within what the pull request may cost.
func (r *reviewer) run(ctx context.Context, u analysis.Unit) (analysis.Result, error) {
	u.Today, u.Budget, u.Asker = r.app.today(), r.budget.Share(analysis.FileWork), &r.asker
	res, err := analysis.Run(ctx, u)
	if err != nil {
		return res, fmt.Errorf("analyse %s: %w", u.Path, err)
	}
	for _, c := range res.Crashed {
		r.app.log.ErrorContext(ctx, "rule crashed", slog.Any("", r.job), "rule", c.Rule.Name, "panic", c.Value, "stack",
			c.Stack)
		r.app.emit(Event{Kind: Crashed, Job: r.job, Rule: c.Rule.Name})
	}
	res.Shrink()
	return res, nil
}

// programs are those to be asked about the Dockerfile on both sides: none if the text is the same, which is all that
// they see, and what is old is not raised.
func (r *reviewer) programs(s source) []analysis.Program {
	was, known := r.snap.Before.Contents[s.was]
	if known && bytes.Equal(was, s.src) && r.policy.Scope != config.ScopeAll {
		return nil
	}
	return []analysis.Program{r.app.docker.Check, r.app.shell.Check}
}

// post writes the review: threads that are open again, comments, then earlier comments that get another text, then the
// check run.
func (r *reviewer) post(ctx context.Context) error {
	said, err := r.reopen(ctx)
	if err != nil {
		return commenting.in(err)
	}
	if err := r.offer(ctx, said); err != nil {
		return reading.in(err)
	}
	post := r.word(said)
	refused, err := r.comment(ctx, post)
	var forbidden job.GiveUp
	switch {
	case errors.As(err, &forbidden):
		post = r.withoutComments(forbidden)
	case err != nil:
		return commenting.in(err)
	case len(refused) > 0:
		post = r.without(refused)
		r.app.log.WarnContext(ctx, "comments refused by GitHub", slog.Any("", r.job), "refused", len(refused),
			"written", len(post.Comments))
	}
	switch err := patient(r.snap.Mark(ctx, slices.Concat(post.Fixed, post.Edited)), r.attempt); {
	case errors.As(err, &forbidden): // for example because the conversation is locked; the check run is written anyway
		r.app.log.WarnContext(ctx, "comments not marked as fixed", slog.Any("", r.job), "error", err)
	case err != nil:
		return commenting.in(err)
	}
	if err := r.snap.Check(ctx, post.Run); err != nil {
		return concluding.in(err)
	}
	r.app.emit(Event{Kind: Posted, Job: r.job, Conclusion: post.Run.Conclusion, Comments: len(post.Comments)})
	return nil
}

// reopen opens the threads of comments that are in force again, and returns what to say then: a new comment takes the
// place of one whose thread stays folded.
func (r *reviewer) reopen(ctx context.Context) (*review.Review, error) {
	said := r.said()
	folded, err := r.snap.Reopen(ctx, r.word(said).Edited)
	if len(folded) > 0 {
		r.pull.Folded = folded
		said = r.said()
	}
	return said, err
}

// comment writes the comments, and returns those that GitHub refuses. That it refuses all of them may have to do with
// the commit, which it does not know yet.
func (r *reviewer) comment(ctx context.Context, post checks.Post) (refused []checks.ReviewComment, err error) {
	refused, err = r.snap.Comment(ctx, post.ReviewBody, post.Comments, func(refused []checks.ReviewComment) string {
		return r.without(refused).ReviewBody
	})
	if err == nil && len(refused) > 0 && len(refused) == len(post.Comments) && r.attempt < patience {
		err = github.MayPass{Reason: "GitHub refused all comments"}
	}
	return refused, patient(err, r.attempt)
}

// said is the review.
func (r *reviewer) said() *review.Review {
	return review.New(r.results, r.pull, r.snap.Prior, r.policy)
}

// word words the review.
func (r *reviewer) word(said *review.Review) checks.Post {
	return checks.Word(said, checks.Meta{
		CheckName: r.policy.Check.Title(), ExternalID: r.id, Head: r.snap.Head, URL: r.snap.URL(), Offers: r.offers,
		Rebuilds: r.rebuilds, Proved: r.proved, NoIgnoreComments: r.policy.NoIgnoreComments(),
	})
}

// withoutComments words the review with all findings on the check run, and why.
func (r *reviewer) withoutComments(forbidden job.GiveUp) checks.Post {
	r.pull.Muted, r.pull.Lacks = true, forbidden.Permission
	if forbidden.Permission == "" {
		r.pull.MutedBy = forbidden.Reason
	}
	post := r.word(r.said())
	post.Fixed, post.Edited = nil, nil // they need the same permission
	return post
}

// without words the review with the refused comments on the check run. The comments of the post are the others.
func (r *reviewer) without(refused []checks.ReviewComment) checks.Post {
	r.pull.Refused = nil
	for _, c := range refused {
		if m, ok := review.ParseMarker(c.Body); ok {
			r.pull.Refused = append(r.pull.Refused, m.Fingerprints()...)
		}
	}
	return r.word(r.said())
}

// draft writes the check run of a pull request that is not ready for review.
func (a *App) draft(ctx context.Context, snap *github.Snapshot, name, id string) error {
	run := draftRun(snap, name, id)
	if done, err := snap.Shows(ctx, name, run.Conclusion); done || err != nil {
		return err
	}
	return snap.Check(ctx, run)
}

// draftRun is the check run of a draft. An earlier result on the same commit stays: a draft cannot be merged, and a
// check that turns to skipped would let it be merged in the moment after it is ready.
func draftRun(snap *github.Snapshot, name, id string) checks.Run {
	run := checks.Run{
		Name: name, ExternalID: id, Conclusion: review.Skipped, Title: "Not reviewed: the pull request is a draft",
		Summary: "dfbot reviews this pull request when it is marked as ready for review.",
	}
	before, _ := snap.Verdict("")
	if before.Conclusion == review.Failure || before.Conclusion.Known() && before.Name == name {
		run.Conclusion = before.Conclusion
	}
	if run.Conclusion != review.Skipped {
		run.Summary += fmt.Sprintf(" Until then, the result of the last review of this commit stays: %s.",
			run.Conclusion)
	}
	return run
}

// GaveUp writes on the check run that there is no review, and why. It is a [queue.GaveUp].
func (a *App) GaveUp(ctx context.Context, j job.Job, cause error) error {
	if err := a.reportGaveUp(ctx, j, cause); err != nil {
		return err
	}
	a.emit(Event{Kind: GaveUp, Job: j, Err: cause})
	return nil
}

// reportGaveUp writes it on the check run, or in the log if there is none or dfbot may not write it.
func (a *App) reportGaveUp(ctx context.Context, j job.Job, cause error) error {
	switch j.Kind {
	case job.Apply:
		return a.reportNotApplied(ctx, j, cause)
	case job.Queue:
		return a.answerGroup(ctx, j, cause)
	}
	if j.Kind != job.Review || j.Pull == 0 {
		a.log.ErrorContext(ctx, "gave up", slog.Any("", j), "error", cause)
		return nil
	}
	err := a.github.GaveUp(ctx, j.Ref, func(snap *github.Snapshot) (checks.Run, bool) {
		return a.gaveUp(j, snap, cause)
	})
	if errors.As(err, new(job.Stale)) {
		return nil
	}
	if errors.As(err, new(job.GiveUp)) { // not even that is allowed
		a.log.ErrorContext(ctx, "gave up, and could not report it", slog.Any("", j), "error", cause, "because", err)
		return nil
	}
	return err
}

// gaveUp is the check run of a job that was given up, and whether to write it. An earlier result on this commit stays
// if it is about the present state or is no better; then only a newer run that was begun has to be completed, with the
// same result.
func (a *App) gaveUp(j job.Job, snap *github.Snapshot, cause error) (run checks.Run, say bool) {
	repo := a.policy(snap)
	run = gaveUp(repo.Check, j, cause)
	before, begun := snap.Verdict(keyGaveUp)
	if snap.Draft && repo.Drafts == config.DraftsSkip { // no one expects a review of it
		return draftRun(snap, run.Name, github.ExternalID(j.Pull, a.key(snap))), begun || before.Key == ""
	}
	present := before.Key != "" && before.About(a.key(snap))
	if !present && run.Conclusion.Worse(before.Conclusion) {
		return run, true
	}
	run.Conclusion = before.Conclusion
	run.Title = "dfbot could not finish this run; the earlier result stays"
	return run, begun
}

// keyGaveUp is the key of check runs of jobs that were given up.
const keyGaveUp = "gave-up"

// gaveUp words the check run of a job that was given up.
func gaveUp(check config.Check, j job.Job, cause error) checks.Run {
	run := checks.Run{
		Name: check.Title(), ExternalID: github.ExternalID(j.Pull, keyGaveUp+requested(j)), Conclusion: review.Neutral,
		Title: "dfbot could not finish this review", Summary: whatHappened(j, cause),
	}
	if check.FailsUnreviewed() {
		run.Conclusion = review.Failure
		run.Summary = checks.FailsUnreviewed("the review is not complete") + run.Summary
	}
	return run
}
