package githubtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PullOptions opens a pull request. Only Head is required.
type PullOptions struct {
	Head     string // branch
	HeadRepo *Repo  // the fork that has the branch; the repository itself when nil
	Base     string // branch; the default branch when empty
	Title    string // Head when empty
	Body     string
	Author   string // the head repository's owner when empty
	Draft    bool
	Trunk    string // branch that the whole stack goes into; in no stack when empty
}

// A Pull is one pull request.
type Pull struct {
	ID     int64
	Number int

	repo               *Repo
	headRepo           *Repo
	headRef, baseRef   string
	trunk              string // of the stack that it is in; empty for none
	head, base         string // SHAs as of the last push or retarget
	state              string // open, closed
	title, body        string
	author             string
	draft              bool
	createdAt, updated time.Time
	closedAt           time.Time
	reviews            []*Review
	threads            []*Thread
}

// OpenPull opens a pull request into the repository.
func (r *Repo) OpenPull(opt PullOptions) (*Pull, error) {
	s := r.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	from := opt.HeadRepo
	if from == nil {
		from = r
	}
	p := &Pull{
		repo: r, headRepo: from, headRef: opt.Head, baseRef: cmp.Or(opt.Base, r.defaultBranch),
		state: "open", title: cmp.Or(opt.Title, opt.Head), body: opt.Body, author: cmp.Or(opt.Author, from.owner),
		draft: opt.Draft, trunk: opt.Trunk, createdAt: s.now(), updated: s.now(),
	}
	p.head, p.base = from.tip(p.headRef), r.tip(p.baseRef)
	if p.head == "" || p.base == "" || from.store != r.store {
		return nil, fmt.Errorf("open pull request in %s: no branch %s in %s, no branch %s, or not of its network",
			r.fullName(), p.headRef, from.fullName(), p.baseRef)
	}
	p.ID, p.Number = s.id("pull", 9001), r.nextNumber
	r.nextNumber++
	r.pulls = append(r.pulls, p)
	s.emitPull(p, "opened", p.author, nil)
	return p, nil
}

// Repo is the repository the pull request goes into.
func (p *Pull) Repo() *Repo { return p.repo }

// NodeID is the pull request's id in GraphQL.
func (p *Pull) NodeID() string { return nodeID("PR", p.ID) }

// change makes a change to the pull request under the lock and tells the Apps.
func (p *Pull) change(action string, f func(), changes obj) {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	p.updated = s.now()
	s.emitPull(p, action, p.author, changes)
}

// Close closes the pull request without merging it.
func (p *Pull) Close() {
	p.change("closed", func() { p.state, p.closedAt = "closed", p.repo.srv.now() }, nil)
}

// Reopen opens a closed pull request again.
func (p *Pull) Reopen() {
	p.change("reopened", func() { p.state, p.closedAt = "open", time.Time{} }, nil)
}

// Ready ends the draft state.
func (p *Pull) Ready() { p.change("ready_for_review", func() { p.draft = false }, nil) }

// ToDraft makes the pull request a draft.
func (p *Pull) ToDraft() { p.change("converted_to_draft", func() { p.draft = true }, nil) }

// SetTitle edits the title.
func (p *Pull) SetTitle(title string) {
	changes := obj{}
	p.change("edited", func() {
		changes["title"] = obj{"from": p.title}
		p.title = title
	}, changes)
}

// Retarget changes the base branch.
func (p *Pull) Retarget(base string) error {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	tip := p.repo.tip(base)
	if tip == "" {
		return fmt.Errorf("retarget #%d of %s: no branch %s", p.Number, p.repo.fullName(), base)
	}
	changes := obj{"base": obj{"ref": obj{"from": p.baseRef}, "sha": obj{"from": p.base}}}
	p.baseRef, p.base, p.updated = base, tip, s.now()
	if err := p.followDiff(); err != nil {
		return err
	}
	s.emitPull(p, "edited", p.author, changes)
	return nil
}

// Stack puts the pull request into a stack that goes into the branch trunk, as GitHub does on request.
func (p *Pull) Stack(trunk string) {
	s := p.repo.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	p.trunk, p.updated = trunk, s.now()
	s.emitPull(p, "stacked", p.author, nil)
}

// pushed tells everybody that a branch moved: pull requests from it are
// synchronised, their comments move or become outdated, check suites are made.
func (r *Repo) pushed(branch, before, after, by string) error {
	s := r.srv
	r.pushedAt = s.now()
	if err := s.emitPush(r, branch, before, after, by); err != nil {
		return err
	}
	if after == "" {
		s.closePulls(r, branch, by)
		return nil
	}
	s.requestSuites(r, branch, before, after)
	for _, target := range s.repos {
		for _, p := range target.pulls {
			if p.state != "open" || p.headRepo != r || p.headRef != branch || p.head == after {
				continue
			}
			old := p.head
			p.head, p.base, p.updated = after, cmp.Or(target.tip(p.baseRef), p.base), s.now()
			if err := p.followDiff(); err != nil {
				return err
			}
			s.emitPull(p, "synchronize", by, obj{"before": old, "after": after})
		}
	}
	return nil
}

// closePulls closes the pull requests from a branch that is gone.
func (s *Server) closePulls(r *Repo, branch, by string) {
	for _, target := range s.repos {
		for _, p := range target.pulls {
			if p.state == "open" && p.headRepo == r && p.headRef == branch {
				p.state, p.closedAt, p.updated = "closed", s.now(), s.now()
				s.emitPull(p, "closed", by, nil)
			}
		}
	}
}

// files lists what the pull request changes: from the merge base to the head.
func (p *Pull) files() ([]FileChange, error) { return p.filesAt(p.head) }

// filesAt lists what the pull request changed as of one of its commits.
func (p *Pull) filesAt(commit string) ([]FileChange, error) {
	base, err := p.repo.store.mergeBase(p.base, commit)
	if err != nil {
		return nil, err
	}
	return p.repo.store.diff(base, commit)
}

// has reports whether a commit is one of the pull request's.
func (p *Pull) has(commit string) bool {
	if commit == p.head {
		return true
	}
	shas, err := p.repo.store.commitsBetween(p.base, p.head)
	return err == nil && slices.Contains(shas, commit)
}

// fileAt finds one changed file by its path at a commit.
func (p *Pull) fileAt(commit, path string) (FileChange, bool) {
	files, err := p.filesAt(commit)
	i := slices.IndexFunc(files, func(f FileChange) bool { return f.Path == path })
	if err != nil || i < 0 {
		return FileChange{}, false
	}
	return files[i], true
}

func (r *Repo) pull(number int) *Pull {
	i := slices.IndexFunc(r.pulls, func(p *Pull) bool { return p.Number == number })
	if i < 0 {
		return nil
	}
	return r.pulls[i]
}

// Pull finds a pull request by its number; nil when there is none.
func (r *Repo) Pull(number int) *Pull {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	return r.pull(number)
}

func listPulls(c *call) answer {
	state, head, base := cmp.Or(c.query("state"), "open"), c.query("head"), c.query("base")
	var found []*Pull
	for _, p := range c.repo.pulls {
		owner, ref, _ := strings.Cut(head, ":")
		fits := state == "all" || p.state == state
		fits = fits && (base == "" || p.baseRef == base)
		fits = fits && (head == "" || p.headRef == ref && strings.EqualFold(p.headRepo.owner, owner))
		if fits {
			found = append(found, p)
		}
	}
	if c.query("direction") != "asc" {
		slices.Reverse(found)
	}
	return paged(c, found, func(p *Pull) any { return c.srv.pullJSON(p, false) }, nil)
}

func getPull(c *call) answer { return ok(c.srv.pullJSON(c.pull, true)) }

// maxFiles is how many files GET pulls/N/files lists in all.
const maxFiles = 3000

func listFiles(c *call) answer {
	files, err := c.pull.files()
	if err != nil {
		return failure(422, err.Error())
	}
	files = files[:min(len(files), maxFiles)]
	return paged(c, files, func(f FileChange) any { return c.srv.fileJSON(c.repo, c.pull.head, f) }, nil)
}

func listPullCommits(c *call) answer {
	shas, err := c.repo.store.commitsBetween(c.pull.base, c.pull.head)
	if err != nil {
		return trouble(err)
	}
	return paged(c, shas, func(sha string) any {
		ci, _ := c.repo.store.commit(sha)
		return c.srv.commitJSON(c.repo, ci)
	}, nil)
}

// compare is GET /repos/{owner}/{repo}/compare/{basehead}.
func compare(c *call) answer {
	from, to, ok3 := strings.Cut(c.params["basehead"], "...")
	base, err1 := c.repo.resolve(from)
	if _, branch, other := strings.Cut(to, ":"); other {
		to = branch
	}
	head, err2 := c.repo.resolve(to)
	if !ok3 || err1 != nil || err2 != nil {
		return notFound()
	}
	merge, err := c.repo.store.mergeBase(base, head)
	if err != nil {
		return failure(404, "No common ancestor between "+from+" and "+to+".")
	}
	return c.comparison(base, head, merge)
}

// maxCompared is how many files a comparison lists, on its first page.
const maxCompared = 300

func (c *call) comparison(base, head, merge string) answer {
	st := c.repo.store
	files, err := st.diff(merge, head)
	if err != nil {
		return trouble(err)
	}
	ahead, err := st.commitsBetween(base, head)
	if err != nil {
		return trouble(err)
	}
	behind, err := st.commitsBetween(head, base)
	if err != nil {
		return trouble(err)
	}
	status := map[[2]bool]string{{false, false}: "identical", {true, false}: "ahead", {false, true}: "behind",
		{true, true}: "diverged"}[[2]bool{len(ahead) > 0, len(behind) > 0}]
	rows, commits := []any{}, []any{}
	page, size := max(c.queryInt("page", 1), 1), max(c.queryInt("per_page", 250), 1)
	if page > 1 {
		files = nil
	}
	for _, f := range files[:min(len(files), maxCompared)] {
		rows = append(rows, c.srv.fileJSON(c.repo, head, f))
	}
	for _, sha := range ahead[min(len(ahead), (page-1)*size):min(len(ahead), page*size)] {
		ci, _ := st.commit(sha)
		commits = append(commits, c.srv.commitJSON(c.repo, ci))
	}
	baseCommit, _ := st.commit(base)
	mergeCommit, _ := st.commit(merge)
	url := c.srv.api("repos/%s/compare/%s", c.repo.fullName(), escape(c.params["basehead"]))
	html := c.srv.web + "/" + c.repo.fullName() + "/compare/" + escape(c.params["basehead"])
	return ok(obj{
		"url": url, "html_url": html, "permalink_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"base_commit": c.srv.commitJSON(c.repo, baseCommit), "merge_base_commit": c.srv.commitJSON(c.repo, mergeCommit),
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
		"commits": commits, "files": rows,
	})
}

// pullForIssue finds the pull request that an issue number stands for.
func (c *call) pullForIssue() *Pull { return c.repo.pull(int(c.number("issue_number"))) }
