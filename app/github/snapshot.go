package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/buildcontext"
)

// Snapshot is what was true of a pull request at one moment.
type Snapshot struct {
	job.Ref        // with the names and the head as they were found
	BaseRef string // name of the branch that it goes into
	Draft   bool

	HeadRef    string // name of the branch that it comes from
	Fork       bool   // that branch is in another repository
	DefaultRef string // name of the repository's default branch

	Files     []File // what it changes, in GitHub's order
	Truncated bool   // GitHub lists fewer files than the pull request changes
	Tree      buildcontext.Tree
	Before    buildcontext.Tree // of the base
	Config    ConfigFile        // at the tip of the base branch, or of the trunk
	Trunk     string            // branch that the whole stack goes into; empty if that is the base branch, or no stack
	// Organization is the organization's configuration: empty where there is none, and where it does not count.
	Organization ConfigFile
	Private      bool // the organization's configuration is not public, so nothing of it may be shown
	Prior        review.Prior
	Runs         []CheckRun // of this App, on the head

	in           *installation
	named        job.Ref // what the job says of it
	author       string  // login of the pull request's author
	changedFiles int
	doubles      []int64          // comments of dfbot's own that are there twice
	draft        int64            // review of dfbot's own that an earlier attempt has not ended; 0 where there is none
	entries      map[string]entry // of the tree
	// entriesBefore are those of the base's own tree, where it was read
	entriesBefore map[string]entry
	changed       map[string]File // files of the base that the pull request changes, moves or takes away
	seen          time.Time       // when the head was last seen to be the head
	left          []CheckRun      // on the commit that was the head before, as far as one query tells them
	runsRead      uint64          // when Runs was read, as heads tells the time
	sharing       map[int]bool    // by other pull request: it is open and has the same head
}

// URL is the page of the pull request.
func (s *Snapshot) URL() string {
	return fmt.Sprintf("%s/%s/%s/pull/%d", pagesURL(s.in.client.base), url.PathEscape(s.Owner), url.PathEscape(s.Name),
		s.Pull)
}

// File is one changed file.
type File struct {
	Path     string
	Previous string // the path before a rename
	Status   string // added, removed, modified, renamed, copied, changed, unchanged
	Blob     string // SHA of its content at the head
	Changes  int    // lines
	Patch    string // empty where GitHub gives none, which does not mean that nothing changed
}

// entry is a file of the tree.
type entry struct {
	mode string
	blob string
	size int
}

// errMoved says that parts of a snapshot are of different commits.
var errMoved = errors.New("the pull request changed while it was read")

// Snapshot reads a pull request. The head may be another than ref.Head by now; the snapshot is of what is there. A
// [job.Stale] error says that there is nothing to review: the repository is gone, the pull request is closed.
func (c *Client) Snapshot(ctx context.Context, ref job.Ref) (*Snapshot, error) {
	if err := c.writes.wait(ref); err != nil {
		return nil, err
	}
	in := c.as(ref)
	if err := in.limits.pacer.room(c.opts.Now()); err != nil {
		return nil, err
	}
	s, err := in.snapshot(ctx, ref)
	if missing(err) || err == nil && s.Repository != ref.Repository {
		found, locateErr := in.locate(ctx, ref)
		switch {
		case locateErr != nil:
			return nil, fmt.Errorf("find repository %d: %w", ref.Repository, locateErr)
		case err != nil && found == ref: // it is there, and the answer was wrong
			return nil, fmt.Errorf("read %s: %w", ref, typed(err))
		}
		ref = found
		s, err = in.snapshot(ctx, ref)
	}
	if err == nil && s.Repository != ref.Repository {
		err = errMoved
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, typed(err))
	}
	return s, nil
}

// missing says that GitHub denies that something is there. It also does so for what an installation may not see, and
// now and then for what was made a moment ago.
func missing(err error) bool { return status(err) == http.StatusNotFound }

// errRepositoryGone says that the installation does not reach the repository.
var errRepositoryGone = job.Stale{Reason: "the repository is gone, or not visible to the installation"}

// locate asks where the repository is now, by its id.
func (in *installation) locate(ctx context.Context, ref job.Ref) (job.Ref, error) {
	owner, name, err := in.auth.whereabouts(ctx)
	if err != nil {
		return ref, typed(err)
	}
	ref.Owner, ref.Name = owner, name
	return ref, nil
}

// snapshot reads at the names that ref gives: the pull request, its files and the tree of the expected head at the same
// time. If another repository has the names, it returns no more of it than its id.
func (in *installation) snapshot(ctx context.Context, ref job.Ref) (*Snapshot, error) {
	var (
		s       *Snapshot
		files   []File
		tree    *github.Tree
		treeErr error
	)
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	var closed error // the other calls are on their way, so that it would be chance which of them are made
	work.Go(func(ctx context.Context) (err error) {
		if s, err = in.pull(ctx, ref); errors.Is(err, ErrClosed) {
			closed, err = err, nil
		}
		return err
	})
	work.Go(func(ctx context.Context) (err error) { files, err = in.files(ctx, ref); return err })
	if ref.Head != "" {
		work.Go(func(ctx context.Context) error { tree, treeErr = in.tree(ctx, ref, ref.Head); return nil })
	}
	if err := cmp.Or(work.Wait(), closed); err != nil {
		return nil, err
	}
	if s.Repository != ref.Repository {
		return s, nil
	}
	if s.Head != ref.Head { // it has moved on, so that even an error says nothing
		tree, treeErr = in.tree(ctx, s.Ref, s.Head)
	}
	if treeErr != nil {
		return nil, treeErr
	}
	s.Files = files
	s.Truncated = s.changedFiles > len(files)
	s.keepFiles(tree)
	s.takeBack()
	return s, s.consistent()
}

// files lists the changed files. GitHub lists 3,000 at most.
func (in *installation) files(ctx context.Context, ref job.Ref) ([]File, error) {
	var all []File
	opts := &github.ListOptions{PerPage: 100}
	for {
		page, resp, err := in.rest.PullRequests.ListFiles(ctx, ref.Owner, ref.Name, ref.Pull, opts)
		if err != nil {
			return nil, fmt.Errorf("list files: %w", err)
		}
		for _, f := range page {
			all = append(all, changedFile(f))
		}
		if resp.NextPage == 0 {
			return all, nil
		}
		opts.Page = resp.NextPage
	}
}

func changedFile(f *github.CommitFile) File {
	return File{
		Path: f.GetFilename(), Previous: f.GetPreviousFilename(), Status: f.GetStatus(),
		Blob: f.GetSHA(), Changes: f.GetChanges(), Patch: f.GetPatch(),
	}
}

func (in *installation) tree(ctx context.Context, ref job.Ref, head string) (*github.Tree, error) {
	tree, _, err := in.rest.Git.GetTree(ctx, ref.Owner, ref.Name, head, true)
	if err != nil {
		return nil, fmt.Errorf("read tree: %w", err)
	}
	return tree, nil
}

// keepFiles keeps of the tree what matters: its files.
func (s *Snapshot) keepFiles(tree *github.Tree) {
	s.Tree = buildcontext.Tree{Partial: tree.GetTruncated(), Contents: map[string][]byte{}}
	s.entries = make(map[string]entry, len(tree.Entries))
	for _, e := range tree.Entries {
		if e.GetType() == "tree" {
			continue
		}
		s.Tree.Paths = append(s.Tree.Paths, e.GetPath())
		s.entries[e.GetPath()] = entry{mode: e.GetMode(), blob: e.GetSHA(), size: e.GetSize()}
	}
	slices.Sort(s.Tree.Paths)
	s.Tree.Stat = func(path string) (buildcontext.Mode, int) {
		e := s.entries[path]
		return buildcontext.ModeOf(e.mode), e.size
	}
}

// consistent holds the list of files against the tree: a push between the two calls shows as another blob.
func (s *Snapshot) consistent() error {
	for _, f := range s.Files {
		e, known := s.entries[f.Path]
		if f.Status == "removed" || !known && s.Tree.Partial {
			continue
		}
		if e.blob != f.Blob {
			return errMoved
		}
	}
	return nil
}

// fresh is how old a look at the head may be when something is written about it. It is more than the analysis of a
// usual pull request takes, which so costs no further call; a push meanwhile leaves comments on the commit before,
// which the next review finds as its own.
const fresh = 5 * time.Second

// stillHead makes sure that the head is what was analysed, by asking if it was not seen just now.
func (s *Snapshot) stillHead(ctx context.Context) error {
	if s.in.client.opts.Now().Sub(s.seen) < fresh {
		return nil
	}
	return s.lookAgain(ctx)
}

// lookAgain asks for the head.
func (s *Snapshot) lookAgain(ctx context.Context) error {
	p, _, err := s.in.rest.PullRequests.Get(ctx, s.Owner, s.Name, s.Pull)
	if err != nil {
		return fmt.Errorf("look at %s again: %w", s.Ref, typed(err))
	}
	return s.look(strings.ToLower(p.GetState()), p.GetHead().GetSHA())
}

// ErrClosed says that the pull request is closed.
var ErrClosed = job.Stale{Reason: "the pull request is closed"}

// errMovedOn says that the pull request has another head.
var errMovedOn = job.Stale{Reason: "the pull request has moved on"}

// look returns a [job.Stale] error if the pull request is closed or has another head.
func (s *Snapshot) look(state, head string) error {
	switch {
	case state != "open":
		return ErrClosed
	case head != s.Head:
		return errMovedOn
	}
	s.seen = s.in.client.opts.Now()
	return nil
}
