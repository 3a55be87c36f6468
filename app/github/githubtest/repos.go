package githubtest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/dfbot/dfbot/app/git"
)

// A Repo is one repository.
type Repo struct {
	ID int64

	srv           *Server
	store         *store
	owner, name   string
	former        []string // full names it had
	defaultBranch string
	parent        *Repo
	deleted       bool
	public        bool // everyone may read it
	pulls         []*Pull
	suites        []*CheckSuite
	runs          []*CheckRun
	queue         map[string]string // the newest commit of the merge queue, by branch
	nextNumber    int
	comments      []*IssueComment
	rules         map[string]rule   // by branch
	permissions   map[string]string // login to admin, write, read
	createdAt     time.Time
	pushedAt      time.Time
}

// CreateRepo makes a repository with one commit on main holding files, path to content.
func (s *Server) CreateRepo(owner, name string, files map[string]string) (*Repo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.addRepo(owner, name, func(dir string) (*store, error) {
		if s.opt.Objects != nil {
			return &store{s.opt.Objects, map[int64]map[string]string{}}, nil
		}
		return newStore(dir)
	})
	if err != nil {
		return nil, err
	}
	_, err = r.commit("main", Commit{Message: "Initial commit", Files: files, Parents: []string{}})
	return r, err
}

// Publish lets everyone read the repository.
func (r *Repo) Publish() {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	r.public = true
}

func (r *Repo) visibility() string {
	if r.public {
		return "public"
	}
	return "private"
}

// OpenRepo shows the git repository at path under a name on this GitHub. Its
// objects are read in place and its branches copied; nothing is written to it.
func (s *Server) OpenRepo(owner, name, path string) (*Repo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, err := git.Find(path)
	if err != nil {
		return nil, fmt.Errorf("open repository %s: %w", path, err)
	}
	r, err := s.addRepo(owner, name, func(dir string) (*store, error) { return borrowStore(dir, user) })
	if err != nil {
		return nil, err
	}
	heads, err := r.store.git(nil, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/")
	if err != nil {
		return nil, err
	}
	own := map[string]string{}
	for line := range strings.Lines(string(heads)) {
		ref, sha, _ := strings.Cut(strings.TrimSpace(line), " ")
		own[strings.TrimPrefix(ref, "refs/heads/")] = sha
	}
	r.defaultBranch = currentBranch(user, own)
	r.store.heads[r.ID] = own
	return r, nil
}

// currentBranch is the branch that the user's repository has checked out; on
// a detached HEAD main, master, or the first there is.
func currentBranch(user git.Repo, heads map[string]string) string {
	out, _ := runGit(user, nil, "symbolic-ref", "--quiet", "--short", "HEAD")
	for _, name := range append([]string{strings.TrimSpace(string(out)), "main", "master"}, sortedKeys(heads)...) {
		if heads[name] != "" {
			return name
		}
	}
	return "main"
}

func (s *Server) addRepo(owner, name string, open func(dir string) (*store, error)) (*Repo, error) {
	if s.repoNamed(owner, name) != nil {
		return nil, fmt.Errorf("create repository %s/%s: it exists", owner, name)
	}
	r := &Repo{
		ID: s.id("repo", 7001), srv: s, owner: s.account(owner).login, name: name, defaultBranch: "main",
		nextNumber: 1, permissions: map[string]string{}, createdAt: s.now(), pushedAt: s.now(),
	}
	var err error
	if r.store, err = open(s.dir(r.ID)); err != nil {
		return nil, fmt.Errorf("create repository %s/%s: %w", owner, name, err)
	}
	s.repos = append(s.repos, r)
	return r, nil
}

// Fork copies the repository to another owner, with all its branches. The two
// share their objects.
func (r *Repo) Fork(owner string) (*Repo, error) {
	s := r.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	fork, err := s.addRepo(owner, r.name, func(string) (*store, error) { return r.store, nil })
	if err != nil {
		return nil, err
	}
	fork.parent, fork.defaultBranch = r, r.defaultBranch
	fork.store.heads[fork.ID] = maps.Clone(r.store.heads[r.ID])
	return fork, nil
}

// FullName is OWNER/NAME.
func (r *Repo) FullName() string {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	return r.fullName()
}

func (r *Repo) fullName() string { return r.owner + "/" + r.name }

// NodeID is the repository's id in GraphQL.
func (r *Repo) NodeID() string { return nodeID("R", r.ID) }

// SetDefaultBranch changes the repository's default branch.
func (r *Repo) SetDefaultBranch(name string) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	r.defaultBranch = name
}

// Grant gives a person admin, write or read, which GET collaborators/LOGIN/permission answers.
func (r *Repo) Grant(login, permission string) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	r.permissions[strings.ToLower(login)] = permission
}

// Rename changes the repository's name; the old one redirects to its id.
func (r *Repo) Rename(name string) {
	s := r.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	from := r.name
	r.former = append(r.former, r.fullName())
	r.name = name
	s.emit("repository", "renamed", r, r.owner, obj{"changes": obj{"repository": obj{"name": obj{"from": from}}}})
}

// Transfer gives the repository to another account. An App that is installed on the former does not see it any more.
func (r *Repo) Transfer(owner string) {
	s := r.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	r.former = append(r.former, r.fullName())
	r.owner = s.account(owner).login
}

// Delete removes the repository: 404 from now on, and pull requests from it
// have head.repo null.
func (r *Repo) Delete() {
	s := r.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emit("repository", "deleted", r, r.owner, obj{})
	r.deleted = true
}

// Commit makes a commit on a branch, which is made when it is new: from the
// default branch, or from c.Parents. It is a push: open pull requests from the
// branch are synchronised, and webhooks go out. It returns the commit's SHA.
func (r *Repo) Commit(branch string, c Commit) (string, error) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	before := r.tip(branch)
	sha, err := r.commit(branch, c)
	if err != nil {
		return "", fmt.Errorf("commit to %s of %s: %w", branch, r.fullName(), err)
	}
	return sha, r.pushed(branch, before, sha, r.authorOf(c))
}

func (r *Repo) authorOf(c Commit) string {
	if c.Author != "" {
		return c.Author
	}
	return r.owner
}

// commit writes the commit and moves the branch, and sends no event.
func (r *Repo) commit(branch string, c Commit) (string, error) {
	if c.Parents == nil {
		parent := r.tip(branch)
		if parent == "" {
			parent = r.tip(r.defaultBranch)
		}
		if parent != "" {
			c.Parents = []string{parent}
		}
	}
	sha, err := r.store.write(c, r.srv.account(r.authorOf(c)), r.srv.now())
	if err == nil {
		r.store.setBranch(r.ID, branch, sha)
	}
	return sha, err
}

// SetBranch points a branch at a revision (a branch, a SHA, anything git
// reads in the repository), as a force-push does; an empty revision deletes it.
func (r *Repo) SetBranch(name, revision string) error {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	sha := ""
	if revision != "" {
		found, err := r.resolve(revision)
		if err != nil {
			return fmt.Errorf("set branch %s of %s: %w", name, r.fullName(), err)
		}
		sha = found
	}
	before := r.tip(name)
	if before == sha {
		return nil
	}
	r.store.setBranch(r.ID, name, sha)
	return r.pushed(name, before, sha, r.owner)
}

// tip is the commit a branch points at; empty when there is no such branch.
func (r *Repo) tip(branch string) string { return r.store.heads[r.ID][branch] }

// Resolve gives the commit SHA of a branch, tag or SHA.
func (r *Repo) Resolve(revision string) (string, error) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	return r.resolve(revision)
}

func (r *Repo) resolve(revision string) (string, error) {
	revision = strings.TrimPrefix(revision, "refs/heads/")
	var number int
	if _, err := fmt.Sscanf(revision, "refs/pull/%d/head", &number); err == nil && r.pull(number) != nil {
		return r.pull(number).head, nil
	}
	name := revision
	if at := strings.IndexAny(revision, "^~"); at >= 0 {
		name = revision[:at]
	}
	if tip := r.tip(name); tip != "" {
		revision = tip + revision[len(name):]
	}
	c, err := r.store.commit(revision)
	return c.sha, err
}

// Between lists the commits that one revision has and the other before it has not, oldest first.
func (r *Repo) Between(before, revision string) ([]string, error) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	from, err := r.resolve(before)
	if err != nil {
		return nil, err
	}
	to, err := r.resolve(revision)
	if err != nil {
		return nil, err
	}
	return r.store.commitsBetween(from, to)
}

// ReadFile gives a file's bytes at a revision.
func (r *Repo) ReadFile(revision, path string) ([]byte, error) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	sha, err := r.resolve(revision)
	if err != nil {
		return nil, err
	}
	blob, err := r.store.objects.read(sha + ":" + path)
	if err == nil && blob.kind != "blob" {
		return nil, errNoObject{path}
	}
	return blob.data, err
}

// Subject is the first line of a commit's message.
func (r *Repo) Subject(revision string) (string, error) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	sha, err := r.resolve(revision)
	if err != nil {
		return "", err
	}
	out, err := r.store.once(nil, "log", "-1", "--format=%s", sha)
	return strings.TrimSpace(string(out)), err
}

func (s *Server) repoByID(id int64) *Repo {
	for _, r := range s.repos {
		if r.ID == id && !r.deleted {
			return r
		}
	}
	return nil
}

// repoNamed finds a repository by its name, then by the names it once had.
func (s *Server) repoNamed(owner, name string) *Repo {
	full := owner + "/" + name
	for _, r := range s.repos {
		if !r.deleted && strings.EqualFold(r.fullName(), full) {
			return r
		}
	}
	for _, r := range s.repos {
		for _, old := range r.former {
			if !r.deleted && strings.EqualFold(old, full) {
				return r
			}
		}
	}
	return nil
}

// nodeID is an opaque GraphQL id: GitHub's prefix and the kind's own number.
func nodeID(prefix string, id int64) string {
	return prefix + "_" +
		strings.TrimRight(base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "%s%010d", prefix, id)), "=")
}
