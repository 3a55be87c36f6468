package github

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/checks"
)

// ExternalID names a check run: what it is about, so that the same is not said twice on a commit. It comes back in events, and
// only this App can write it.
func ExternalID(pull int, key string) string { return fmt.Sprintf("v1:pr=%d:%s", pull, key) }

var externalID = regexp.MustCompile(`^v1:pr=(\d{1,9}):`)

// pullOf reads the number of the pull request from an ExternalID; 0 where it is none.
func pullOf(id string) int {
	m := externalID.FindStringSubmatch(id)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// Checked says whether the head has a completed check run with the external id.
func (s *Snapshot) Checked(id string) bool {
	return slices.ContainsFunc(s.Runs, func(r CheckRun) bool { return r.ExternalID == id && r.Completed })
}

// Check writes the check run on the head. It is the last thing to be written: a completed run with the same external id says
// that all is done, and then nothing is written. One that an earlier attempt has begun is completed.
func (s *Snapshot) Check(ctx context.Context, run checks.Run) error {
	if s.Checked(run.ExternalID) {
		return nil
	}
	if err := s.stillHead(ctx); err != nil {
		return err
	}
	begun := slices.IndexFunc(s.Runs, func(r CheckRun) bool { return r.ExternalID == run.ExternalID })
	var err error
	if begun >= 0 {
		err = s.goOn(ctx, s.Runs[begun].ID, run)
	} else {
		err = s.createRun(ctx, run)
	}
	if err != nil {
		return fmt.Errorf("write check run of %s: %w", s.Ref, outcome(err))
	}
	return nil
}

// createRun creates the run: completed at once where one request takes all annotations.
func (s *Snapshot) createRun(ctx context.Context, run checks.Run) error {
	n := min(len(run.Annotations), checks.MaxAnnotations)
	opts := github.CreateCheckRunOptions{
		Name: run.Name, HeadSHA: s.Head, ExternalID: &run.ExternalID, Status: github.String("in_progress"),
		Output: output(run, run.Annotations[:n]),
	}
	if n == len(run.Annotations) {
		opts.Status, opts.Conclusion = github.String("completed"), github.String(string(run.Conclusion))
	}
	created, _, err := s.in.rest.Checks.CreateCheckRun(ctx, s.Owner, s.Name, opts)
	if err != nil || n == len(run.Annotations) {
		return err
	}
	return s.complete(ctx, created.GetID(), run, n)
}

// goOn completes a run that an earlier attempt has begun.
func (s *Snapshot) goOn(ctx context.Context, id int64, run checks.Run) error {
	begun, _, err := s.in.rest.Checks.GetCheckRun(ctx, s.Owner, s.Name, id)
	if err != nil {
		return err
	}
	return s.complete(ctx, id, run, begun.GetOutput().GetAnnotationsCount())
}

// complete adds the annotations after the first written ones to a run in progress, and completes it with the last.
// What GitHub has taken of them cannot be changed any more.
func (s *Snapshot) complete(ctx context.Context, id int64, run checks.Run, written int) error {
	run.Annotations = run.Annotations[min(written, len(run.Annotations)):]
	batches := run.Batches()
	if len(batches) == 0 {
		batches = [][]checks.Annotation{nil}
	}
	for i, batch := range batches {
		opts := github.UpdateCheckRunOptions{Name: run.Name, ExternalID: &run.ExternalID, Output: output(run, batch)}
		if i == len(batches)-1 {
			opts.Status, opts.Conclusion = github.String("completed"), github.String(string(run.Conclusion))
		}
		if _, _, err := s.in.rest.Checks.UpdateCheckRun(ctx, s.Owner, s.Name, id, opts); err != nil {
			return err
		}
	}
	return nil
}

func output(run checks.Run, annotations []checks.Annotation) *github.CheckRunOutput {
	out := &github.CheckRunOutput{Title: &run.Title, Summary: &run.Summary}
	for _, a := range annotations {
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

// GaveUp writes a check run that says that there is no review, on the head as it is now. What it says is asked of word, which gets the
// configuration if that can be read. A run that was begun for the pull request is completed with it, so that none stays in progress.
// Where GitHub does not let it, a new run stands above it. Calling it again writes nothing.
func (c *Client) GaveUp(ctx context.Context, ref Ref, word func(ConfigFile) checks.Run) error {
	in := c.as(ref)
	p, _, err := in.rest.PullRequests.Get(ctx, ref.Owner, ref.Name, ref.Pull)
	if missing(err) {
		_, err = in.locate(ctx, ref)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", ref, outcome(err))
	}
	s := in.newSnapshot(ref)
	if err := s.open(strings.ToLower(p.GetState()), p.GetHead().GetSHA()); err != nil {
		return err
	}
	if s.Runs, err = in.runs(ctx, s.Ref); err != nil {
		return fmt.Errorf("read %s: %w", ref, outcome(err))
	}
	s.Config, _ = in.config(ctx, s.Ref, p.GetBase().GetRef()) // without it the run has its default name
	run := word(s.Config)
	if err := s.abandon(ctx, run); err != nil && errors.As(err, new(TryAgain)) {
		return err
	}
	return s.Check(ctx, run)
}

// abandon completes what was begun for the pull request, with what run says.
func (s *Snapshot) abandon(ctx context.Context, run checks.Run) error {
	for i, r := range s.Runs {
		if r.Completed || pullOf(r.ExternalID) != s.Pull || s.Checked(run.ExternalID) {
			continue
		}
		if err := s.complete(ctx, r.ID, run, 0); err != nil {
			return fmt.Errorf("complete check run of %s: %w", s.Ref, outcome(err))
		}
		s.Runs[i] = CheckRun{ID: r.ID, ExternalID: run.ExternalID, Completed: true}
	}
	return nil
}

// maxOpen is how many open pull requests are looked at for a head, newest first.
const maxOpen = 1000

// PullsOf finds the open pull requests whose head is ref.Head, for events that do not name them: GitHub does not
// do so for those of forks. What dfbot wrote on the commit says it at once; else the open pull requests are listed.
func (c *Client) PullsOf(ctx context.Context, ref Ref) ([]int, error) {
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
		return nil, fmt.Errorf("find pull requests of %s in %s/%s: %w", ref.Head, ref.Owner, ref.Name, outcome(err))
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func (in *installation) pullsByRuns(ctx context.Context, ref Ref) ([]int, error) {
	runs, err := in.runs(ctx, ref)
	var found []int
	for _, r := range runs {
		if n := pullOf(r.ExternalID); n > 0 {
			found = append(found, n)
		}
	}
	return found, err
}

func (in *installation) pullsByHead(ctx context.Context, ref Ref) ([]int, error) {
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
