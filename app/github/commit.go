package github

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
)

// This file commits to the branch of a pull request, where an installation grants what it takes. It never forces a
// branch: a commit is made on the head that was analysed, or not at all.

// Commit is a change of files that are there.
type Commit struct {
	Headline string
	Body     string
	// Mark is a line of the body by which [Snapshot.Committed] finds the commit again.
	Mark  string
	Files map[string][]byte // new contents, by path
}

// grant is what is known of an installation's permission to write contents.
type grant struct {
	writes bool
	until  time.Time // when to ask again
}

// MayCommit reports whether a button can commit to the pull request's branch, as far as is known without trying: the
// branch is in the same repository and is not its default branch, the modes of all files are known, the App asks for
// the permission to write contents, and the installation grants it. It asks GitHub at most once an hour for each
// installation, and not at all for an App without that permission.
func (s *Snapshot) MayCommit(ctx context.Context) (bool, error) {
	if s.Fork || s.HeadRef == "" || s.HeadRef == s.DefaultRef || s.Tree.Partial {
		return false, nil
	}
	c := s.in.client
	me, err := c.self(ctx)
	if err != nil || !me.writes {
		return false, err
	}
	if known, ok := c.granted(s.Installation); ok {
		return known, nil
	}
	in, _, err := c.app.Apps.GetInstallation(ctx, s.Installation)
	if err != nil {
		return false, fmt.Errorf("ask what installation %d grants: %w", s.Installation, typed(err))
	}
	writes := in.GetPermissions().GetContents() == "write"
	c.grants(s.Installation, writes)
	return writes, nil
}

// granted is what is known of an installation.
func (c *Client) granted(installation int64) (writes, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, ok := c.committing[installation]
	return g.writes, ok && c.opts.Now().Before(g.until)
}

// grants remembers whether an installation lets dfbot write contents.
func (c *Client) grants(installation int64, writes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.opts.Now()
	maps.DeleteFunc(c.committing, func(_ int64, g grant) bool { return !now.Before(g.until) })
	c.committing[installation] = grant{writes, now.Add(grantMemory)}
}

// MayPush reports whether an account may push to the repository. The account is known by both its name and its id: a
// name that someone else has by now may not.
func (s *Snapshot) MayPush(ctx context.Context, login string, id int64) (bool, error) {
	return s.in.mayPush(ctx, s.Ref, login, id)
}

func (in *installation) mayPush(ctx context.Context, ref job.Ref, login string, id int64) (bool, error) {
	level, _, err := in.rest.Repositories.GetPermissionLevel(ctx, ref.Owner, ref.Name, login)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask what %s may do in %s/%s: %w", login, ref.Owner, ref.Name, typed(err))
	}
	writes := level.GetPermission() == "write" || level.GetPermission() == "admin"
	return writes && level.GetUser().GetID() == id && strings.EqualFold(level.GetUser().GetLogin(), login), nil
}

// Locked reports whether the branch of the pull request is protected. The App might be let past a protection that holds
// for the person who asks, so dfbot leaves such branches alone.
func (s *Snapshot) Locked(ctx context.Context) (bool, error) {
	req, err := s.in.rest.NewRequest(http.MethodGet,
		fmt.Sprintf("repos/%s/%s/branches/%s", s.Owner, s.Name, url.PathEscape(s.HeadRef)), nil)
	var branch github.Branch
	if err == nil {
		_, err = s.in.rest.Do(ctx, req, &branch)
	}
	if err != nil {
		return false, fmt.Errorf("look at the branch of %s: %w", s.Ref, typed(err))
	}
	return branch.GetProtected(), nil
}

// mostBetween is how many commits are looked at that came onto a branch since.
const mostBetween = 20

// Committed reports whether a commit with this mark has been made on top of an earlier head, perhaps with others since.
func (s *Snapshot) Committed(ctx context.Context, onto, mark string) (bool, error) {
	between, _, err := s.in.rest.Repositories.CompareCommits(ctx, s.Owner, s.Name, onto, s.Head,
		&github.ListOptions{PerPage: mostBetween})
	if missing(err) { // a head that was pushed over may be gone
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at what came onto the branch of %s: %w", s.Ref, typed(err))
	}
	return slices.ContainsFunc(between.Commits, func(c *github.RepositoryCommit) bool {
		return len(c.Parents) == 1 && c.Parents[0].GetSHA() == onto &&
			slices.Contains(strings.Split(c.GetCommit().GetMessage(), "\n"), mark)
	}), nil
}

// CommittedAtHead reports whether the head is a commit with this mark.
func (s *Snapshot) CommittedAtHead(ctx context.Context, mark string) (bool, error) {
	c, _, err := s.in.rest.Git.GetCommit(ctx, s.Owner, s.Name, s.Head)
	if err != nil {
		return false, fmt.Errorf("look at the head of %s: %w", s.Ref, typed(err))
	}
	return slices.Contains(strings.Split(c.GetMessage(), "\n"), mark), nil
}

// ErrHeadMoved says that the branch has another head than a commit was made for.
var ErrHeadMoved = errors.New("the branch has moved")

// ErrMayNotCommit says that the installation does not let dfbot write contents.
var ErrMayNotCommit = errors.New("the installation does not grant the permission to write contents")

// CommitRefused is GitHub's refusal of a commit, for example by a rule for the branch.
type CommitRefused struct {
	Message string // GitHub's
}

func (e CommitRefused) Error() string { return "GitHub refused the commit: " + e.Message }

// Commit makes one commit on the head and returns its SHA, and whether GitHub has signed it. It is made only if the
// branch still has that head: calling it again after any error makes no second one. The token that it takes is got for
// this call only, and is not kept. The error is ErrHeadMoved, ErrMayNotCommit, a CommitRefused, or one of this
// package's.
func (s *Snapshot) Commit(ctx context.Context, change Commit) (sha string, err error) {
	if err := s.lookAgain(ctx); err != nil {
		return "", s.notCommitted(err)
	}
	ctx = s.writing(ctx)
	rest := s.in.client.restClient(s.in.client.newTokenTransport(s.in.limits, s.Ref, s.in.client.askToCommit))
	if s.plain(change) {
		sha, err = s.commitByQuery(ctx, rest, change)
	} else {
		err = errNoGraphQL
	}
	if errors.Is(err, errNoGraphQL) && !errors.Is(err, errStaleHead) {
		sha, err = s.commitByREST(ctx, rest, change)
	}
	return sha, s.notCommitted(err)
}

// notCommitted gives the error of a commit its type.
func (s *Snapshot) notCommitted(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errStaleHead) || errors.Is(err, errMovedOn) {
		return ErrHeadMoved
	}
	var lacks job.GiveUp
	var answer *github.ErrorResponse
	err = typed(err)
	switch {
	case errors.Is(err, ErrMayNotCommit), errors.As(err, &lacks) && lacks.Permission != "":
		s.in.client.grants(s.Installation, false)
		return ErrMayNotCommit
	case !errors.As(err, new(MayPass)) || !errors.As(err, &answer) || answer.Message == "":
		return fmt.Errorf("commit to the branch of %s: %w", s.Ref, err)
	case strings.Contains(answer.Message, "not a fast forward"):
		return ErrHeadMoved
	}
	return CommitRefused{reasons(answer)}
}

// reasons are GitHub's words for a refusal.
func reasons(answer *github.ErrorResponse) string {
	all := []string{answer.Message}
	for _, e := range answer.Errors {
		if e.Message != "" {
			all = append(all, e.Message)
		}
	}
	return oneLine(strings.Join(all, ": "))
}

// oneLine puts a message on one line that a sentence can end with.
func oneLine(message string) string {
	return strings.TrimRight(strings.Join(strings.Fields(message), " "), ".")
}

// askToCommit asks for a token that may write contents.
func (c *Client) askToCommit(ctx context.Context, ref job.Ref) (credential, error) {
	fresh, err := c.askToken(ctx, ref, committing())
	if code := status(err); code == http.StatusForbidden || code == http.StatusUnprocessableEntity {
		return credential{}, ErrMayNotCommit
	}
	return fresh, err
}

// plainFile is the mode of a file that is not executable.
const plainFile = "100644"

// plain reports whether all files of a commit have the one mode that GraphQL gives files.
func (s *Snapshot) plain(change Commit) bool {
	for path := range change.Files {
		if s.entries[path].mode != plainFile {
			return false
		}
	}
	return true
}

const commitMutation = `mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
`

// commitByQuery commits in one call. GitHub signs such a commit.
func (s *Snapshot) commitByQuery(ctx context.Context, rest *github.Client, change Commit) (string, error) {
	var answer struct {
		Created *struct{ Commit struct{ Oid string } } `json:"createCommitOnBranch"`
	}
	err := s.in.ask(ctx, rest, commitMutation, map[string]any{"input": s.commitInput(change)}, &answer)
	if err == nil && answer.Created == nil {
		err = errNoGraphQL
	}
	if err != nil {
		return "", err
	}
	return answer.Created.Commit.Oid, nil
}

func (s *Snapshot) commitInput(change Commit) map[string]any {
	var files []map[string]string
	for _, path := range slices.Sorted(maps.Keys(change.Files)) {
		files = append(files, map[string]string{"path": path, "contents": encoded(change.Files[path])})
	}
	return map[string]any{
		"branch": map[string]string{
			"repositoryNameWithOwner": s.Owner + "/" + s.Name, "branchName": s.HeadRef,
		},
		"expectedHeadOid": s.Head,
		"message":         map[string]string{"headline": change.Headline, "body": change.Body},
		"fileChanges":     map[string]any{"additions": files},
	}
}

func encoded(contents []byte) string { return base64.StdEncoding.EncodeToString(contents) }

// commitByREST commits in several calls, of which the last moves the branch. GitHub signs a commit of an App that names
// neither author nor committer.
func (s *Snapshot) commitByREST(ctx context.Context, rest *github.Client, change Commit) (string, error) {
	tree, err := s.newTree(ctx, rest, change)
	if err != nil {
		return "", err
	}
	made, _, err := rest.Git.CreateCommit(ctx, s.Owner, s.Name, &github.Commit{
		Message: github.String(change.Headline + "\n\n" + change.Body), Tree: tree,
		Parents: []*github.Commit{{SHA: &s.Head}},
	}, nil)
	if err != nil {
		return "", err
	}
	_, _, err = rest.Git.UpdateRef(ctx, s.Owner, s.Name, &github.Reference{
		Ref: github.String("refs/heads/" + s.HeadRef), Object: &github.GitObject{SHA: made.SHA},
	}, false)
	return made.GetSHA(), err
}

// newTree makes the tree of a commit: that of the head with the files changed. They keep their modes.
func (s *Snapshot) newTree(ctx context.Context, rest *github.Client, change Commit) (*github.Tree, error) {
	head, _, err := rest.Git.GetCommit(ctx, s.Owner, s.Name, s.Head)
	if err != nil {
		return nil, err
	}
	var entries []*github.TreeEntry
	for _, path := range slices.Sorted(maps.Keys(change.Files)) {
		blob, _, err := rest.Git.CreateBlob(ctx, s.Owner, s.Name, &github.Blob{Encoding: github.String("base64"),
			Content: github.String(encoded(change.Files[path]))})
		if err != nil {
			return nil, err
		}
		entries = append(entries, &github.TreeEntry{Path: github.String(path), Type: github.String("blob"),
			Mode: github.String(s.entries[path].mode), SHA: blob.SHA})
	}
	tree, _, err := rest.Git.CreateTree(ctx, s.Owner, s.Name, head.GetTree().GetSHA(), entries)
	return tree, err
}
