package githubtest

import (
	"slices"
	"time"
)

// A Review is one review of a pull request.
type Review struct {
	ID          int64
	Author      string // login, "slug[bot]" for an App
	State       string // PENDING, COMMENTED, APPROVED, CHANGES_REQUESTED, DISMISSED
	Body        string
	CommitID    string
	SubmittedAt time.Time // zero while PENDING
}

// A Comment is one review comment. Lines are 1-based; Line, StartLine and
// Position are 0 once the comment is outdated, and for a comment on a file.
type Comment struct {
	ID        int64
	ReviewID  int64
	InReplyTo int64 // the thread's first comment; 0 for that one
	Author    string
	Body      string
	Path      string
	CreatedAt time.Time
	UpdatedAt time.Time
	EditedAt  time.Time // zero where no one has edited it
	Minimized string    // classifier under which it was hidden
	Anchor

	thread    *Thread
	reactions []*Reaction
}

// An Anchor is where a thread hangs.
type Anchor struct {
	Subject           string // line, file
	Side, StartSide   string // RIGHT, LEFT; StartSide is empty for one line
	Line, StartLine   int    // in the newest head (base for LEFT); StartLine is 0 for one line
	OriginalLine      int
	OriginalStartLine int
	Position          int // GitHub's 1-based position in the patch
	OriginalPosition  int
	CommitID          string // the newest commit for which the anchor holds
	OriginalCommitID  string
	DiffHunk          string

	originalBase string // merge base when the comment was made
}

// A Thread is a review comment and its replies.
type Thread struct {
	ID         string // in GraphQL
	Path       string
	Resolved   bool
	ResolvedBy string
	Outdated   bool
	Anchor     Anchor
	Comments   []Comment // oldest first

	pull     *Pull
	comments []*Comment // what the server keeps; Comments is filled in copies
}

// Threads lists copies of the pull request's review threads, oldest first,
// without those of pending reviews.
func (p *Pull) Threads() []Thread {
	p.repo.srv.mu.Lock()
	defer p.repo.srv.mu.Unlock()
	var found []Thread
	for _, t := range p.threads {
		if p.isPending(t.comments[0]) {
			continue
		}
		out := *t
		for _, c := range t.comments {
			out.Comments = append(out.Comments, c.copy())
		}
		out.pull, out.comments = nil, nil
		found = append(found, out)
	}
	return found
}

// copy is the comment with its thread's anchor, as it is now.
func (c *Comment) copy() Comment {
	out := *c
	out.Anchor, out.thread = c.thread.Anchor, nil
	return out
}

// Comments lists copies of the pull request's review comments, oldest first,
// without those of pending reviews.
func (p *Pull) Comments() []Comment {
	p.repo.srv.mu.Lock()
	defer p.repo.srv.mu.Unlock()
	var found []Comment
	for _, c := range p.allComments() {
		found = append(found, c.copy())
	}
	return found
}

// Reviews lists copies of the pull request's reviews, oldest first, pending ones too.
func (p *Pull) Reviews() []Review {
	p.repo.srv.mu.Lock()
	defer p.repo.srv.mu.Unlock()
	var found []Review
	for _, r := range p.reviews {
		found = append(found, *r)
	}
	return found
}

// allComments are the submitted review comments by id.
func (p *Pull) allComments() []*Comment {
	var found []*Comment
	for _, t := range p.threads {
		for _, c := range t.comments {
			if !p.isPending(c) {
				found = append(found, c)
			}
		}
	}
	slices.SortFunc(found, func(a, b *Comment) int { return int(a.ID - b.ID) })
	return found
}

func (p *Pull) isPending(c *Comment) bool {
	r := p.review(c.ReviewID)
	return r != nil && r.State == "PENDING"
}

func (p *Pull) review(id int64) *Review {
	i := slices.IndexFunc(p.reviews, func(r *Review) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return p.reviews[i]
}
