package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review"
)

// pullQuery reads in one call what REST would need six for: the pull request, its configuration at the tip of the base
// branch, what dfbot has said on it and the check runs of its head.
const pullQuery = `query($owner: String!, $name: String!, $number: Int!, $head: GitObjectID!, $left: GitObjectID!,
    $app: Int!, $trunk: String!, $stacked: Boolean!, $config0: String!, $config1: String!, $config2: String!, $config3: String!) {
  repository(owner: $owner, name: $name) {
    databaseId
    nameWithOwner
    defaultBranchRef { name }
    pullRequest(number: $number) {
      state
      isDraft
      isCrossRepository
      headRefOid
      headRefName
      baseRefName
      author { login }
      changedFiles
      baseRef {
        target { ...config }
        associatedPullRequests(first: 1, states: [OPEN]) { totalCount }
      }
      reviewThreads(first: 100) { ...threads }
      reviews(last: 100, states: [COMMENTED, DISMISSED]) { nodes { fullDatabaseId viewerDidAuthor submittedAt body } }
      comments(last: 100) { ...talk }
      drafts: reviews(last: 1, states: [PENDING]) { nodes { fullDatabaseId viewerDidAuthor } }
    }
    object(oid: $head) { ...runs }
    left: object(oid: $left) { ...runs }
    trunk: ref(qualifiedName: $trunk) @include(if: $stacked) { target { ...config } }
  }
  organization: repository(owner: $owner, name: ".github") { defaultBranchRef { target { ...config } } }
}
` + contentFragment + configFragment + threadsFragment + talkFragment + runsFragment

const runsFragment = `
fragment runs on Commit {
  checkSuites(first: 10, filterBy: {appId: $app}) {
    nodes {
      checkRuns(first: 100, filterBy: {checkType: ALL}) {
        pageInfo { hasNextPage }
        nodes { databaseId name externalId status conclusion }
      }
    }
  }
}
`

const contentFragment = `
fragment content on Blob { oid byteSize text }
`

const threadsFragment = `
fragment threads on PullRequestReviewThreadConnection {
  pageInfo { hasNextPage endCursor }
  nodes {
    id
    isResolved
    isOutdated
    path
    startLine
    line
    resolvedBy { login }
    comments(first: 20) {
      nodes {
        fullDatabaseId body lastEditedAt viewerDidAuthor isMinimized author { __typename login }
        authorAssociation pullRequestReview { fullDatabaseId } reactionGroups { content viewerHasReacted }
      }
    }
  }
}
`

const threadsQuery = `query($owner: String!, $name: String!, $number: Int!, $after: String!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) { ...threads }
    }
  }
}
` + threadsFragment

type pullAnswer struct {
	Repository *struct {
		DatabaseID    int64 `json:"databaseId"`
		NameWithOwner string
		DefaultBranch *struct{ Name string } `json:"defaultBranchRef"` // null when there is no commit
		Pull          *pullNode              `json:"pullRequest"`
		Object        headNode
		Left          headNode
		Trunk         *refNode // where the job names it
	}
	Organization *organizationNode
}

type pullNode struct {
	State             string
	IsDraft           bool
	IsCrossRepository bool
	HeadRefOid        string
	HeadRefName       string
	BaseRefName       string
	ChangedFiles      int
	Author            *struct{ Login string } // null when the account is gone
	BaseRef           *refNode                // null when the branch is gone
	ReviewThreads     threadNodes
	Reviews           reviewNodes
	Comments          talkNodes
	Drafts            reviewNodes // GitHub shows them to their author only, who has one at most
}

type reviewNodes struct {
	Nodes []struct {
		ID              databaseID `json:"fullDatabaseId"`
		ViewerDidAuthor bool
		SubmittedAt     time.Time
		Body            string
	}
}

// databaseID is an id that GraphQL gives as a text.
type databaseID string

func (id databaseID) int64() int64 {
	n, _ := strconv.ParseInt(string(id), 10, 64)
	return n
}

// headNode is a commit with check runs.
type headNode struct {
	CheckSuites struct {
		Nodes []struct {
			CheckRuns struct {
				PageInfo struct{ HasNextPage bool }
				Nodes    []struct {
					DatabaseID int64 `json:"databaseId"`
					Name       string
					ExternalID string
					Status     string
					Conclusion string
				}
			}
		}
	}
}

type blobNode struct {
	Oid      string
	ByteSize int
	Text     *string // null for what is not text
}

type threadNodes struct {
	PageInfo struct {
		HasNextPage bool
		EndCursor   string
	}
	Nodes []threadNode
}

type threadNode struct {
	ID         string
	IsResolved bool
	IsOutdated bool
	Path       string
	StartLine  int // 0 where the comment is on one line
	Line       int // 0 where the lines are not in the diff any more
	ResolvedBy *struct{ Login string }
	Comments   struct {
		Nodes []commentNode
	}
}

type commentNode struct {
	remark
	ViewerDidAuthor bool
	IsMinimized     bool
	Association     string `json:"authorAssociation"`
	Review          *struct {
		ID databaseID `json:"fullDatabaseId"`
	} `json:"pullRequestReview"`
}

// pull reads all of a snapshot but its files and tree, by one query or, where that is not answered, by REST.
func (in *installation) pull(ctx context.Context, ref job.Ref) (*Snapshot, error) {
	if ref.Head == "" {
		return in.pullByREST(ctx, ref)
	}
	s, err := in.pullByQuery(ctx, ref)
	if errors.Is(err, errNoGraphQL) {
		return in.pullByREST(ctx, ref)
	}
	return s, err
}

func (in *installation) pullByQuery(ctx context.Context, ref job.Ref) (*Snapshot, error) {
	var answer pullAnswer
	s := in.newSnapshot(ref) // before the query, since it notes when the check runs were read
	if err := in.query(ctx, pullQuery, in.pullVariables(ref), &answer); err != nil {
		return nil, err
	}
	repo := answer.Repository
	if repo == nil || repo.Pull == nil {
		return nil, errNoGraphQL // REST says what is missing
	}
	s.Repository = repo.DatabaseID
	s.Owner, s.Name, _ = strings.Cut(repo.NameWithOwner, "/")
	if s.Repository != ref.Repository {
		return s, nil // Snapshot finds out where the right one is
	}
	if err := s.open(strings.ToLower(repo.Pull.State), repo.Pull.HeadRefOid); err != nil {
		return nil, err
	}
	s.BaseRef, s.Draft = repo.Pull.BaseRefName, repo.Pull.IsDraft
	s.HeadRef, s.Fork = repo.Pull.HeadRefName, repo.Pull.IsCrossRepository
	if repo.DefaultBranch != nil {
		s.DefaultRef = repo.DefaultBranch.Name
	}
	s.changedFiles = repo.Pull.ChangedFiles
	if err := s.takeConfig(ctx, repo.Pull, repo.Trunk, answer.Organization); err != nil {
		return nil, err
	}
	if !strings.EqualFold(s.Owner, ref.Owner) && s.extends() { // it was transferred; the answer is about its old owner
		if err := s.readOrganization(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.readPrivate(ctx); err != nil {
		return nil, err
	}
	if err := s.takeRuns(ctx, ref.Head, repo.Object); err != nil {
		return nil, err
	}
	if ref.Left != "" {
		s.left, _ = repo.Left.runs()
	}
	if err := s.takeSaid(ctx, repo.Pull); err != nil {
		return nil, err
	}
	return s, nil
}

func (in *installation) pullVariables(ref job.Ref) map[string]any {
	return configVariables(map[string]any{
		"owner": ref.Owner, "name": ref.Name, "number": ref.Pull, "head": ref.Head,
		"left": cmp.Or(ref.Left, ref.Head), "app": in.client.opts.AppID,
		"trunk": "refs/heads/" + ref.Trunk, "stacked": ref.Trunk != "",
	})
}

// takeSaid takes what dfbot said on a pull request before.
func (s *Snapshot) takeSaid(ctx context.Context, p *pullNode) error {
	if p.Author != nil {
		s.author = p.Author.Login
	}
	comments, err := s.threads(ctx, p.ReviewThreads)
	if err != nil {
		return err
	}
	if err := s.hear(ctx, p.Comments); err != nil {
		return err
	}
	var reviews []posted
	for _, r := range p.Reviews.Nodes {
		if r.ViewerDidAuthor {
			reviews = append(reviews, readPosted(r.ID.int64(), r.SubmittedAt, r.Body))
		}
	}
	for _, r := range p.Drafts.Nodes {
		if r.ViewerDidAuthor {
			s.draft = r.ID.int64()
		}
	}
	s.recall(comments, reviews)
	return nil
}

func (in *installation) newSnapshot(ref job.Ref) *Snapshot {
	return &Snapshot{Ref: ref, named: ref, in: in, sharing: map[int]bool{}, runsRead: in.client.heads.now()}
}

// open begins a snapshot of an open pull request.
func (s *Snapshot) open(state, head string) error {
	s.Head = head
	return s.look(state, head)
}

// takeRuns takes the check runs of the expected head, or asks for those of the head if it is another, or has more than
// one answer tells.
func (s *Snapshot) takeRuns(ctx context.Context, expected string, commit headNode) (err error) {
	runs, whole := commit.runs()
	if s.Head != expected || !whole {
		runs, err = s.in.runs(ctx, s.Ref)
	}
	s.Runs = runs
	return err
}

// runs are the check runs of the commit, and whether they are all.
func (n headNode) runs() (all []CheckRun, whole bool) {
	whole = true
	for _, suite := range n.CheckSuites.Nodes {
		whole = whole && !suite.CheckRuns.PageInfo.HasNextPage
		for _, r := range suite.CheckRuns.Nodes {
			all = append(all, CheckRun{
				ID: r.DatabaseID, Name: r.Name, ExternalID: r.ExternalID, Completed: r.Status == "COMPLETED",
				Conclusion: review.Conclusion(strings.ToLower(r.Conclusion)),
			})
		}
	}
	return all, whole
}

// threads are the comments with which dfbot has opened a thread, page by page.
func (s *Snapshot) threads(ctx context.Context, page threadNodes) (all []own, err error) {
	for {
		for _, t := range page.Nodes {
			if len(t.Comments.Nodes) > 0 && t.Comments.Nodes[0].ViewerDidAuthor {
				all = append(all, t.opening(s.author))
				s.Prior.Ignored = append(s.Prior.Ignored, t.ignores()...)
			}
		}
		if !page.PageInfo.HasNextPage {
			return all, nil
		}
		var answer pullAnswer
		err := s.in.query(ctx, threadsQuery, map[string]any{
			"owner": s.Owner, "name": s.Name, "number": s.Pull, "after": page.PageInfo.EndCursor,
		}, &answer)
		if err != nil {
			return nil, fmt.Errorf("list threads: %w", err)
		}
		if answer.Repository == nil || answer.Repository.Pull == nil {
			return nil, errNoGraphQL
		}
		page = answer.Repository.Pull.ReviewThreads
	}
}

// opening is the comment that has opened the thread, with what people answered and did since. The author is that of the
// pull request.
func (t threadNode) opening(author string) own {
	first := t.Comments.Nodes[0]
	said := review.Said{Thread: t.ID, Path: t.Path, Start: cmp.Or(t.StartLine, t.Line), End: t.Line,
		Body: first.Body, Outdated: t.IsOutdated, Resolved: t.IsResolved}
	said.ID = first.ID.int64()
	refused := false
	for _, c := range t.Comments.Nodes[1:] {
		if len(command.Parse(c.Body)) > 0 {
			continue // addressed to dfbot, which answers by a reaction
		}
		said.Answered = said.Answered || !c.ViewerDidAuthor
		refused = refused || c.hasSay(author) && refuses(c.Body)
	}
	resolvedBy := ""
	if t.ResolvedBy != nil {
		resolvedBy = t.ResolvedBy.Login
	}
	if said.State = state(first, t.IsResolved, resolvedBy); refused {
		said.State, said.Declined = review.Dismissed, true
	}
	comment := own{Said: said}
	if first.Review != nil {
		comment.review = first.Review.ID.int64()
	}
	return comment
}

// ignores are the commands in the thread that ignore rules.
func (t threadNode) ignores() (all []review.Ignore) {
	for _, c := range t.Comments.Nodes[1:] {
		all = append(all, c.remark.ignores(t.Comments.Nodes[0].ID.int64())...)
	}
	return all
}

// refusals are what an answer begins with that says no to a comment.
var refusals = regexp.MustCompile(`(?i)^\s*(no|nope|nah|won'?t ?fix|intentional|intended|on purpose|by design|as designed|false positive)\s*($|[\n.,;:!)–—-])`)

// hasSay reports whether a person's no counts: the pull request's author's, or that of someone whom the repository or
// its organisation lets in. GitHub tells how an account is associated with each comment, while its permission would
// take a call; a finding that is dismissed is still in the check run and counts for its result.
func hasSay(login, kind, association, author string) bool {
	return kind != "Bot" && login != "" &&
		(login == author || slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, association))
}

func (c commentNode) hasSay(author string) bool {
	return c.Author != nil && !c.ViewerDidAuthor && hasSay(c.Author.Login, c.Author.Kind, c.Association, author)
}

// refuses reports whether an answer says no. Only its first words count: "no idea" and "no problem" do not.
func refuses(body string) bool { return refusals.MatchString(body) }

// state returns what became of one of dfbot's comments. The login is whose doing it was, dfbot's or a person's.
func state(own commentNode, resolved bool, by string) review.State {
	me := ""
	if own.Author != nil {
		me = strings.TrimSuffix(own.Author.Login, "[bot]")
	}
	switch {
	case resolved && strings.TrimSuffix(by, "[bot]") == me:
		return review.Closed
	case resolved, own.IsMinimized:
		return review.Dismissed
	}
	return review.Open
}
