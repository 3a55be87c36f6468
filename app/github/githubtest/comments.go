package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// An IssueComment is a comment in a pull request's conversation.
type IssueComment struct {
	ID        int64
	Number    int // of the pull request
	Author    string
	Body      string
	CreatedAt time.Time
	EditedAt  time.Time // zero where no one has edited it

	reactions []*Reaction
}

// issueComment finds the comment of the path in the conversations of its repository.
func (c *call) issueComment() *IssueComment {
	for _, ic := range c.repo.comments {
		if ic.ID == c.number("comment_id") {
			return ic
		}
	}
	return nil
}

func getIssueComment(c *call) answer {
	ic := c.issueComment()
	if ic == nil {
		return notFound()
	}
	return ok(c.srv.issueCommentJSON(c.repo, ic))
}

// comment finds the review comment of the path, submitted and of the repository.
func (c *call) comment() *Comment {
	for _, p := range c.repo.pulls {
		if c.pull != nil && c.pull != p {
			continue
		}
		for _, cm := range p.allComments() {
			if cm.ID == c.number("comment_id") {
				return cm
			}
		}
	}
	return nil
}

// updatedAt is when the comment was last changed. A reaction does not change it.
func (ic *IssueComment) updatedAt() time.Time {
	if ic.EditedAt.After(ic.CreatedAt) {
		return ic.EditedAt
	}
	return ic.CreatedAt
}

// since is the parameter of that name: comments that were last changed before it are left out.
func (c *call) since() time.Time {
	at, _ := time.Parse(time.RFC3339, c.query("since"))
	return at
}

func listPullComments(c *call) answer {
	since := c.since()
	found := slices.DeleteFunc(slices.Clone(c.pull.allComments()), func(cm *Comment) bool {
		return cm.UpdatedAt.Before(since)
	})
	return paged(c, found, func(cm *Comment) any { return c.srv.commentJSON(cm) }, nil)
}

func getComment(c *call) answer {
	cm := c.comment()
	if cm == nil {
		return notFound()
	}
	return ok(c.srv.commentJSON(cm))
}

// createComment is POST pulls/{pull_number}/comments: one comment on a line or
// a file, or a reply when in_reply_to is given. It is in a review of its own.
func createComment(c *call) answer {
	var in struct {
		anchorInput
		Body      string `json:"body"`
		CommitID  string `json:"commit_id"`
		InReplyTo int64  `json:"in_reply_to"`
	}
	if a, ok := c.decodeStrictly(&in); !ok {
		return a
	}
	if a, ok := bodyFits(in.Body); !ok {
		return a
	}
	if in.InReplyTo != 0 {
		c.params["comment_id"] = fmt.Sprint(in.InReplyTo)
		return c.reply(in.Body)
	}
	if !c.pull.has(in.CommitID) {
		return invalid("PullRequestReviewComment", "commit_id", "custom", "commit_id is not part of the pull request")
	}
	a, complaints := c.pull.anchor(in.anchorInput, in.CommitID)
	if len(complaints) > 0 {
		return refusedAnchor(complaints)
	}
	cm := c.srv.commentAlone(c.pull, c.app.Bot(), func(r *Review) *Comment {
		return c.srv.addThread(c.pull, r, in.Path, in.Body, a)
	})
	return c.srv.createdComment(cm)
}

// refusedAnchor is the 422 of a single comment, which names each field.
func refusedAnchor(list []complaint) answer {
	a := failure(422, "Validation Failed")
	rows := []any{}
	for _, c := range list {
		field := "pull_request_review_thread." + c.field
		row := obj{"resource": "PullRequestReviewComment", "code": "custom", "field": field, "message": field + " " +
			c.text}
		if c == noHunk {
			row = obj{"resource": "PullRequestReviewComment", "code": "missing_field", "field": field}
		}
		rows = append(rows, row)
	}
	a.json.(obj)["errors"] = rows
	return a
}

func bodyFits(body string) (answer, bool) {
	if strings.TrimSpace(body) == "" {
		return invalid("PullRequestReviewComment", "body", "missing_field", ""), false
	}
	if utf8.RuneCountInString(body) > maxBody {
		return invalid("PullRequestReviewComment", "body", "custom", "body is too long (maximum is 65536 characters)"),
			false
	}
	return answer{}, true
}

// commentAlone writes a comment into a review of its own, as GitHub does for
// single comments and replies, and tells the Apps.
func (s *Server) commentAlone(p *Pull, author string, add func(*Review) *Comment) *Comment {
	r := &Review{ID: s.id("review", 8001), Author: author, State: "COMMENTED", CommitID: p.head}
	p.reviews = append(p.reviews, r)
	cm := add(r)
	s.submit(p, r)
	return cm
}

func (s *Server) createdComment(cm *Comment) answer {
	o := s.commentJSON(cm)
	return created(o).with("Location", o["url"].(string))
}

// createReply is POST pulls/{pull_number}/comments/{comment_id}/replies.
func createReply(c *call) answer {
	var in struct{ Body string }
	if a, ok := c.decode(&in); !ok {
		return a
	}
	if a, ok := bodyFits(in.Body); !ok {
		return a
	}
	return c.reply(in.Body)
}

func (c *call) reply(body string) answer {
	to := c.comment()
	if to == nil {
		return notFound()
	}
	if to.InReplyTo != 0 {
		return invalid("PullRequestReviewComment", "in_reply_to", "invalid", "replies to replies are not supported")
	}
	cm := c.srv.commentAlone(c.pull, c.app.Bot(),
		func(r *Review) *Comment { return c.srv.addComment(to.thread, r, body) })
	return c.srv.createdComment(cm)
}

// own finds the comment of the path if the caller wrote it.
func (c *call) own() (*Comment, answer) {
	cm := c.comment()
	if cm == nil {
		return nil, notFound()
	}
	if cm.Author != c.app.Bot() {
		return nil, failure(403, "Resource not accessible by integration")
	}
	return cm, answer{}
}

func updateComment(c *call) answer {
	cm, a := c.own()
	if cm == nil {
		return a
	}
	var in struct{ Body string }
	if a, ok := c.decode(&in); !ok {
		return a
	}
	if a, ok := bodyFits(in.Body); !ok {
		return a
	}
	was := cm.Body
	cm.Body, cm.UpdatedAt, cm.EditedAt = in.Body, c.srv.now(), c.srv.now()
	c.srv.emitComment(cm, "edited", cm.Author, obj{"body": obj{"from": was}})
	return ok(c.srv.commentJSON(cm))
}

func deleteComment(c *call) answer {
	cm, a := c.own()
	if cm == nil {
		return a
	}
	c.srv.drop(cm, cm.Author)
	return noContent()
}

// drop takes a comment out of its thread, and a thread without comments out of its pull request.
func (s *Server) drop(cm *Comment, sender string) {
	s.emitComment(cm, "deleted", sender, nil)
	t := cm.thread
	t.comments = slices.DeleteFunc(t.comments, func(o *Comment) bool { return o == cm })
	if len(t.comments) == 0 {
		t.pull.threads = slices.DeleteFunc(t.pull.threads, func(o *Thread) bool { return o == t })
	}
}

// commentJSON is the schema "pull-request-review-comment".
func (s *Server) commentJSON(cm *Comment) obj {
	t, p := cm.thread, cm.thread.pull
	a := t.Anchor
	url := s.api("repos/%s/pulls/comments/%d", p.repo.fullName(), cm.ID)
	html := fmt.Sprintf("%s/%s/pull/%d#discussion_r%d", s.web, p.repo.fullName(), p.Number, cm.ID)
	pull := s.api("repos/%s/pulls/%d", p.repo.fullName(), p.Number)
	o := obj{
		"id": cm.ID, "node_id": nodeID("PRRC", cm.ID), "url": url, "html_url": html, "pull_request_url": pull,
		"pull_request_review_id": cm.ReviewID, "diff_hunk": a.DiffHunk, "path": t.Path, "user": s.userJSON(cm.Author),
		"body": cm.Body, "created_at": stamp(cm.CreatedAt), "updated_at": stamp(cm.UpdatedAt),
		"author_association": p.association(cm.Author),
		"commit_id":          a.CommitID, "original_commit_id": a.OriginalCommitID,
		"subject_type": a.Subject, "position": intOrNil(a.Position), "original_position": a.OriginalPosition,
		"line": intOrNil(a.Line), "original_line": intOrNil(a.OriginalLine), "start_line": intOrNil(a.StartLine),
		"original_start_line": intOrNil(a.OriginalStartLine), "start_side": orNil(a.StartSide), "side": a.Side,
		"_links":    obj{"self": obj{"href": url}, "html": obj{"href": html}, "pull_request": obj{"href": pull}},
		"reactions": reactionsJSON(url, cm.reactions),
	}
	if a.Subject == "file" {
		o["side"], o["original_position"], o["position"] = "RIGHT", 1, 1
	}
	if cm.InReplyTo != 0 {
		o["in_reply_to_id"] = cm.InReplyTo
	}
	return o
}

func listIssueComments(c *call) answer {
	if c.pullForIssue() == nil {
		return notFound()
	}
	var found []*IssueComment
	since := c.since()
	for _, ic := range c.repo.comments {
		if ic.Number == int(c.number("issue_number")) && !ic.updatedAt().Before(since) {
			found = append(found, ic)
		}
	}
	return paged(c, found, func(ic *IssueComment) any { return c.srv.issueCommentJSON(c.repo, ic) }, nil)
}

func createIssueComment(c *call) answer {
	p := c.pullForIssue()
	var in struct{ Body string }
	if a, ok := c.decode(&in); !ok {
		return a
	}
	if p == nil {
		return notFound()
	}
	if a, ok := bodyFits(in.Body); !ok {
		return a
	}
	o := c.srv.issueCommentJSON(c.repo, c.srv.say(p, c.app.Bot(), in.Body))
	return created(o).with("Location", o["url"].(string))
}

// say adds a comment to a pull request's conversation and tells the Apps.
func (s *Server) say(p *Pull, author, body string) *IssueComment {
	ic := &IssueComment{ID: s.id("issue_comment", 1501), Number: p.Number, Author: author, Body: body,
		CreatedAt: s.now()}
	p.repo.comments = append(p.repo.comments, ic)
	s.emit("issue_comment", "created", p.repo, author, obj{
		"issue": s.issueJSON(p), "comment": s.issueCommentJSON(p.repo, ic),
	})
	return ic
}

func (s *Server) issueCommentJSON(r *Repo, ic *IssueComment) obj {
	url := s.api("repos/%s/issues/comments/%d", r.fullName(), ic.ID)
	return obj{
		"id": ic.ID, "node_id": nodeID("IC", ic.ID), "url": url, "body": ic.Body, "user": s.userJSON(ic.Author),
		"html_url":  fmt.Sprintf("%s/%s/pull/%d#issuecomment-%d", s.web, r.fullName(), ic.Number, ic.ID),
		"issue_url": s.api("repos/%s/issues/%d", r.fullName(), ic.Number), "created_at": stamp(ic.CreatedAt),
		"updated_at": stamp(ic.updatedAt()), "author_association": "NONE", "performed_via_github_app": nil,
		"reactions": reactionsJSON(url, ic.reactions),
	}
}
