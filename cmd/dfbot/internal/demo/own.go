package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

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
}

const (
	ownOwner    = "local"
	mostCommits = 30
)

// git runs git in the user's repository so that nothing there changes: no lock is taken, no index
// refreshed, no hook or helper of the repository started. It gives the output without its last line feed.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	all := append([]string{"-C", dir, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}, args...)
	cmd := exec.CommandContext(ctx, "git", all...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") || strings.HasPrefix(kv, "GIT_CONFIG_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(errs.String()); text != "" {
			return "", fmt.Errorf("git %s: %s", args[0], text)
		}
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// compare works out the comparison, or says in plain words why there is none.
func (o *Own) compare(ctx context.Context) (*Comparison, error) {
	path, err := topFolder(ctx, o.Path)
	if err != nil {
		return nil, err
	}
	if format, err := git(ctx, path, "rev-parse", "--show-object-format"); err == nil && format != "sha1" {
		return nil, fmt.Errorf("%s names its objects by %s, which the demo cannot read", path, format)
	}
	c := &Comparison{Path: path}
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
	if err := c.differs(ctx); err != nil {
		return nil, err
	}
	if err := c.listCommits(ctx); err != nil {
		return nil, err
	}
	c.Base, c.Head = branchName(c.Base, c.BaseSHA), branchName(c.Head, c.HeadSHA)
	if c.Base == c.Head {
		c.Base += "-base" // a local branch against the remote branch of the same name
	}
	return c, nil
}

func topFolder(ctx context.Context, path string) (string, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return "", errors.New("the demo needs git on the PATH")
	}
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", fmt.Errorf("%s is not a folder", path)
	}
	if top, err := git(ctx, path, "rev-parse", "--path-format=absolute", "--show-toplevel"); err == nil {
		return top, nil
	}
	bare, err := git(ctx, path, "rev-parse", "--path-format=absolute", "--git-dir")
	switch {
	case err == nil:
		return bare, nil
	case strings.Contains(err.Error(), "not a git repository"):
		return "", fmt.Errorf("%s is not a git repository", path)
	}
	return "", fmt.Errorf("open repository %s: %w", path, err)
}

// headName is what was asked for, or what is checked out.
func (c *Comparison) headName(ctx context.Context, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	if !c.has(ctx, "HEAD") {
		return "", fmt.Errorf("%s has no commit yet", c.Path)
	}
	if branch, err := git(ctx, c.Path, "symbolic-ref", "--quiet", "--short", "HEAD"); err == nil {
		return branch, nil
	}
	return "HEAD", nil
}

// baseName is what was asked for, or the default branch: what origin says, else a usual name.
func (c *Comparison) baseName(ctx context.Context, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	if remote, err := git(ctx, c.Path, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"); err == nil {
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
	return "", fmt.Errorf("cannot tell the default branch of %s: name the branch to compare with by --base", c.Path)
}

func (c *Comparison) has(ctx context.Context, revision string) bool {
	_, err := git(ctx, c.Path, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	return err == nil
}

// commit finds the commit that a name stands for.
func (c *Comparison) commit(ctx context.Context, name, flag string) (string, error) {
	for _, prefix := range []string{"refs/heads/", "", "refs/remotes/origin/"} {
		sha, err := git(ctx, c.Path, "rev-parse", "--verify", "--quiet", "--end-of-options", prefix+name+"^{commit}")
		if err == nil {
			return sha, nil
		}
	}
	text := fmt.Sprintf("there is no branch, tag or commit %q in %s (%s)", name, c.Path, flag)
	if branches, err := git(ctx, c.Path, "for-each-ref", "--count=8", "--sort=-committerdate", "--format=%(refname:short)", "refs/heads/"); err == nil && branches != "" {
		text += "; the newest branches are " + strings.Join(strings.Split(branches, "\n"), ", ")
	}
	return "", errors.New(text)
}

// differs makes sure that there is a pull request to be made.
func (c *Comparison) differs(ctx context.Context) error {
	base, err := git(ctx, c.Path, "merge-base", c.BaseSHA, c.HeadSHA)
	switch {
	case c.BaseSHA == c.HeadSHA:
		return fmt.Errorf("%s and %s are the same commit: there is no difference to review. Name other branches by --base and --head", c.Base, c.Head)
	case err != nil:
		return fmt.Errorf("%s and %s have no common commit, so there is no pull request from one to the other", c.Base, c.Head)
	case base == c.HeadSHA:
		return fmt.Errorf("%s has no commit that %s has not: there is no difference to review. Name other branches by --base and --head", c.Head, c.Base)
	}
	if _, err := git(ctx, c.Path, "diff-tree", "--quiet", base, c.HeadSHA); err == nil {
		return fmt.Errorf("the commits of %s change no file: there is no difference to review", c.Head)
	}
	return nil
}

func (c *Comparison) listCommits(ctx context.Context) error {
	out, err := git(ctx, c.Path, "log", "--no-show-signature", "--no-color", "--reverse", "--topo-order",
		"--format=%H%x00%an%x00%s", c.BaseSHA+".."+c.HeadSHA)
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq(out, "\n") {
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
func branchName(name, sha string) string {
	name = strings.TrimPrefix(name, "origin/")
	if name == "HEAD" || name == sha || exec.Command("git", "check-ref-format", "--branch", name).Run() != nil {
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
