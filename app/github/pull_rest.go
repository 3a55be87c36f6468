package github

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review"
)

// pullByREST reads what pullQuery reads where GraphQL is not to be had. It does not learn whether a thread is resolved.
func (in *installation) pullByREST(ctx context.Context, ref job.Ref) (*Snapshot, error) {
	s := in.newSnapshot(ref)
	p, err := in.fullPull(ctx, ref)
	if err != nil {
		return nil, err
	}
	repo := p.GetBase().GetRepo()
	s.Repository, s.Owner, s.Name = repo.GetID(), repo.GetOwner().GetLogin(), repo.GetName()
	if s.Repository != ref.Repository {
		return s, nil
	}
	if err := s.open(p.GetState(), p.GetHead().GetSHA()); err != nil {
		return nil, err
	}
	s.author = p.GetUser().GetLogin()
	s.BaseRef, s.Draft, s.changedFiles = p.GetBase().GetRef(), p.GetDraft(), p.GetChangedFiles()
	s.HeadRef, s.DefaultRef = p.GetHead().GetRef(), repo.GetDefaultBranch()
	s.Fork = p.GetHead().GetRepo().GetID() != s.Repository
	s.Trunk = p.trunk()
	if err := s.readConfig(ctx); err != nil {
		return nil, err
	}
	if s.Runs, err = in.runs(ctx, s.Ref); err != nil {
		return nil, err
	}
	me, err := in.client.self(ctx)
	if err != nil {
		return nil, err
	}
	login := me.slug + "[bot]"
	var comments []own
	if p.GetReviewComments() > 0 {
		if comments, err = s.said(ctx, login); err != nil {
			return nil, err
		}
	}
	if p.GetComments() > 0 {
		if err := s.hearByREST(ctx, login); err != nil {
			return nil, err
		}
	}
	reviews, err := s.postedByREST(ctx, login)
	if err != nil {
		return nil, err
	}
	s.recall(comments, reviews)
	return s, nil
}

// maxListed is how many files of a folder GitHub lists at most (REST, "Get repository content").
const maxListed = 1000

// config reads the configuration at the tip of a branch. One list of the files at the root says which of its paths need
// not be asked for; where GitHub has none, it is asked for all.
func (in *installation) config(ctx context.Context, ref job.Ref, branch string) (ConfigFile, error) {
	_, root, err := in.contents(ctx, ref, "", branch)
	if err != nil {
		return ConfigFile{}, fmt.Errorf("list files of %s: %w", branch, err)
	}
	listed := map[string]*github.RepositoryContent{}
	for _, e := range root {
		listed[e.GetName()] = e
	}
	for _, path := range config.Paths {
		name, _, deeper := strings.Cut(path, "/")
		file := listed[name]
		if file == nil && root != nil && len(root) < maxListed {
			continue
		}
		if deeper || file.GetType() != "file" {
			if file, _, err = in.contents(ctx, ref, path, branch); err != nil {
				return ConfigFile{}, fmt.Errorf("read %s: %w", path, err)
			}
		}
		switch {
		case file == nil: // a folder is no configuration
			continue
		case file.GetSize() > config.MaxSize:
			return ConfigFile{Path: path, Source: unreadConfig}, nil
		}
		source, err := in.raw(ctx, ref, file.GetSHA())
		return ConfigFile{Path: path, Source: source}, err
	}
	return ConfigFile{}, nil
}

// contents reads a file, or lists a folder, at the tip of a branch; neither where there is nothing.
func (in *installation) contents(ctx context.Context, ref job.Ref, path, branch string) (*github.RepositoryContent,
	[]*github.RepositoryContent, error) {
	file, folder, _, err := in.rest.Repositories.GetContents(ctx, ref.Owner, ref.Name, path,
		&github.RepositoryContentGetOptions{Ref: "refs/heads/" + branch})
	if missing(err) {
		return nil, nil, nil
	}
	return file, folder, err
}

// runs lists this App's check runs on the head.
func (in *installation) runs(ctx context.Context, ref job.Ref) ([]CheckRun, error) {
	var all []CheckRun
	opts := &github.ListCheckRunsOptions{
		AppID: &in.client.opts.AppID, Filter: github.String("all"), ListOptions: github.ListOptions{PerPage: 100},
	}
	for {
		page, resp, err := in.rest.Checks.ListCheckRunsForRef(ctx, ref.Owner, ref.Name, ref.Head, opts)
		if err != nil {
			return nil, fmt.Errorf("list check runs: %w", err)
		}
		for _, r := range page.CheckRuns {
			all = append(all, CheckRun{
				ID: r.GetID(), Name: r.GetName(), ExternalID: r.GetExternalID(),
				Completed:  r.GetStatus() == "completed",
				Conclusion: review.Conclusion(r.GetConclusion()),
			})
		}
		if resp.NextPage == 0 {
			return all, nil
		}
		opts.Page = resp.NextPage
	}
}

// said lists dfbot's own review comments, and takes the commands in their threads.
func (s *Snapshot) said(ctx context.Context, login string) (all []own, err error) {
	at := map[int64]int{} // index by id
	opts := &github.PullRequestListCommentsOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for {
		page, resp, err := s.in.rest.PullRequests.ListComments(ctx, s.Owner, s.Name, s.Pull, opts)
		if err != nil {
			return nil, fmt.Errorf("list review comments: %w", err)
		}
		for _, c := range page {
			mine := c.GetUser().GetLogin() == login && c.GetUser().GetType() == "Bot"
			if i, ok := at[c.GetInReplyTo()]; ok && len(command.Parse(c.GetBody())) > 0 {
				if err := s.hearThread(ctx, c, all[i].ID, login); err != nil {
					return nil, err
				}
			} else if ok {
				all[i].Answered = all[i].Answered || !mine
				u := c.GetUser()
				if !mine && hasSay(u.GetLogin(), u.GetType(), c.GetAuthorAssociation(), s.author) &&
					refuses(c.GetBody()) {
					all[i].State, all[i].Declined = review.Dismissed, true
				}
			} else if mine && c.GetInReplyTo() == 0 {
				at[c.GetID()] = len(all)
				all = append(all, own{saidREST(c), c.GetPullRequestReviewID()})
			}
		}
		if resp.NextPage == 0 {
			return all, nil
		}
		opts.Page = resp.NextPage
	}
}

func saidREST(c *github.PullRequestComment) review.Said {
	outdated := c.Line == nil && c.GetSubjectType() != "file"
	return review.Said{
		ID: c.GetID(), Path: c.GetPath(), Start: cmp.Or(c.GetStartLine(), c.GetLine()), End: c.GetLine(),
		Body: c.GetBody(), Outdated: outdated,
	}
}
