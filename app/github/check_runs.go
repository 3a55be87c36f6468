package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

// maxRounds is how often a run is written again because another one came between.
const maxRounds = 5

// Check writes the check run on the head. It is the last thing to be written: if GitHub shows all of it already,
// nothing is written. One that an earlier attempt has begun is completed. The conclusion of run is that of this pull
// request on its own; where another open pull request with the same head deserves a worse one, the run says so and ends
// with that.
func (s *Snapshot) Check(ctx context.Context, run checks.Run) error {
	ctx = s.writing(ctx)
	since, leave, err := s.in.client.heads.take(ctx, head{s.Repository, s.Head}, s.runsRead)
	if err != nil {
		return fmt.Errorf("write check run of %s: %w", s.Ref, err)
	}
	wrote := false
	defer func() { leave(wrote) }()
	if since {
		if err := s.rereadRuns(ctx); err != nil {
			return err
		}
	}
	for range maxRounds {
		if done, err := s.UpToDate(ctx, run.Name, run.ExternalID); done || err != nil {
			return err
		}
		if err := s.stillHead(ctx); err != nil {
			return err
		}
		wrote = true
		if alone, err := s.write(ctx, run); alone || err != nil {
			return err
		}
		if err := s.rereadRuns(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("write check run of %s: other jobs keep writing in between", s.Ref)
}

func (s *Snapshot) rereadRuns(ctx context.Context) (err error) {
	if s.Runs, err = s.in.runs(ctx, s.Ref); err != nil {
		return fmt.Errorf("look at the check runs of %s again: %w", s.Ref, typed(err))
	}
	return nil
}

// write writes the run with the conclusion that it must have given other pull requests with the same head. It reports
// whether there are none, as far as dfbot's runs and GitHub's answer say; forks' pull requests are not in the latter.
func (s *Snapshot) write(ctx context.Context, run checks.Run) (alone bool, err error) {
	worse, err := s.worse(ctx, run.Name, run.Conclusion)
	if err != nil {
		return false, err
	}
	twins := s.twins()
	beside := checks.Beside(run, s.Pull, worse, twins)
	beside.ExternalID = withVerdict(run.ExternalID, run.Conclusion)
	var written *github.CheckRun
	if own := s.Own(); own != nil && !own.Completed &&
		own.Verdict().Key == (CheckRun{ExternalID: run.ExternalID}).Verdict().Key {
		written, err = s.goOn(ctx, own.ID, beside)
	} else {
		written, err = s.createRun(ctx, beside)
	}
	if err != nil {
		return false, fmt.Errorf("write check run of %s: %w", s.Ref, typed(err))
	}
	other := func(p *github.PullRequest) bool {
		return p.GetNumber() != s.Pull && p.GetBase().GetRepo().GetID() == s.Repository
	}
	return !twins && !slices.ContainsFunc(written.PullRequests, other), nil
}

func (s *Snapshot) createRun(ctx context.Context, run checks.Run) (*github.CheckRun, error) {
	created, _, err := s.in.rest.Checks.CreateCheckRun(ctx, s.Owner, s.Name, github.CreateCheckRunOptions{
		Name: run.Name, HeadSHA: s.Head, ExternalID: &run.ExternalID, Status: github.String("completed"),
		Conclusion: github.String(string(run.Conclusion)), Output: output(run), Actions: actions(run),
	})
	return created, err
}

// goOn completes a run that was begun, or that GitHub has reset because someone asked for it again. The annotations
// that it has cannot be changed any more.
func (s *Snapshot) goOn(ctx context.Context, id int64, run checks.Run) (*github.CheckRun, error) {
	begun, _, err := s.in.rest.Checks.GetCheckRun(ctx, s.Owner, s.Name, id)
	if err != nil {
		return nil, err
	}
	run.Annotations = run.Annotations[min(begun.GetOutput().GetAnnotationsCount(), len(run.Annotations)):]
	return s.complete(ctx, id, run)
}

// complete completes a run in progress, and adds the annotations to those that it has.
func (s *Snapshot) complete(ctx context.Context, id int64, run checks.Run) (*github.CheckRun, error) {
	updated, _, err := s.in.rest.Checks.UpdateCheckRun(ctx, s.Owner, s.Name, id, github.UpdateCheckRunOptions{
		Name: run.Name, ExternalID: &run.ExternalID, Status: github.String("completed"),
		Conclusion: github.String(string(run.Conclusion)), Output: output(run), Actions: actions(run),
	})
	return updated, err
}

// actions are the buttons of a run that is completed. An update cannot take them away again.
func actions(run checks.Run) []*github.CheckRunAction {
	var all []*github.CheckRunAction
	for _, a := range run.Actions {
		all = append(all, &github.CheckRunAction{Label: a.Label, Description: a.Description, Identifier: a.Identifier})
	}
	return all
}

func output(run checks.Run) *github.CheckRunOutput {
	out := &github.CheckRunOutput{Title: &run.Title, Summary: &run.Summary}
	for _, a := range run.Annotations {
		note := &github.CheckRunAnnotation{
			Path: github.String(a.Path), StartLine: github.Int(a.StartLine), EndLine: github.Int(a.EndLine),
			AnnotationLevel: github.String(a.Level), Title: github.String(a.Title), Message: github.String(a.Message),
		}
		if a.StartColumn > 0 {
			note.StartColumn, note.EndColumn = github.Int(a.StartColumn), github.Int(a.EndColumn)
		}
		out.Annotations = append(out.Annotations, note)
	}
	return out
}

// GaveUp writes a check run that says that there is no review, on the commit that the job was about: a newer head has
// its own job. What it says, if anything, is asked of word, which gets what is known of the pull request. A run that
// was begun for it is completed, so that none stays in progress. If GitHub does not allow that, a new run is written,
// which GitHub shows instead. Calling it again writes nothing.
func (c *Client) GaveUp(ctx context.Context, ref job.Ref, word func(*Snapshot) (run checks.Run, say bool)) error {
	if err := c.writes.wait(ref); err != nil {
		return err
	}
	in := c.as(ref)
	s := in.newSnapshot(ref)
	p, err := in.fullPull(ctx, ref)
	if missing(err) {
		if _, gone := in.locate(ctx, ref); gone != nil {
			err = gone
		}
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", ref, typed(err))
	}
	s.Head = cmp.Or(ref.Head, p.GetHead().GetSHA())
	if err := s.look(strings.ToLower(p.GetState()), p.GetHead().GetSHA()); err != nil {
		return err
	}
	s.BaseRef, s.Draft = p.GetBase().GetRef(), p.GetDraft()
	if s.Runs, err = in.runs(ctx, s.Ref); err != nil {
		return fmt.Errorf("read %s: %w", ref, typed(err))
	}
	// Without the configuration the run has its default name and conclusion, which is for when there is no hope of it.
	s.Trunk = p.trunk()
	if err = s.readConfig(ctx); err != nil && !errors.As(typed(err), new(job.GiveUp)) {
		return fmt.Errorf("read %s: %w", ref, typed(err))
	}
	run, say := word(s)
	if !say {
		return nil
	}
	if err := s.abandon(ctx, run); err != nil && errors.As(err, new(job.RetryAt)) {
		return err
	}
	return s.Check(ctx, run)
}

// abandon completes what was begun for the pull request, with what run says.
func (s *Snapshot) abandon(ctx context.Context, run checks.Run) error {
	ctx = s.writing(ctx)
	run.ExternalID = withVerdict(run.ExternalID, run.Conclusion)
	for i, r := range s.Runs {
		if r.Completed || r.Verdict().Pull != s.Pull {
			continue
		}
		if _, err := s.complete(ctx, r.ID, run); err != nil {
			return fmt.Errorf("complete check run of %s: %w", s.Ref, typed(err))
		}
		s.Runs[i].Name, s.Runs[i].ExternalID, s.Runs[i].Completed, s.Runs[i].Conclusion = run.Name, run.ExternalID,
			true, run.Conclusion
	}
	return nil
}

// Amend gives the newest check run about a pull request on ref.Head another title and summary. Its annotations, its
// buttons and the verdict stay. Where word changes nothing, or there is no such run, nothing is written.
func (c *Client) Amend(ctx context.Context, ref job.Ref, word func(title, summary string) (string, string)) error {
	if err := c.writes.wait(ref); err != nil {
		return err
	}
	in := c.as(ref)
	s := in.newSnapshot(ref)
	ctx = s.writing(ctx)
	_, leave, err := c.heads.take(ctx, head{s.Repository, s.Head}, s.runsRead)
	if err == nil {
		defer leave(false) // what it changes is nothing that others go by
		err = s.amend(ctx, word)
	}
	if err != nil {
		return fmt.Errorf("amend check run of %s: %w", ref, typed(err))
	}
	return nil
}

func (s *Snapshot) amend(ctx context.Context, word func(title, summary string) (string, string)) (err error) {
	if s.Runs, err = s.in.runs(ctx, s.Ref); err != nil {
		return err
	}
	own := newest(s.Runs, func(r CheckRun) bool { return r.Completed && r.Verdict().Pull == s.Pull })
	if own == nil {
		return nil
	}
	run, _, err := s.in.rest.Checks.GetCheckRun(ctx, s.Owner, s.Name, own.ID)
	if err != nil {
		return err
	}
	title, summary := word(run.GetOutput().GetTitle(), run.GetOutput().GetSummary())
	if title == run.GetOutput().GetTitle() && summary == run.GetOutput().GetSummary() {
		return nil
	}
	_, _, err = s.in.rest.Checks.UpdateCheckRun(ctx, s.Owner, s.Name, own.ID, github.UpdateCheckRunOptions{
		Name: own.Name, Output: &github.CheckRunOutput{Title: &title, Summary: &summary},
	})
	return err
}

// maxOpen is how many open pull requests are looked at for a head, newest first.
const maxOpen = 1000

// PullsOf finds the open pull requests whose head is ref.Head, for events that do not name them: GitHub does not
// do so for those of forks. What dfbot wrote on the commit says it at once; else the open pull requests are listed.
func (c *Client) PullsOf(ctx context.Context, ref job.Ref) ([]int, error) {
	in := c.as(ref)
	found, err := in.pullsByRuns(ctx, ref)
	if err == nil && len(found) == 0 {
		found, err = in.pullsByHead(ctx, ref)
	}
	if err != nil {
		if missing(err) {
			if _, gone := in.locate(ctx, ref); gone != nil {
				err = gone
			}
		}
		return nil, fmt.Errorf("find pull requests of %s in %s/%s: %w", ref.Head, ref.Owner, ref.Name, typed(err))
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func (in *installation) pullsByRuns(ctx context.Context, ref job.Ref) ([]int, error) {
	runs, err := in.runs(ctx, ref)
	var found []int
	for _, r := range runs {
		if n := r.Verdict().Pull; n > 0 {
			found = append(found, n)
		}
	}
	return found, err
}

func (in *installation) pullsByHead(ctx context.Context, ref job.Ref) ([]int, error) {
	var found []int
	opts := &github.PullRequestListOptions{
		State: "open", Sort: "updated", Direction: "desc", ListOptions: github.ListOptions{PerPage: 100},
	}
	for seen := 0; seen < maxOpen; {
		page, resp, err := in.rest.PullRequests.List(ctx, ref.Owner, ref.Name, opts)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if p.GetHead().GetSHA() == ref.Head {
				found = append(found, p.GetNumber())
			}
		}
		if seen += len(page); resp.NextPage == 0 {
			break
		}
		opts.Page = resp.NextPage
	}
	return found, nil
}
