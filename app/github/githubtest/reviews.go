package githubtest

import (
	"cmp"
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
	Minimized string // classifier under which it was hidden
	Anchor

	thread *Thread
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

// copy is the comment with its thread's anchor, as it stands now.
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

// anchorInput is where a client asks for a comment.
type anchorInput struct {
	Path      string `json:"path"`
	Line      *int   `json:"line"`
	Side      string `json:"side"`
	StartLine *int   `json:"start_line"`
	StartSide string `json:"start_side"`
	Position  *int   `json:"position"`
	Subject   string `json:"subject_type"`
}

// anchor checks the input against the diff of the pull request at one of its
// commits. The second result is GitHub's complaint; empty when all is well.
func (p *Pull) anchor(in anchorInput, commit string) (Anchor, string) {
	base, err := p.repo.store.mergeBase(p.base, commit)
	if err != nil {
		return Anchor{}, "Diff could not be resolved"
	}
	file, ok := p.fileAt(commit, in.Path)
	if !ok {
		return Anchor{}, "Path could not be resolved"
	}
	a := Anchor{CommitID: commit, OriginalCommitID: commit, Subject: "line", Side: in.Side, originalBase: base}
	if in.Subject == "file" {
		a.Subject, a.Side = "file", ""
		return a, ""
	}
	if file.Patch == "" {
		return a, "Pull request review thread diff hunk can't be blank"
	}
	hunks := parsePatch(file.Patch)
	if in.Position != nil {
		return a, a.atPosition(hunks, *in.Position)
	}
	if in.Line == nil {
		return a, "Pull request review thread line must be part of the diff"
	}
	if a.Side == "" {
		a.Side = "RIGHT"
	}
	a.Line, a.StartSide = *in.Line, ""
	if in.StartLine != nil {
		a.StartLine, a.StartSide = *in.StartLine, in.StartSide
		if a.StartSide == "" {
			a.StartSide = a.Side
		}
	}
	return a, a.place(hunks)
}

// place checks the anchor's lines against the hunks and fills in the rest.
func (a *Anchor) place(hunks []hunk) string {
	if a.Side != "RIGHT" && a.Side != "LEFT" {
		return "Pull request review thread side is not included in the list"
	}
	i, row := locate(hunks, a.Side, a.Line)
	if i < 0 {
		return "Pull request review thread line must be part of the diff"
	}
	if a.StartLine != 0 || a.StartSide != "" {
		j, first := locate(hunks, a.StartSide, a.StartLine)
		switch {
		case j < 0:
			return "Pull request review thread start line must be part of the diff"
		case j != i:
			return "Pull request review thread start line must be part of the same hunk as the line."
		case first >= row:
			return "Pull request review thread start line must precede the end line."
		}
	}
	a.Position = hunks[i].lines[row].position
	a.OriginalPosition, a.OriginalLine, a.OriginalStartLine = a.Position, a.Line, a.StartLine
	a.DiffHunk = joinLines(hunks[i].text[:row+2])
	return ""
}

// atPosition places the anchor by the older position in the patch.
func (a *Anchor) atPosition(hunks []hunk, position int) string {
	for _, h := range hunks {
		for _, row := range h.lines {
			if row.position != position || row.kind == '\\' {
				continue
			}
			a.Side, a.Line = "RIGHT", row.new
			if row.kind == '-' {
				a.Side, a.Line = "LEFT", row.old
			}
			return a.place(hunks)
		}
	}
	return "Position could not be resolved"
}

// locate finds a line in the hunks: which hunk, and which row of it; -1 when it is not shown.
func locate(hunks []hunk, side string, line int) (int, int) {
	for i, h := range hunks {
		if row := h.find(side, line); row >= 0 {
			return i, row
		}
	}
	return -1, -1
}

// followDiff moves every thread with its lines after a push or a retarget: a
// thread whose lines were changed, or are no longer in the diff, is outdated.
func (p *Pull) followDiff() error {
	base, err := p.repo.store.mergeBase(p.base, p.head)
	if err != nil {
		return err
	}
	for _, t := range p.threads {
		if err := p.follow(t, base); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pull) follow(t *Thread, base string) error {
	a := &t.Anchor
	file, shown := p.fileAt(p.head, t.Path)
	if a.Subject == "file" {
		t.Outdated = !shown
		if shown {
			a.CommitID = p.head
		}
		return nil
	}
	line, start, ok, err := p.moved(t, file, base)
	if err != nil {
		return err
	}
	hunks := parsePatch(file.Patch)
	i, row := locate(hunks, a.Side, line)
	if !ok || !shown || i < 0 {
		t.Outdated, a.Line, a.StartLine, a.Position = true, 0, 0, 0
		return nil
	}
	t.Outdated, a.Line, a.StartLine = false, line, start
	a.Position, a.CommitID = hunks[i].lines[row].position, p.head
	return nil
}

// moved says where the thread's lines are now, counted from where they were
// when it was written, so that a reverted change brings a comment back.
func (p *Pull) moved(t *Thread, file FileChange, base string) (line, start int, ok bool, err error) {
	a := t.Anchor
	from, to, path := a.OriginalCommitID, p.head, t.Path
	if a.Side == "LEFT" {
		from, to, path = a.originalBase, base, cmp.Or(file.PreviousPath, t.Path)
	}
	old, err1 := p.repo.store.objects.read(from + ":" + path)
	new, err2 := p.repo.store.objects.read(to + ":" + path)
	if err1 != nil || err2 != nil {
		return 0, 0, false, nil
	}
	first := a.OriginalLine
	if a.OriginalStartLine != 0 && a.StartSide == a.Side {
		first = a.OriginalStartLine
	}
	now, ok, err := p.repo.store.moveLines(old.sha, new.sha, first, a.OriginalLine)
	if err != nil || !ok {
		return 0, 0, false, err
	}
	line = now + a.OriginalLine - first
	if a.OriginalStartLine != 0 {
		start = a.OriginalStartLine + line - a.OriginalLine
	}
	return line, start, true, nil
}
