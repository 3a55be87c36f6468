package githubtest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// This file does what people do in the browser on a pull request.

// findComment finds a submitted review comment anywhere.
func (s *Server) findComment(id int64) (*Comment, error) {
	for _, r := range s.repos {
		for _, p := range r.pulls {
			for _, c := range p.allComments() {
				if c.ID == id {
					return c, nil
				}
			}
		}
	}
	return nil, fmt.Errorf("no review comment %d", id)
}

// ApplySuggestion presses "Commit suggestion" on a review comment: the lines
// it is on are replaced by its suggestion block, exactly, in a commit by
// user on the head branch. It returns the commit's SHA. GitHub's conditions
// hold: an open pull request, a comment on the right side that is not
// outdated, a suggestion that changes something.
func (s *Server) ApplySuggestion(commentID int64, user string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findComment(commentID)
	if err != nil {
		return "", err
	}
	return s.applySuggestions([]*Comment{c}, "Update "+c.thread.Path, user)
}

// ApplySuggestions is "Commit suggestions" on a batch of review comments of
// one pull request: all of them in one commit. As on GitHub, no two may be on
// the same line.
func (s *Server) ApplySuggestions(commentIDs []int64, user string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var batch []*Comment
	for _, id := range commentIDs {
		c, err := s.findComment(id)
		if err != nil {
			return "", err
		}
		if len(batch) > 0 && c.thread.pull != batch[0].thread.pull {
			return "", fmt.Errorf("apply suggestion of comment %d: it is on another pull request", id)
		}
		batch = append(batch, c)
	}
	if len(batch) == 0 {
		return "", errors.New("apply suggestions: the batch is empty")
	}
	return s.applySuggestions(batch, "Apply suggestions from code review", user)
}

// applySuggestions commits the suggestions of comments on one pull request. They are applied from the bottom up, so
// that none moves the lines of the next.
func (s *Server) applySuggestions(batch []*Comment, title, user string) (string, error) {
	p := batch[0].thread.pull
	batch = slices.SortedFunc(slices.Values(batch), func(x, y *Comment) int {
		return y.thread.Anchor.Line - x.thread.Anchor.Line
	})
	files, top := map[string]File{}, map[string]int{}
	message := title + "\n"
	for _, c := range batch {
		path := c.thread.Path
		if at, again := top[path]; again && c.thread.Anchor.Line >= at {
			return "", fmt.Errorf("apply suggestion of comment %d: another one is on the same line", c.ID)
		}
		if err := c.applySuggestion(files); err != nil {
			return "", fmt.Errorf("apply suggestion of comment %d: %w", c.ID, err)
		}
		top[path] = cmp.Or(c.thread.Anchor.StartLine, c.thread.Anchor.Line)
		by := "\nCo-authored-by: " + c.Author + " <" + s.account(c.Author).email() + ">"
		if !strings.Contains(message, by) {
			message += by
		}
	}
	before := p.head
	sha, err := p.headRepo.commit(p.headRef, Commit{Message: message, Author: user, Entries: files})
	if err != nil {
		return "", err
	}
	return sha, p.headRepo.pushed(p.headRef, before, sha, user)
}

// applySuggestion puts the comment's suggestion into its file, which is that of the head unless it is among the files.
func (c *Comment) applySuggestion(files map[string]File) error {
	t, p := c.thread, c.thread.pull
	suggestion, found := suggestionIn(c.Body)
	switch {
	case !found:
		return errors.New("the comment has no suggestion")
	case p.state != "open" || t.Outdated || t.Anchor.Line == 0 || t.Anchor.Side != "RIGHT" || p.headRepo.deleted:
		return errors.New("the comment is outdated, not on the right side, or its pull request is closed")
	}
	file, begun := files[t.Path]
	if !begun {
		entry, err := p.repo.store.entry(p.head, t.Path)
		if err != nil {
			return err
		}
		blob, err := p.repo.store.objects.read(p.head + ":" + t.Path)
		if err != nil {
			return err
		}
		file = File{Content: string(blob.data), Mode: entry.mode}
	}
	now, err := replaceLines(file.Content, cmp.Or(t.Anchor.StartLine, t.Anchor.Line), t.Anchor.Line, suggestion)
	files[t.Path] = File{Content: now, Mode: file.Mode}
	return err
}

// suggestionIn gives the lines of the first suggestion block of a comment,
// each with its newline; empty to delete the lines.
func suggestionIn(body string) (string, bool) {
	lines := strings.SplitAfter(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	for i, line := range lines {
		word := strings.TrimSpace(line)
		fence := word[:len(word)-len(strings.TrimLeft(word, "`"))]
		if len(fence) < 3 || strings.TrimSpace(word[len(fence):]) != "suggestion" {
			continue
		}
		var text strings.Builder
		for _, inner := range lines[i+1:] {
			end := strings.TrimSpace(inner)
			if len(end) >= len(fence) && strings.Trim(end, "`") == "" {
				return text.String(), true
			}
			text.WriteString(inner)
		}
	}
	return "", false
}

// replaceLines replaces the 1-based lines first..last. A file whose last line
// has no newline keeps it that way.
func replaceLines(text string, first, last int, with string) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if first < 1 || last < first || last > len(lines) {
		return "", fmt.Errorf("no lines %d to %d", first, last)
	}
	if last == len(lines) && !strings.HasSuffix(lines[last-1], "\n") {
		with = strings.TrimSuffix(with, "\n")
	}
	now := strings.Join(lines[:first-1], "") + with + strings.Join(lines[last:], "")
	if now == text {
		return "", fmt.Errorf("it changes nothing")
	}
	return now, nil
}

// association is how an account is associated with the repository: OWNER, COLLABORATOR where it was granted a
// permission, CONTRIBUTOR for the author of the pull request, else NONE.
func (p *Pull) association(login string) string {
	switch _, granted := p.repo.permissions[strings.ToLower(login)]; {
	case login == p.repo.owner:
		return "OWNER"
	case granted:
		return "COLLABORATOR"
	case login == p.author:
		return "CONTRIBUTOR"
	}
	return "NONE"
}

// Reply answers in a comment's thread as a person, and returns the reply's id.
func (s *Server) Reply(commentID int64, user, body string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findComment(commentID)
	if err != nil {
		return 0, err
	}
	reply := s.commentAlone(c.thread.pull, user, func(r *Review) *Comment { return s.addComment(c.thread, r, body) })
	return reply.ID, nil
}

// DeleteComment deletes a review comment, no matter who wrote it, as people with write access may. Answers to it stay.
func (s *Server) DeleteComment(commentID int64, user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cm, err := s.findComment(commentID)
	if err != nil {
		return err
	}
	s.drop(cm, user)
	return nil
}

// ResolveThread presses "Resolve conversation" on the thread of a comment.
func (s *Server) ResolveThread(commentID int64, user string) error {
	return s.settle(commentID, user, true)
}

// UnresolveThread presses "Unresolve conversation".
func (s *Server) UnresolveThread(commentID int64, user string) error {
	return s.settle(commentID, user, false)
}

// MinimizeComment hides a review comment under a classifier, as people with write access may.
func (s *Server) MinimizeComment(commentID int64, classifier string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findComment(commentID)
	if err != nil {
		return err
	}
	c.Minimized = classifier
	return nil
}

func (s *Server) settle(commentID int64, user string, resolved bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findComment(commentID)
	if err != nil {
		return err
	}
	s.resolve(c.thread, user, resolved)
	return nil
}

// resolve sets a thread's state and tells the Apps when it changed.
func (s *Server) resolve(t *Thread, by string, resolved bool) {
	if t.Resolved == resolved {
		return
	}
	t.Resolved, t.ResolvedBy = resolved, by
	action := "resolved"
	if !resolved {
		t.ResolvedBy, action = "", "unresolved"
	}
	s.emitThread(t, action, by)
}

// Say writes in the pull request's conversation as a person, and returns the comment's id.
func (p *Pull) Say(user, body string) int64 {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.say(p, user, body).ID
}

// EditComment gives a comment of a conversation another text, as its author or someone with write access may.
func (p *Pull) EditComment(id int64, user, body string) error {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ic := range p.repo.comments {
		if ic.ID == id {
			was := ic.Body
			ic.Body, ic.EditedAt = body, s.now()
			s.emit("issue_comment", "edited", p.repo, user, obj{"issue": s.issueJSON(p),
				"comment": s.issueCommentJSON(p.repo, ic), "changes": obj{"body": obj{"from": was}}})
			return nil
		}
	}
	return fmt.Errorf("no comment %d in the conversation", id)
}

// CommentOn writes a review comment on a line of the head as a person, and returns its id.
func (p *Pull) CommentOn(user, path string, line int, body string) (int64, error) {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	a, complaints := p.anchor(anchorInput{Path: path, Line: &line}, p.head)
	if len(complaints) > 0 {
		return 0, fmt.Errorf("comment on %s:%d: %s", path, line, sentence(complaints))
	}
	return s.commentAlone(p, user, func(r *Review) *Comment { return s.addThread(p, r, path, body, a) }).ID, nil
}

// Review submits a review without comments as a person.
func (p *Pull) Review(user, body string) {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &Review{ID: s.id("review", 8001), Author: user, State: "COMMENTED", Body: body, CommitID: p.head}
	p.reviews = append(p.reviews, r)
	s.submit(p, r)
}

// PullState is a pull request as a page would show it.
type PullState struct {
	Number           int
	Title, Body      string
	Author           string
	State            string // open, closed
	Draft            bool
	Head, Base       string // SHAs
	HeadRef, BaseRef string
	HeadRepo         string // OWNER/NAME; empty when the fork is gone
	Files            []FileChange
}

// State gives the pull request as it is now, with its files and their patches.
func (p *Pull) State() (PullState, error) {
	p.repo.srv.mu.Lock()
	defer p.repo.srv.mu.Unlock()
	files, err := p.files()
	st := PullState{
		Number: p.Number, Title: p.title, Body: p.body, Author: p.author, State: p.state, Draft: p.draft, Head: p.head,
		Base: p.base, HeadRef: p.headRef, BaseRef: p.baseRef, Files: append([]FileChange(nil), files...),
	}
	if !p.headRepo.deleted {
		st.HeadRepo = p.headRepo.fullName()
	}
	return st, err
}

// IssueComments lists copies of the pull request's conversation.
func (p *Pull) IssueComments() []IssueComment {
	p.repo.srv.mu.Lock()
	defer p.repo.srv.mu.Unlock()
	var found []IssueComment
	for _, ic := range p.repo.comments {
		if ic.Number == p.Number {
			found = append(found, *ic)
		}
	}
	return found
}
