package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/app/github/githubtest"
)

// Own names two states of a git repository of the user's.
type Own struct {
	Path string // of the repository or a folder in it
	Base string // branch, tag or commit; the default branch when empty
	Head string // the same; what is checked out when empty
}

// Comparison is what a pull request from one state of a repository to the other would be.
type Comparison struct {
	Path           string // top folder of the repository, or the bare repository itself
	Base, Head     string // names of the branches on the stand-in
	BaseSHA        string
	HeadSHA        string
	Commits        []Commit // oldest first, at most mostCommits of the newest
	CommitsLeftOut int

	repo git.Repo
}

const (
	ownOwner    = "local"
	mostCommits = 30
)

// git runs git in the user's repository, where it changes nothing, and gives the output without its last line feed.
func (c *Comparison) git(ctx context.Context, args ...string) (string, error) {
	out, err := c.repo.Output(ctx, nil, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// compare works out the comparison, or returns an error that says in plain words why it cannot.
func (o *Own) compare(ctx context.Context) (*Comparison, error) {
	repo, err := open(o.Path)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Path: repo.Top, repo: repo}
	if format, err := c.git(ctx, "rev-parse", "--show-object-format"); err != nil {
		return nil, fmt.Errorf("open repository %s: %w", c.Path, err)
	} else if format != "sha1" {
		return nil, fmt.Errorf("the demo cannot read %s: its object format is %s", c.Path, format)
	}
	if c.Head, err = c.headName(ctx, o.Head); err != nil {
		return nil, err
	}
	if c.Base, err = c.baseName(ctx, o.Base); err != nil {
		return nil, err
	}
	if c.HeadSHA, err = c.commit(ctx, c.Head, "--head"); err != nil {
		return nil, err
	}
	if c.BaseSHA, err = c.commit(ctx, c.Base, "--base"); err != nil {
		return nil, err
	}
	if err := c.complete(ctx); err != nil {
		return nil, err
	}
	if err := c.differs(ctx); err != nil {
		return nil, err
	}
	if err := c.listCommits(ctx); err != nil {
		return nil, err
	}
	c.Base, c.Head = c.branchName(ctx, c.Base, c.BaseSHA), c.branchName(ctx, c.Head, c.HeadSHA)
	if c.Base == c.Head {
		c.Base += "-base" // a local branch against the remote branch of the same name
	}
	return c, nil
}

// open finds the repository that a folder belongs to.
func open(path string) (git.Repo, error) {
	if info, err := os.Stat(path); err != nil {
		return git.Repo{}, err
	} else if !info.IsDir() {
		return git.Repo{}, fmt.Errorf("%s is not a folder", path)
	}
	repo, err := git.Find(path)
	switch {
	case errors.Is(err, git.ErrMissing):
		return repo, fmt.Errorf("the demo of your own repository needs git: %w", err)
	case errors.Is(err, git.ErrNone):
		return repo, fmt.Errorf("%s is not a git repository", path)
	}
	return repo, err
}

// headName is what was asked for, or what is checked out.
func (c *Comparison) headName(ctx context.Context, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	if !c.has(ctx, "HEAD") {
		return "", fmt.Errorf("%s has no commits yet", c.Path)
	}
	if branch, err := c.git(ctx, "symbolic-ref", "--quiet", "--short", "HEAD"); err == nil {
		return branch, nil
	}
	return "HEAD", nil
}

// baseName is what was asked for, or the default branch: what origin says, else a usual name.
func (c *Comparison) baseName(ctx context.Context, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	if remote, err := c.git(ctx, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"); err == nil {
		if local := strings.TrimPrefix(remote, "origin/"); local != c.Head && c.has(ctx, "refs/heads/"+local) {
			return local, nil
		}
		return remote, nil
	}
	for _, name := range []string{"main", "master", "trunk", "develop"} {
		if c.has(ctx, "refs/heads/"+name) {
			return name, nil
		}
	}
	return "", fmt.Errorf("cannot find the default branch of %s: name the branch to compare with, with --base", c.Path)
}

func (c *Comparison) has(ctx context.Context, revision string) bool {
	_, err := c.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	return err == nil
}

// commit finds the commit that a name means.
func (c *Comparison) commit(ctx context.Context, name, flag string) (string, error) {
	for _, prefix := range []string{"refs/heads/", "", "refs/remotes/origin/"} {
		sha, err := c.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", prefix+name+"^{commit}")
		if err == nil {
			return sha, nil
		}
	}
	text := fmt.Sprintf("there is no branch, tag or commit %q in %s (%s)", name, c.Path, flag)
	if branches, err := c.git(ctx, "for-each-ref", "--count=8", "--sort=-committerdate", "--format=%(refname:short)",
		"refs/heads/"); err == nil && branches != "" {
		text += "; the newest branches are " + strings.Join(strings.Split(branches, "\n"), ", ")
	}
	return "", errors.New(text)
}

// complete makes sure that no content of the head is missing, as it may be in a partial clone: git is not let fetch it.
func (c *Comparison) complete(ctx context.Context) error {
	out, err := c.git(ctx, "rev-list", "--objects", "--no-walk", "--missing=print", c.HeadSHA)
	if err != nil {
		return err
	}
	if missing := strings.Count("\n"+out, "\n?"); missing > 0 {
		return fmt.Errorf("%s is a partial clone, and lacks the contents of %s of %s: get them first, with "+
			"git -C %s fetch --refetch --no-filter", c.Path, count(missing, "file", "files"), c.Head, c.Path)
	}
	return nil
}

// differs makes sure that there is something to review.
func (c *Comparison) differs(ctx context.Context) error {
	base, err := c.git(ctx, "merge-base", c.BaseSHA, c.HeadSHA)
	switch {
	case c.BaseSHA == c.HeadSHA:
		return fmt.Errorf("%s and %s are the same commit: there is nothing to review. Choose other branches with "+
			"--base and --head", c.Base, c.Head)
	case err != nil:
		return fmt.Errorf("%s and %s have no common commit, so there is no pull request from one to the other", c.Base,
			c.Head)
	case base == c.HeadSHA:
		return fmt.Errorf("%s has no commits that are not in %s: there is nothing to review. Choose other branches "+
			"with --base and --head", c.Head, c.Base)
	}
	if _, err := c.git(ctx, "diff-tree", "--quiet", base, c.HeadSHA); err == nil {
		return fmt.Errorf("the commits of %s change no file: there is nothing to review", c.Head)
	}
	return nil
}

func (c *Comparison) listCommits(ctx context.Context) error {
	out, err := c.git(ctx, "rev-list", "--reverse", "--topo-order", "--format=%H%x00%an%x00%s",
		c.BaseSHA+".."+c.HeadSHA)
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq(out, "\n") { // each after a line "commit SHA"
		if f := strings.SplitN(line, "\x00", 3); len(f) == 3 {
			c.Commits = append(c.Commits, Commit{SHA: f[0], Author: f[1], Title: f[2]})
		}
	}
	if n := len(c.Commits) - mostCommits; n > 0 {
		c.Commits, c.CommitsLeftOut = c.Commits[n:], n
	}
	return nil
}

// branchName makes a name that a branch can have of what may be any revision.
func (c *Comparison) branchName(ctx context.Context, name, sha string) string {
	name = strings.TrimPrefix(name, "origin/")
	if _, err := c.git(ctx, "check-ref-format", "--branch", name); err != nil || name == "HEAD" || name == sha {
		return "commit-" + short(sha)
	}
	return name
}

func (c *Comparison) opening() githubtest.PullOptions {
	title := c.Head
	if n := len(c.Commits); n > 0 {
		title = c.Commits[n-1].Title
	}
	return githubtest.PullOptions{Head: c.Head, Base: c.Base, Title: title, Author: "you"}
}

// openOwn shows the user's repository on the stand-in, with the two branches.
func (w *World) openOwn() (err error) {
	c := w.Own
	if w.repo, err = w.srv.OpenRepo(ownOwner, repositoryName(c.Path), c.Path); err != nil {
		return err
	}
	if err := w.repo.SetBranch(c.Base, c.BaseSHA); err != nil {
		return err
	}
	if err := w.repo.SetBranch(c.Head, c.HeadSHA); err != nil {
		return err
	}
	w.repo.SetDefaultBranch(c.Base)
	return nil
}

// repositoryName makes a name that a repository on GitHub can have of a folder's.
func repositoryName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".git")
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, name)
	if strings.Trim(name, ".-") == "" {
		return "repository"
	}
	return name
}
