package github

import (
	"context"
	"fmt"
	"strings"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

// A merge queue makes a commit of the base branch, the pull requests that go in before, and one pull request, and waits
// for the required checks on it. dfbot answers with its verdict on that pull request: those that go in before have
// commits of their own in the queue.

// Queued reads the pull request that a merge group is for, as far as its verdict goes: its check runs and its
// configuration. Its Head is that of the pull request, not of the group.
func (c *Client) Queued(ctx context.Context, ref job.Ref) (*Snapshot, error) {
	in := c.as(ref)
	ref.Head = ""
	s := in.newSnapshot(ref)
	p, _, err := in.rest.PullRequests.Get(ctx, ref.Owner, ref.Name, ref.Pull)
	if missing(err) {
		if _, gone := in.locate(ctx, ref); gone != nil {
			err = gone
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, typed(err))
	}
	if err := s.open(strings.ToLower(p.GetState()), p.GetHead().GetSHA()); err != nil {
		return nil, err
	}
	s.BaseRef, s.Draft = p.GetBase().GetRef(), p.GetDraft()
	if s.Runs, err = in.runs(ctx, s.Ref); err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, typed(err))
	}
	return s, nil
}

// ReadConfig reads the configuration where the snapshot was taken without it.
func (s *Snapshot) ReadConfig(ctx context.Context) (err error) {
	if s.Config, err = s.in.config(ctx, s.Ref, s.BaseRef); err != nil {
		return fmt.Errorf("read configuration of %s: %w", s.Ref, typed(err))
	}
	return nil
}

// CheckGroup writes the completed check run of a merge group, whose commit is ref.Head. If there is one already,
// nothing is written.
func (c *Client) CheckGroup(ctx context.Context, ref job.Ref, run checks.Run) error {
	if err := c.writes.wait(ref); err != nil {
		return err
	}
	s := c.as(ref).newSnapshot(ref)
	ctx = s.writing(ctx)
	_, leave, err := c.heads.take(ctx, head{ref.Repository, ref.Head}, s.runsRead)
	if err != nil {
		return fmt.Errorf("write check run of %s: %w", ref.Head, err)
	}
	defer leave(true)
	runs, err := s.in.runs(ctx, ref)
	if err != nil {
		return fmt.Errorf("write check run of %s: %w", ref.Head, typed(err))
	}
	for _, r := range runs {
		if r.Completed && r.Name == run.Name {
			return nil
		}
	}
	if _, err := s.createRun(ctx, run); err != nil {
		return fmt.Errorf("write check run of %s: %w", ref.Head, typed(err))
	}
	return nil
}
