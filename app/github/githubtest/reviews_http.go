package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxBody is the longest body of a review or comment, in characters.
const maxBody = 65536

func joinLines(lines []string) string { return strings.Join(lines, "\n") }

// stateOf is the state a review's event gives it.
var stateOf = map[string]string{"": "PENDING", "COMMENT": "COMMENTED", "APPROVE": "APPROVED",
	"REQUEST_CHANGES": "CHANGES_REQUESTED"}

type reviewInput struct {
	CommitID string         `json:"commit_id"`
	Body     string         `json:"body"`
	Event    string         `json:"event"`
	Comments []draftComment `json:"comments"`
}

// draftComment is a comment of a review. It cannot be on a file: GitHub takes
// no subject_type here.
type draftComment struct {
	Path      string `json:"path"`
	Body      string `json:"body"`
	Line      *int   `json:"line"`
	Side      string `json:"side"`
	StartLine *int   `json:"start_line"`
	StartSide string `json:"start_side"`
	Position  *int   `json:"position"`
}

func createReview(c *call) answer {
	var in reviewInput
	if a, ok := c.decodeStrictly(&in); !ok {
		return a
	}
	p := c.pull
	if in.CommitID == "" {
		in.CommitID = p.head
	}
	if m := in.refuse(p, c.app.Bot()); m != "" {
		return unprocessable(m)
	}
	anchors, refusals := p.anchors(in.Comments, in.CommitID)
	if len(refusals) > 0 {
		return unprocessable(refusals...)
	}
	s, state := c.srv, stateOf[in.Event]
	r := &Review{ID: s.id("review", 8001), Author: c.app.Bot(), State: state, Body: in.Body, CommitID: in.CommitID}
	p.reviews = append(p.reviews, r)
	for i, draft := range in.Comments {
		s.addThread(p, r, draft.Path, draft.Body, anchors[i])
	}
	if state != "PENDING" {
		s.submit(p, r)
	}
	return ok(s.reviewJSON(p, r))
}

// refuse returns why GitHub does not take the review from its author; "" where it does.
func (in *reviewInput) refuse(p *Pull, author string) string {
	_, known := stateOf[in.Event]
	switch {
	case !known:
		return "Event is not included in the list"
	case in.Body == "" && len(in.Comments) == 0 && in.Event != "APPROVE" && in.Event != "":
		return "Review body can't be blank"
	case utf8.RuneCountInString(in.Body) > maxBody:
		return "Body is too long (maximum is 65536 characters)"
	case p.pendingOf(author) != nil:
		return "User can only have one pending review per pull request"
	case (in.Event == "APPROVE" || in.Event == "REQUEST_CHANGES") && p.author == author:
		return "Can not " + strings.ReplaceAll(strings.ToLower(in.Event), "_", " ") + " your own pull request"
	case !p.has(in.CommitID):
		return "The commit_id is not part of the pull request"
	}
	return ""
}

// anchors checks all comments of a review. One that is refused fails them
// all; GitHub has one text for each such comment and does not say which it is.
func (p *Pull) anchors(drafts []draftComment, commit string) ([]Anchor, []string) {
	var anchors []Anchor
	var refusals []string
	for _, d := range drafts {
		a, complaints := p.anchor(anchorInput{
			Path: d.Path, Line: d.Line, Side: d.Side, StartLine: d.StartLine, StartSide: d.StartSide,
			Position: d.Position,
		}, commit)
		if strings.TrimSpace(d.Body) == "" {
			complaints = append(complaints, noBody)
		}
		if utf8.RuneCountInString(d.Body) > maxBody {
			complaints = append(complaints, longBody)
		}
		anchors = append(anchors, a)
		if text := sentence(complaints); text != "" && !slices.Contains(refusals, text) {
			refusals = append(refusals, text)
		}
	}
	return anchors, refusals
}

func (p *Pull) pendingOf(login string) *Review {
	i := slices.IndexFunc(p.reviews, func(r *Review) bool { return r.Author == login && r.State == "PENDING" })
	if i < 0 {
		return nil
	}
	return p.reviews[i]
}

// addThread hangs a new comment at an anchor.
func (s *Server) addThread(p *Pull, r *Review, path, body string, a Anchor) *Comment {
	t := &Thread{ID: nodeID("PRRT", s.id("thread", 3001)), Path: path, Anchor: a, pull: p}
	p.threads = append(p.threads, t)
	c := s.addComment(t, r, body)
	if a.OriginalCommitID != p.head {
		p.followDiff() // a diff that cannot be made leaves the comment where it was written
	}
	return c
}

// addComment adds a comment to a thread.
func (s *Server) addComment(t *Thread, r *Review, body string) *Comment {
	c := &Comment{
		ID: s.id("comment", 2001), ReviewID: r.ID, Author: r.Author, Body: body, Path: t.Path,
		CreatedAt: s.now(), UpdatedAt: s.now(), thread: t,
	}
	if len(t.comments) > 0 {
		c.InReplyTo = t.comments[0].ID
	}
	t.comments = append(t.comments, c)
	t.pull.updated = s.now()
	return c
}

// submit makes a review visible and tells the Apps.
func (s *Server) submit(p *Pull, r *Review) {
	r.SubmittedAt = s.now()
	s.emit("pull_request_review", "submitted", p.repo, r.Author, obj{
		"review": s.reviewEventJSON(p, r), "pull_request": s.pullJSON(p, false),
	})
	for _, c := range p.allComments() {
		if c.ReviewID == r.ID {
			s.emitComment(c, "created", r.Author, nil)
		}
	}
}

// findReview finds the review of the path; one that is pending only for its author.
func (c *call) findReview() *Review {
	r := c.pull.review(c.number("review_id"))
	if r == nil || r.State == "PENDING" && r.Author != c.app.Bot() {
		return nil
	}
	return r
}

func listReviews(c *call) answer {
	var seen []*Review
	for _, r := range c.pull.reviews {
		if r.State != "PENDING" || r.Author == c.app.Bot() {
			seen = append(seen, r)
		}
	}
	return paged(c, seen, func(r *Review) any { return c.srv.reviewJSON(c.pull, r) }, nil)
}

func getReview(c *call) answer {
	r := c.findReview()
	if r == nil {
		return notFound()
	}
	return ok(c.srv.reviewJSON(c.pull, r))
}

// updateReview is PUT reviews/{review_id}: a new body.
func updateReview(c *call) answer {
	r := c.findReview()
	var in struct{ Body *string }
	if a, ok := c.decode(&in); !ok {
		return a
	}
	switch {
	case r == nil:
		return notFound()
	case r.Author != c.app.Bot():
		return failure(403, "Resource not accessible by integration")
	case in.Body == nil || utf8.RuneCountInString(*in.Body) > maxBody:
		return unprocessable("Body is too long (maximum is 65536 characters)")
	}
	r.Body = *in.Body
	return ok(c.srv.reviewJSON(c.pull, r))
}

// deleteReview is DELETE reviews/{review_id}: only a pending one can go.
func deleteReview(c *call) answer {
	r := c.findReview()
	if r == nil {
		return notFound()
	}
	if r.State != "PENDING" {
		return unprocessable("Can not delete a non-pending pull request review")
	}
	body := c.srv.reviewJSON(c.pull, r)
	c.pull.reviews = slices.DeleteFunc(c.pull.reviews, func(o *Review) bool { return o == r })
	c.pull.threads = slices.DeleteFunc(c.pull.threads, func(t *Thread) bool { return t.comments[0].ReviewID == r.ID })
	return ok(body)
}

// submitReview is POST reviews/{review_id}/events.
func submitReview(c *call) answer {
	r := c.findReview()
	var in struct{ Body, Event string }
	if a, ok := c.decode(&in); !ok {
		return a
	}
	switch {
	case r == nil:
		return notFound()
	case r.State != "PENDING" || stateOf[in.Event] == "" || in.Event == "":
		return unprocessable("Event is not included in the list")
	}
	r.State = stateOf[in.Event]
	if in.Body != "" {
		r.Body = in.Body
	}
	c.srv.submit(c.pull, r)
	return ok(c.srv.reviewJSON(c.pull, r))
}

// dismissReview is PUT reviews/{review_id}/dismissals.
func dismissReview(c *call) answer {
	r := c.findReview()
	if r == nil {
		return notFound()
	}
	if r.State != "APPROVED" && r.State != "CHANGES_REQUESTED" {
		return unprocessable("Can not dismiss a " + strings.ToLower(r.State) + " pull request review")
	}
	r.State = "DISMISSED"
	return ok(c.srv.reviewJSON(c.pull, r))
}

// listReviewComments is GET reviews/{review_id}/comments.
func listReviewComments(c *call) answer {
	r := c.findReview()
	if r == nil {
		return notFound()
	}
	var own []*Comment
	for _, t := range c.pull.threads {
		for _, cm := range t.comments {
			if cm.ReviewID == r.ID {
				own = append(own, cm)
			}
		}
	}
	return paged(c, own, func(cm *Comment) any { return c.srv.commentJSON(cm) }, nil)
}

// reviewJSON is the schema "pull-request-review".
func (s *Server) reviewJSON(p *Pull, r *Review) obj {
	html := fmt.Sprintf("%s/%s/pull/%d#pullrequestreview-%d", s.web, p.repo.fullName(), p.Number, r.ID)
	url := s.api("repos/%s/pulls/%d", p.repo.fullName(), p.Number)
	o := obj{
		"id": r.ID, "node_id": nodeID("PRR", r.ID), "user": s.userJSON(r.Author), "body": r.Body, "state": r.State,
		"html_url": html, "pull_request_url": url, "author_association": "NONE", "commit_id": r.CommitID,
		"_links": obj{"html": obj{"href": html}, "pull_request": obj{"href": url}},
	}
	if !r.SubmittedAt.IsZero() {
		o["submitted_at"] = r.SubmittedAt.UTC().Format(time.RFC3339)
	}
	return o
}

// reviewEventJSON is the review as webhooks have it, with its state in lower case.
func (s *Server) reviewEventJSON(p *Pull, r *Review) obj {
	o := s.reviewJSON(p, r)
	o["state"] = strings.ToLower(r.State)
	o["body"] = orNil(r.Body)
	return o
}
