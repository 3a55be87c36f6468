package githubtest

import (
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"
)

// lines is a file of numbered lines.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("line " + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + "\n")
	}
	return b.String()
}

// twoHunks is a pull request that changes lines 5 and 30 of a file of 40.
func (w *world) twoHunks() *Pull {
	w.Helper()
	_, err := w.repo.Commit("main", Commit{Files: map[string]string{"f": lines(40)}})
	w.must(err)
	changed := strings.Split(lines(40), "\n")
	changed[4], changed[29] = "new five", "new thirty"
	return w.openPull(map[string]string{"f": strings.Join(changed, "\n")})
}

func draft(change func(*github.DraftReviewComment)) *github.DraftReviewComment {
	c := &github.DraftReviewComment{Path: github.String("f"), Body: github.String("look"), Line: github.Int(5),
		Side: github.String("RIGHT")}
	change(c)
	return c
}

func TestReviewCommentsMustStandInTheDiff(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.twoHunks()
	for name, c := range map[string]struct {
		change func(*github.DraftReviewComment)
		want   string
	}{
		"changed line": {func(c *github.DraftReviewComment) {}, ""},
		"context line": {func(c *github.DraftReviewComment) { c.Line = github.Int(8) }, ""},
		"deleted line": {func(c *github.DraftReviewComment) { c.Side = github.String("LEFT") }, ""},
		"range":        {func(c *github.DraftReviewComment) { c.StartLine = github.Int(3) }, ""},
		"line past the hunk": {func(c *github.DraftReviewComment) { c.Line = github.Int(9) },
			"thread line must be part of the diff and Pull"},
		"line 0": {func(c *github.DraftReviewComment) { c.Line = github.Int(0) },
			"thread line must be part of the diff and Pull"},
		"start is the end": {func(c *github.DraftReviewComment) { c.StartLine = github.Int(5) },
			"must precede the end line"},
		"start after the end": {func(c *github.DraftReviewComment) { c.StartLine = github.Int(7) },
			"must precede the end line"},
		"another hunk": {func(c *github.DraftReviewComment) {
			c.StartLine, c.Line = github.Int(5),
				github.Int(30)
		}, "same hunk"},
		"range outside": {func(c *github.DraftReviewComment) { c.StartLine, c.Line = github.Int(14), github.Int(15) },
			"line must be part of the diff, Pull request review thread start line must be part of the same hunk as " +
				"the line., and Pull request review thread diff hunk can't be blank"},
		"another file": {func(c *github.DraftReviewComment) { c.Path = github.String("README.md") },
			"path is invalid and Pull request review thread diff hunk can't be blank"},
		"no body": {func(c *github.DraftReviewComment) { c.Body = github.String(" ") }, "body can't be blank"},
		"long body": {func(c *github.DraftReviewComment) { c.Body = github.String(strings.Repeat("x", 65537)) },
			"too long"},
	} {
		before := len(p.Comments())
		_, _, err := w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number, &github.PullRequestReviewRequest{
			CommitID: &p.head, Event: github.String("COMMENT"),
			Comments: []*github.DraftReviewComment{draft(func(*github.DraftReviewComment) {}), draft(c.change)},
		})
		added := len(p.Comments()) - before
		if c.want == "" && (err != nil || added != 2) || c.want != "" &&
			(status(err) != 422 || !strings.Contains(err.Error(), c.want) || added != 0) {
			t.Errorf("%s: %d comments, %v", name, added, err)
		}
	}
}

func TestOnePendingReview(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.twoHunks()
	comment := draft(func(*github.DraftReviewComment) {})
	pending := &github.PullRequestReviewRequest{Comments: []*github.DraftReviewComment{comment}}
	r, _, err := w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number, pending)
	w.must(err)
	if r.GetState() != "PENDING" || r.SubmittedAt != nil || len(p.Comments()) != 0 {
		t.Errorf("draft: %v, %d comments seen", r, len(p.Comments()))
	}
	said := &github.PullRequestReviewRequest{Event: github.String("COMMENT"), Body: github.String("hi")}
	_, _, err = w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number, said)
	if status(err) != 422 || !strings.Contains(err.Error(), "one pending review") {
		t.Errorf("second review: %v", err)
	}
	_, _, err = w.gh.PullRequests.DeletePendingReview(w.ctx, "octo", "shop", p.Number, r.GetID())
	w.must(err)
	r, _, err = w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number, said)
	w.must(err)
	_, _, err = w.gh.PullRequests.DeletePendingReview(w.ctx, "octo", "shop", p.Number, r.GetID())
	w.wantStatus(err, 422)
	if w.received("pull_request_review", "submitted") == nil {
		t.Error("no event for the review")
	}
}

func TestCommentsMoveOrBecomeOutdated(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.twoHunks()
	_, _, err := w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number, &github.PullRequestReviewRequest{
		CommitID: &p.head, Event: github.String("COMMENT"), Comments: []*github.DraftReviewComment{
			draft(func(*github.DraftReviewComment) {}),
			draft(func(c *github.DraftReviewComment) { c.Line, c.StartLine = github.Int(30), github.Int(29) }),
		},
	})
	w.must(err)
	old := p.head
	now, err := w.repo.ReadFile("fix", "f")
	w.must(err)
	_, err = w.repo.Commit("fix",
		Commit{Files: map[string]string{"f": "two\nmore\n" +
			strings.Replace(string(now), "new thirty", "newer thirty", 1)}})
	w.must(err)
	list, _, err := w.gh.PullRequests.ListComments(w.ctx, "octo", "shop", p.Number, nil)
	w.must(err)
	if c := list[0]; c.GetLine() != 7 || c.GetOriginalLine() != 5 || c.GetCommitID() != p.head ||
		c.GetOriginalCommitID() != old {
		t.Errorf("moved: %v", c)
	}
	if c := list[1]; c.Line != nil || c.StartLine != nil || c.GetOriginalLine() != 30 ||
		c.GetOriginalStartLine() != 29 || c.GetCommitID() != old {
		t.Errorf("outdated: %v", c)
	}
	w.must(w.repo.SetBranch("fix", old))
	if threads := p.Threads(); threads[1].Outdated || threads[1].Anchor.Line != 30 || threads[0].Anchor.Line != 5 {
		t.Errorf("after going back: %+v", threads)
	}
}

func TestApplySuggestion(t *testing.T) {
	w := newWorld(t, Options{})
	for name, c := range map[string]struct{ file, body, want string }{
		"replace":           {"a\nb\nc\n", "Try\n\n```suggestion\nB\nBB\n```\nbye", "a\nB\nBB\nc\n"},
		"delete":            {"a\nb\nc\n", "```suggestion\n```", "a\nc\n"},
		"empty line":        {"a\nb\nc\n", "```suggestion\n\n```", "a\n\nc\n"},
		"longer fence":      {"a\nb\nc\n", "````suggestion\n```\n````", "a\n```\nc\n"},
		"no newline at end": {"a\nb", "```suggestion\nB\n```", "a\nB"},
	} {
		branch := strings.ReplaceAll(name, " ", "-")
		_, err := w.repo.Commit(branch, Commit{Entries: map[string]File{"s": {Content: c.file, Mode: "100755"}}})
		w.must(err)
		p, err := w.repo.OpenPull(PullOptions{Head: branch})
		w.must(err)
		id, err := p.CommentOn("ann", "s", 2, c.body)
		w.must(err)
		sha, err := w.srv.ApplySuggestion(id, "bob")
		w.must(err)
		got, err := w.repo.ReadFile(branch, "s")
		w.must(err)
		if string(got) != c.want || p.head != sha {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if _, err := w.srv.ApplySuggestion(id, "bob"); err == nil {
			t.Errorf("%s: applied twice", name)
		}
		if row, _ := w.repo.store.entry(sha, "s"); row.mode != "100755" {
			t.Errorf("%s: mode %s", name, row.mode)
		}
	}
	if w.received("pull_request", "synchronize") == nil {
		t.Error("no synchronize after applying")
	}
}

// TestApplySuggestions: a batch is one commit, wherever its suggestions are; two on one line are refused.
func TestApplySuggestions(t *testing.T) {
	w := newWorld(t, Options{})
	_, err := w.repo.Commit("batch", Commit{Files: map[string]string{"s": "a\nb\nc\n", "t": "x\n"}})
	w.must(err)
	p, err := w.repo.OpenPull(PullOptions{Head: "batch"})
	w.must(err)
	comment := func(path string, line int, body string) int64 {
		id, err := p.CommentOn("ann", path, line, body)
		w.must(err)
		return id
	}
	first := comment("s", 1, "```suggestion\nA\nAA\n```")
	last := comment("s", 3, "```suggestion\nC\n```")
	other := comment("t", 1, "```suggestion\nX\n```")
	twice := comment("s", 3, "```suggestion\nCC\n```")
	before := p.head
	if _, err := w.srv.ApplySuggestions([]int64{first, last, twice}, "bob"); err == nil || p.head != before {
		t.Errorf("two suggestions on one line: %v, head %s", err, p.head)
	}
	sha, err := w.srv.ApplySuggestions([]int64{first, other, last}, "bob")
	w.must(err)
	for path, want := range map[string]string{"s": "A\nAA\nb\nC\n", "t": "X\n"} {
		if got, err := w.repo.ReadFile(sha, path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
	if parent, err := w.repo.Resolve(sha + "^"); err != nil || parent != before || p.head != sha {
		t.Errorf("commit %s on %s, %v: want one commit on %s", sha, parent, err, before)
	}
}

func TestCommentsRepliesAndFiles(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.twoHunks()
	c, _, err := w.gh.PullRequests.CreateComment(w.ctx, "octo", "shop", p.Number, &github.PullRequestComment{
		Body: github.String("the file"), CommitID: &p.head, Path: github.String("f"),
		SubjectType: github.String("file"),
	})
	w.must(err)
	if c.GetSubjectType() != "file" || c.GetUser().GetLogin() != "dfbot[bot]" || c.GetUser().GetType() != "Bot" {
		t.Errorf("comment on a file: %v", c)
	}
	reply, _, err := w.gh.PullRequests.CreateCommentInReplyTo(w.ctx, "octo", "shop", p.Number, "yes", c.GetID())
	w.must(err)
	if reply.GetInReplyTo() != c.GetID() {
		t.Errorf("reply: %v", reply)
	}
	human, err := w.srv.Reply(c.GetID(), "ann", "no")
	w.must(err)
	_, _, err = w.gh.PullRequests.EditComment(w.ctx, "octo", "shop", human,
		&github.PullRequestComment{Body: github.String("mine")})
	w.wantStatus(err, 403)
	_, _, err = w.gh.PullRequests.EditComment(w.ctx, "octo", "shop", c.GetID(),
		&github.PullRequestComment{Body: github.String("edited")})
	w.must(err)
	_, err = w.gh.PullRequests.DeleteComment(w.ctx, "octo", "shop", reply.GetID())
	w.must(err)
	all := p.Comments()
	if len(all) != 2 || all[0].Body != "edited" || all[1].Author != "ann" {
		t.Errorf("comments: %+v", all)
	}
}
