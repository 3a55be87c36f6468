package github

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
)

// Remark is a comment of a person's that may hold commands, on an open pull request as it is now.
type Remark struct {
	job.Ref        // with the names and the head as they were found
	Body    string // as it is now
	By      string // login of who wrote it
	ByID    int64  // of the same account
	Author  bool   // who wrote it is the pull request's author
	Thread  int64  // id of the comment that opened its thread; 0 if it is in the conversation

	at      job.Comment
	created time.Time
	in      *installation
}

// Reaction is an emoji on a comment, in GitHub's words.
type Reaction string

// Reactions are how dfbot answers a command. Done is how it remembers that it has accepted one.
const (
	Seen     Reaction = "eyes"
	Done     Reaction = acceptedREST
	Unclear  Reaction = "confused"
	Declined Reaction = "-1"
)

// ErrCommentGone says that GitHub does not show the comment: it was deleted, or made a moment ago.
var ErrCommentGone = errors.New("the comment is gone")

// Remark reads the comment of a job. A [job.Stale] error says that the pull request is closed.
func (c *Client) Remark(ctx context.Context, j job.Job) (*Remark, error) {
	if err := c.writes.wait(j.Ref); err != nil {
		return nil, err
	}
	m := &Remark{Ref: j.Ref, at: j.Comment, in: c.as(j.Ref)}
	p, _, err := m.in.rest.PullRequests.Get(ctx, m.Owner, m.Name, m.Pull)
	if missing(err) {
		return nil, fmt.Errorf("read %s: %w", j.Ref, m.gone(ctx, err))
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", j.Ref, typed(err))
	}
	if p.GetState() != "open" {
		return nil, job.Stale{Reason: "the pull request is closed"}
	}
	if err := m.read(ctx); missing(err) {
		return nil, ErrCommentGone
	} else if err != nil {
		return nil, fmt.Errorf("read comment %d of %s: %w", m.at.ID, j.Ref, typed(err))
	}
	m.Head, m.Author = p.GetHead().GetSHA(), p.GetUser().GetID() == m.ByID
	return m, nil
}

// gone is why a pull request is missing: its repository may be.
func (m *Remark) gone(ctx context.Context, err error) error {
	if _, located := m.in.locate(ctx, m.Ref); located != nil {
		return located
	}
	return typed(err)
}

// read reads the comment itself. One that is on another pull request is missing.
func (m *Remark) read(ctx context.Context) error {
	if m.at.InDiff {
		c, _, err := m.in.rest.PullRequests.GetComment(ctx, m.Owner, m.Name, m.at.ID)
		if err != nil {
			return err
		}
		m.Body, m.created = c.GetBody(), c.GetCreatedAt().Time
		m.By, m.ByID = c.GetUser().GetLogin(), c.GetUser().GetID()
		if m.Thread = c.GetInReplyTo(); m.Thread == 0 {
			m.Thread = c.GetID()
		}
		return nil
	}
	c, _, err := m.in.rest.Issues.GetComment(ctx, m.Owner, m.Name, m.at.ID)
	if err != nil {
		return err
	}
	m.Body, m.created = c.GetBody(), c.GetCreatedAt().Time
	m.By, m.ByID = c.GetUser().GetLogin(), c.GetUser().GetID()
	return nil
}

// MayPush reports whether who wrote the comment may push to the repository, as [Snapshot.MayPush] does.
func (m *Remark) MayPush(ctx context.Context) (bool, error) {
	return m.in.mayPush(ctx, m.Ref, m.By, m.ByID)
}

// InOwnThread reports whether the comment is in a thread that dfbot has opened.
func (m *Remark) InOwnThread(ctx context.Context) (bool, error) {
	if m.Thread == 0 || m.Thread == m.at.ID {
		return false, nil
	}
	first, _, err := m.in.rest.PullRequests.GetComment(ctx, m.Owner, m.Name, m.Thread)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read comment %d of %s: %w", m.Thread, m.Ref, typed(err))
	}
	me, err := m.in.client.self(ctx)
	return err == nil && first.GetUser().GetLogin() == me.slug+"[bot]" && first.GetUser().GetType() == "Bot", err
}

// React puts an emoji on the comment. Doing it twice changes nothing.
func (m *Remark) React(ctx context.Context, r Reaction) (err error) {
	ctx = m.writing(ctx)
	if m.at.InDiff {
		_, _, err = m.in.rest.Reactions.CreatePullRequestCommentReaction(ctx, m.Owner, m.Name, m.at.ID, string(r))
	} else {
		_, _, err = m.in.rest.Reactions.CreateIssueCommentReaction(ctx, m.Owner, m.Name, m.at.ID, string(r))
	}
	if missing(err) {
		return ErrCommentGone
	}
	if err != nil {
		return fmt.Errorf("react to comment %d of %s: %w", m.at.ID, m.Ref, typed(err))
	}
	return nil
}

// writing marks the calls of a context as being about the pull request.
func (m *Remark) writing(ctx context.Context) context.Context {
	return context.WithValue(ctx, writingKey{}, pullKey{m.Repository, m.Pull})
}

const (
	// mostReplies is how many replies dfbot writes on a pull request in replyWindow.
	mostReplies = 20
	replyWindow = time.Hour
)

// ErrManyReplies says that dfbot has written enough replies on a pull request for now.
var ErrManyReplies = errors.New("dfbot has replied often enough on this pull request")

// replyMarker begins each of dfbot's replies, with the id of the comment that it answers. It is no marker of a finding.
var replyMarker = regexp.MustCompile(`^<!-- dfbot:v1 reply=(\d+) -->`)

// Reply answers the comment where it is, in its thread or in the conversation. A comment is answered once: calling it
// again writes nothing.
func (m *Remark) Reply(ctx context.Context, body string) error {
	marker := fmt.Sprintf("<!-- dfbot:v1 reply=%d -->", m.at.ID)
	lately, err := m.replies(ctx)
	if err != nil {
		return fmt.Errorf("look for replies on %s: %w", m.Ref, typed(err))
	}
	for _, text := range lately {
		if strings.HasPrefix(text, marker) {
			return nil
		}
	}
	if len(lately) >= mostReplies {
		return ErrManyReplies
	}
	if err := m.reply(m.writing(ctx), marker+"\n"+body); err != nil {
		return fmt.Errorf("reply to comment %d of %s: %w", m.at.ID, m.Ref, typed(err))
	}
	return nil
}

func (m *Remark) reply(ctx context.Context, body string) (err error) {
	if m.at.InDiff {
		_, _, err = m.in.rest.PullRequests.CreateCommentInReplyTo(ctx, m.Owner, m.Name, m.Pull, body, m.Thread)
	} else {
		_, _, err = m.in.rest.Issues.CreateComment(ctx, m.Owner, m.Name, m.Pull, &github.IssueComment{Body: &body})
	}
	return err
}

// replies are dfbot's own replies of the last hour before the comment and since, where the comment is.
func (m *Remark) replies(ctx context.Context) (lately []string, err error) {
	me, err := m.in.client.self(ctx)
	if err != nil {
		return nil, err
	}
	room := "issues"
	if m.at.InDiff {
		room = "pulls"
	}
	query := url.Values{"since": {m.created.Add(-replyWindow).UTC().Format(time.RFC3339)}, "per_page": {"100"}}
	at := path.Join("repos", m.Owner, m.Name, room, fmt.Sprint(m.Pull), "comments") + "?"
	for page := 1; page != 0; {
		query.Set("page", fmt.Sprint(page))
		req, err := m.in.rest.NewRequest("GET", at+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		var all []*github.IssueComment // those on lines have the same fields, as far as they are read here
		resp, err := m.in.rest.Do(ctx, req, &all)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			if c.GetUser().GetLogin() == me.slug+"[bot]" && replyMarker.MatchString(c.GetBody()) {
				lately = append(lately, c.GetBody())
			}
		}
		page = resp.NextPage
	}
	return lately, nil
}
