package github

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review"
)

// This file makes sense of what dfbot finds of its own on a pull request: comments that a person has deleted, such as
// are there twice, and the draft of a review that an earlier attempt began.

// posted is a review of dfbot's own: the findings of each comment that it was written with.
type posted struct {
	id       int64
	at       time.Time
	comments []review.Marker
}

// manifest is what a review's body begins with: the findings of its comments. A comment that is gone says nothing any
// more. Of earlier versions they are fingerprints alone.
var manifest = regexp.MustCompile(`^<!-- dfbot:v1 posted ([A-Za-z0-9_.:,;/~-]+) -->`)

// maxManifest bounds the findings in the body of a review, which GitHub takes up to 65,536 characters.
const maxManifest = 40_000

// withManifest puts the findings of the comments in front of the body of their review.
func withManifest(body string, comments []checks.ReviewComment) string {
	var all []string
	for _, c := range comments {
		if m, ok := review.ParseMarker(c.Body); ok {
			all = append(all, m.List())
		}
	}
	list := strings.Join(all, ";")
	if len(all) < len(comments) || list == "" || len(list) > maxManifest {
		return body
	}
	return "<!-- dfbot:v1 posted " + list + " -->\n" + body
}

// readPosted reads one of dfbot's reviews. Only those that dfbot wrote count: anyone can paste a manifest.
func readPosted(id int64, at time.Time, body string) posted {
	p := posted{id: id, at: at}
	if m := manifest.FindStringSubmatch(body); m != nil {
		for list := range strings.SplitSeq(m[1], ";") {
			if m, ok := review.ParseList(list); ok {
				p.comments = append(p.comments, m)
			}
		}
	}
	return p
}

// replica is how long GitHub's lists may disagree about what was written a moment ago.
const replica = time.Minute

// own is a comment of dfbot's own, with the id of the review that it belongs to.
type own struct {
	review.Said
	review int64
}

// recall takes what dfbot has said, as GitHub lists it now, and the reviews that it was said in. What a person deleted
// is dismissed; what is there twice is noted, and counts once. What is in a draft was not said: only dfbot sees it.
func (s *Snapshot) recall(comments []own, reviews []posted) {
	if s.draft != 0 {
		comments = slices.DeleteFunc(comments, func(c own) bool { return c.review == s.draft })
	}
	for _, r := range reviews {
		if s.in.client.opts.Now().Sub(r.at) >= replica {
			s.Prior.Comments = append(s.Prior.Comments, r.deleted(comments)...)
		}
	}
	for _, same := range twice(comments) {
		keeper := max(0, slices.IndexFunc(same, own.touched))
		for i, c := range same {
			if i != keeper && !c.touched() {
				s.doubles = append(s.doubles, c.ID)
			}
		}
	}
	for _, c := range comments {
		if !slices.Contains(s.doubles, c.ID) {
			s.Prior.Comments = append(s.Prior.Comments, c.Said)
		}
	}
}

// touched reports whether someone has done something with a comment, so that it must not be deleted.
func (c own) touched() bool { return c.Answered || c.State == review.Dismissed }

// twice groups the comments that one and the same analysis of a commit has made of the same diagnostics, oldest first.
func twice(comments []own) map[string][]own {
	groups := map[string][]own{}
	for _, c := range comments {
		if m, ok := review.ParseMarker(c.Body); ok {
			key := strings.Join([]string{c.Path, m.Head, strings.Join(m.Fingerprints(), ",")}, "\x00")
			groups[key] = append(groups[key], c)
		}
	}
	for _, g := range groups {
		slices.SortFunc(g, func(a, b own) int { return cmp.Compare(a.ID, b.ID) })
	}
	return groups
}

// DropLeftovers deletes the leftovers of earlier attempts: a review that is still a draft, and duplicate comments,
// which a write leaves that took effect but seemed to have failed. Of those the older one stays, or the one that
// someone has answered. Calling it again deletes nothing.
func (s *Snapshot) DropLeftovers(ctx context.Context) error {
	ctx = s.writing(ctx)
	if s.draft != 0 {
		if err := s.dropDraft(ctx, s.draft); err != nil && !missing(err) {
			return fmt.Errorf("clean up %s: %w", s.Ref, typed(err))
		}
		s.draft = 0
	}
	for _, id := range s.doubles {
		if _, err := s.in.rest.PullRequests.DeleteComment(ctx, s.Owner, s.Name, id); err != nil && !missing(err) {
			return fmt.Errorf("delete comment %d of %s, a duplicate: %w", id, s.Ref, typed(err))
		}
	}
	s.doubles = nil
	return nil
}

// postedByREST lists dfbot's own reviews, and notes the draft if there is one.
func (s *Snapshot) postedByREST(ctx context.Context, login string) (all []posted, err error) {
	opts := &github.ListOptions{PerPage: 100}
	for {
		page, resp, err := s.in.rest.PullRequests.ListReviews(ctx, s.Owner, s.Name, s.Pull, opts)
		if err != nil {
			return nil, fmt.Errorf("list reviews: %w", err)
		}
		for _, r := range page {
			switch mine := r.GetUser().GetLogin() == login && r.GetUser().GetType() == "Bot"; {
			case mine && r.GetState() == "PENDING":
				s.draft = r.GetID()
			case mine:
				all = append(all, readPosted(r.GetID(), r.GetSubmittedAt().Time, r.GetBody()))
			}
		}
		if resp.NextPage == 0 {
			return all, nil
		}
		opts.Page = resp.NextPage
	}
}

// deleted are the comments of the review that are not there any more, as dismissed ones. Those that are there may have
// been edited since: they remember what they were posted for.
func (p posted) deleted(comments []own) (gone []review.Said) {
	left := len(p.comments)
	there := map[string]bool{}
	for _, c := range comments {
		if c.review == p.id {
			left--
		}
		m, _ := review.ParseMarker(c.Body)
		there[m.Posted] = true
		for _, f := range m.Fingerprints() {
			there[f] = true
		}
	}
	for _, m := range p.comments {
		if left > 0 && !slices.ContainsFunc(m.Fingerprints(), func(f string) bool { return there[f] }) {
			m.Head = strings.Repeat("0", 40)
			gone = append(gone, review.Said{State: review.Dismissed, Body: m.String()})
			left--
		}
	}
	return gone
}
