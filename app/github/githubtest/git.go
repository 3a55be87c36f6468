package githubtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dfbot/dfbot/app/git"
)

// store is one bare git repository. All repositories of a fork network share
// one store, as they share objects on GitHub; each keeps its branches under
// refs/repos/ID/heads/.
type store struct {
	repo    git.Repo
	objects *objectReader

	// What is known of pairs of commits, which never changes.
	diffs   map[[2]string][]FileChange
	bases   map[[2]string]string
	between map[[2]string][]string
}

// newStore makes an empty bare repository in dir.
func newStore(dir string) (*store, error) {
	repo, err := git.Init(dir)
	if err != nil {
		return nil, err
	}
	return &store{
		repo: repo, objects: &objectReader{repo: repo},
		diffs: map[[2]string][]FileChange{}, bases: map[[2]string]string{}, between: map[[2]string][]string{},
	}, nil
}

// borrowStore makes a bare repository in dir that reads the objects of the
// user's repository through alternates. Nothing is ever written to the latter.
func borrowStore(dir string, user git.Repo) (*store, error) {
	st, err := newStore(dir)
	if err != nil {
		return nil, err
	}
	where, err := runGit(user, nil, "rev-parse", "--path-format=absolute",
		"--git-path", "objects", "--git-path", "shallow", "--show-object-format")
	if err != nil {
		return nil, fmt.Errorf("open repository %s: %w", user.Top, err)
	}
	lines := strings.Split(strings.TrimSpace(string(where)), "\n")
	if len(lines) != 3 || lines[2] != "sha1" {
		return nil, fmt.Errorf("open repository %s: it does not name its objects by SHA-1", user.Top)
	}
	alternates := filepath.Join(dir, "objects", "info", "alternates")
	if err := os.MkdirAll(filepath.Dir(alternates), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(alternates, []byte(lines[0]+"\n"), 0o644); err != nil {
		return nil, err
	}
	if info, err := os.Stat(lines[1]); err == nil && info.Mode().IsRegular() {
		shallow, err := os.ReadFile(lines[1])
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "shallow"), shallow, 0o644)
		}
		if err != nil {
			return nil, fmt.Errorf("open repository %s: %w", user.Top, err)
		}
	}
	return st, st.copyRefs(user)
}

// copyRefs gives the store every reference of the user's repository, under the
// same names, and its HEAD, so that revisions people write resolve.
func (st *store) copyRefs(user git.Repo) error {
	refs, err := runGit(user, nil, "for-each-ref", "--format=create %(refname) %(objectname)")
	if err != nil {
		return err
	}
	if _, err := st.git(refs, "update-ref", "--stdin"); err != nil {
		return err
	}
	head, err := runGit(user, nil, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if err != nil {
		return nil // a repository without a commit has no HEAD to copy
	}
	_, err = st.git(nil, "update-ref", "--no-deref", "HEAD", strings.TrimSpace(string(head)))
	return err
}

func (st *store) close() { st.objects.close() }

// git runs git in the store and returns what it prints.
func (st *store) git(stdin []byte, args ...string) ([]byte, error) {
	return runGit(st.repo, stdin, args...)
}

// runGit runs a command of git, whose deadline is its only end: the stand-in has no context to end it with.
func runGit(repo git.Repo, stdin []byte, args ...string) ([]byte, error) {
	return repo.Output(context.Background(), stdin, args...)
}

// A File is one entry of a Commit.
type File struct {
	Content string // bytes of the file; a symlink's target; a submodule's commit SHA
	Mode    string // "100644" when empty; "100755", "120000" (symlink), "160000" (submodule)
}

// A Commit is a change to make on a branch.
type Commit struct {
	Message string            // "Update files" when empty
	Author  string            // login; the repository's owner when empty
	Files   map[string]string // path to content, ordinary files
	Entries map[string]File   // path to content with a mode
	Delete  []string          // paths, or folders with all below them
	Parents []string          // SHAs; the branch's tip when nil, none when empty and not nil
}

// write makes the commit with git fast-import and moves ref to it.
// It returns the new commit's SHA.
func (st *store) write(ref string, c Commit, author user, now time.Time) (string, error) {
	var in bytes.Buffer
	message := c.Message
	if message == "" {
		message = "Update files"
	}
	who := fmt.Sprintf("%s <%s> %d +0000", author.login, author.email(), now.Unix())
	fmt.Fprintf(&in, "commit %s\nmark :1\nauthor %s\ncommitter %s\ndata %d\n%s\n", ref, who, who, len(message), message)
	for i, parent := range c.Parents {
		fmt.Fprintf(&in, "%s %s\n", []string{"from", "merge"}[min(i, 1)], parent)
	}
	for _, path := range c.Delete {
		fmt.Fprintf(&in, "D %s\n", quotePath(path))
	}
	for _, path := range sortedKeys(c.Files) {
		writeEntry(&in, path, File{Content: c.Files[path]})
	}
	for _, path := range sortedKeys(c.Entries) {
		writeEntry(&in, path, c.Entries[path])
	}
	in.WriteString("\nget-mark :1\ndone\n")
	out, err := st.git(in.Bytes(), "fast-import", "--quiet", "--force", "--done")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}

func writeEntry(in *bytes.Buffer, path string, f File) {
	switch f.Mode {
	case "160000":
		fmt.Fprintf(in, "M 160000 %s %s\n", f.Content, quotePath(path))
	case "":
		f.Mode = "100644"
		fallthrough
	default:
		fmt.Fprintf(in, "M %s inline %s\ndata %d\n%s\n", f.Mode, quotePath(path), len(f.Content), f.Content)
	}
}

// quotePath writes a path as fast-import reads it: in C style.
func quotePath(path string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(path) {
		switch c := path[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// mergeBase gives the best common ancestor of two commits.
func (st *store) mergeBase(a, b string) (string, error) {
	key := [2]string{a, b}
	if base, ok := st.bases[key]; ok {
		return base, nil
	}
	out, err := st.git(nil, "merge-base", a, b)
	if err != nil {
		return "", fmt.Errorf("find merge base of %s and %s: %w", a, b, err)
	}
	st.bases[key] = strings.TrimSpace(string(out))
	return st.bases[key], nil
}

// commitsBetween lists the commits that head has and base has not, oldest first.
func (st *store) commitsBetween(base, head string) ([]string, error) {
	key := [2]string{base, head}
	if list, ok := st.between[key]; ok {
		return list, nil
	}
	out, err := st.git(nil, "rev-list", "--reverse", "--topo-order", base+".."+head)
	if err != nil {
		return nil, err
	}
	st.between[key] = strings.Fields(string(out))
	return st.between[key], nil
}

// updateRef moves a reference; an empty SHA deletes it.
func (st *store) updateRef(ref, sha string) error {
	args := []string{"update-ref", ref, sha}
	if sha == "" {
		args = []string{"update-ref", "-d", ref}
	}
	_, err := st.git(nil, args...)
	return err
}

// branches lists the branches of one repository of the network, name to SHA.
func (st *store) branches(id int64) (map[string]string, error) {
	prefix := branchRef(id, "")
	out, err := st.git(nil, "for-each-ref", "--format=%(refname) %(objectname)", prefix)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, sha, _ := strings.Cut(strings.TrimSpace(line), " ")
		found[strings.TrimPrefix(name, prefix)] = sha
	}
	return found, nil
}

// createBranches makes many branches of one repository at once.
func (st *store) createBranches(id int64, heads map[string]string) error {
	var in bytes.Buffer
	for name, sha := range heads {
		fmt.Fprintf(&in, "create %s %s\n", branchRef(id, name), sha)
	}
	_, err := st.git(in.Bytes(), "update-ref", "--stdin")
	return err
}

func branchRef(id int64, name string) string {
	return "refs/repos/" + strconv.FormatInt(id, 10) + "/heads/" + name
}
