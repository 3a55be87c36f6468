package github

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/review"
)

// This file finds the commands that ignore rules, in the conversation of a pull request and in dfbot's threads. They
// are read anew with each review. That dfbot has accepted one, it remembers by its reaction: no one else can put that
// there. No one can give another command by an edit: a comment that was edited is not heard.

// accepted is dfbot's reaction to a comment whose commands it has obeyed, in the words of GraphQL and of REST.
const (
	accepted     = "THUMBS_UP"
	acceptedREST = "+1"
)

// maxTalk is how many comments of a conversation are looked at.
const maxTalk = 1000

const talkFragment = `
fragment talk on IssueCommentConnection {
  pageInfo { hasPreviousPage startCursor }
  nodes { fullDatabaseId body lastEditedAt author { login } reactionGroups { content viewerHasReacted } }
}
`

const talkQuery = `query($owner: String!, $name: String!, $number: Int!, $before: String!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(last: 100, before: $before) { ...talk }
    }
  }
}
` + talkFragment

type talkNodes struct {
	PageInfo struct {
		HasPreviousPage bool
		StartCursor     string
	}
	Nodes []remark
}

// remark is a person's comment, wherever it is.
type remark struct {
	ID           databaseID `json:"fullDatabaseId"`
	Body         string
	LastEditedAt *time.Time
	Author       *struct {
		Kind  string `json:"__typename"` // "Bot", "User" and others, where it is asked for
		Login string
	} // null when the account is gone
	ReactionGroups []struct {
		Content          string
		ViewerHasReacted bool
	}
}

// ignores are the commands of an accepted comment that ignore rules, with the names as they were written.
func (r remark) ignores(said int64) (all []review.Ignore) {
	heard := false
	for _, g := range r.ReactionGroups {
		heard = heard || g.Content == accepted && g.ViewerHasReacted
	}
	if !heard || r.LastEditedAt != nil {
		return nil
	}
	by := ""
	if r.Author != nil {
		by = r.Author.Login
	}
	return ignoresIn(r.Body, by, said)
}

func ignoresIn(body, by string, said int64) (all []review.Ignore) {
	for _, c := range command.Parse(body) {
		if c.Verb == command.Ignore {
			all = append(all, review.Ignore{Rule: c.Rules[0], Said: said, Reason: c.Reason, By: cmp.Or(by, "ghost")})
		}
	}
	return all
}

// hear takes the commands of the conversation, page by page from its end.
func (s *Snapshot) hear(ctx context.Context, page talkNodes) error {
	for seen := 0; ; {
		for _, r := range page.Nodes {
			s.Prior.Ignored = append(s.Prior.Ignored, r.ignores(0)...)
		}
		if seen += len(page.Nodes); !page.PageInfo.HasPreviousPage || seen >= maxTalk {
			return nil
		}
		var answer pullAnswer
		err := s.in.query(ctx, talkQuery, map[string]any{
			"owner": s.Owner, "name": s.Name, "number": s.Pull, "before": page.PageInfo.StartCursor,
		}, &answer)
		if err != nil {
			return fmt.Errorf("list comments: %w", err)
		}
		if answer.Repository == nil || answer.Repository.Pull == nil {
			return errNoGraphQL
		}
		page = answer.Repository.Pull.Comments
	}
}

// hearByREST is hear where GraphQL is not to be had. It costs a call for a hundred comments, and one for each that
// could be an accepted command.
func (s *Snapshot) hearByREST(ctx context.Context, login string) error {
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for seen := 0; seen < maxTalk; {
		page, resp, err := s.in.rest.Issues.ListComments(ctx, s.Owner, s.Name, s.Pull, opts)
		if err != nil {
			return fmt.Errorf("list comments: %w", err)
		}
		for _, c := range page {
			if err := s.hearOne(ctx, c, login); err != nil {
				return err
			}
		}
		if seen += len(page); resp.NextPage == 0 {
			return nil
		}
		opts.Page = resp.NextPage
	}
	return nil
}

func (s *Snapshot) hearOne(ctx context.Context, c *github.IssueComment, login string) error {
	found := ignoresIn(c.GetBody(), c.GetUser().GetLogin(), 0)
	if len(found) == 0 || c.GetReactions().GetPlusOne() == 0 || !c.GetUpdatedAt().Equal(c.GetCreatedAt()) {
		return nil
	}
	reactions, _, err := s.in.rest.Reactions.ListIssueCommentReactions(ctx, s.Owner, s.Name, c.GetID(), oneHundred)
	return s.heard(found, reactions, login, err)
}

// hearThread does the same for one answer in a thread of dfbot's. REST does not tell if it was edited.
func (s *Snapshot) hearThread(ctx context.Context, c *github.PullRequestComment, said int64, login string) error {
	found := ignoresIn(c.GetBody(), c.GetUser().GetLogin(), said)
	if len(found) == 0 || c.GetReactions().GetPlusOne() == 0 {
		return nil
	}
	list := s.in.rest.Reactions.ListPullRequestCommentReactions
	reactions, _, err := list(ctx, s.Owner, s.Name, c.GetID(), oneHundred)
	return s.heard(found, reactions, login, err)
}

var oneHundred = &github.ListOptions{PerPage: 100}

// heard takes the commands if dfbot's own reaction is among those on their comment.
func (s *Snapshot) heard(found []review.Ignore, reactions []*github.Reaction, login string, err error) error {
	if err != nil {
		return fmt.Errorf("list reactions: %w", err)
	}
	for _, r := range reactions {
		if r.GetContent() == acceptedREST && r.GetUser().GetLogin() == login && r.GetUser().GetType() == "Bot" {
			s.Prior.Ignored = append(s.Prior.Ignored, found...)
			return nil
		}
	}
	return nil
}
