package githubtest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dfbot/dfbot/app/git"
)

// Objects are git's objects in one bare repository, and what is known of them. A SHA means the same for ever, so
// servers that share their objects run each command of git once. Each server shows all of them.
type Objects struct {
	repo    git.Repo
	objects *objectReader
	diffs   memo[[2]string, []FileChange] // between trees
	answers memo[string, []byte]
}

// NewObjects makes an empty bare repository in the folder dir. Close it when done.
func NewObjects(dir string) (*Objects, error) {
	repo, err := git.Init(dir)
	if err != nil {
		return nil, err
	}
	return &Objects{repo: repo, objects: &objectReader{repo: repo}}, nil
}

// Close ends its git process.
func (o *Objects) Close() { o.objects.close() }

// memo keeps what never changes.
type memo[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]V
}

// get gives what is kept under a key, else what f finds, one at a time.
func (m *memo[K, V]) get(key K, f func() (V, error)) (V, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.kept[key]; ok {
		return v, nil
	}
	v, err := f()
	if err != nil {
		return v, err
	}
	if m.kept == nil {
		m.kept = map[K]V{}
	}
	m.kept[key] = v
	return v, nil
}

// store is what a fork network has: objects, which its repositories share as on GitHub, and the branches of each, name
// to SHA by the repository's id.
type store struct {
	*Objects
	heads map[int64]map[string]string
}

func newStore(dir string) (*store, error) {
	objects, err := NewObjects(dir)
	if err != nil {
		return nil, err
	}
	return &store{objects, map[int64]map[string]string{}}, nil
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

// git runs git and returns what it prints.
func (o *Objects) git(stdin []byte, args ...string) ([]byte, error) {
	return runGit(o.repo, stdin, args...)
}

// once runs git, unless it has run with these words before: only objects count for what it prints, by their SHA.
func (o *Objects) once(stdin []byte, args ...string) ([]byte, error) {
	key := fmt.Sprintf("%q %x", args, sha256.Sum256(stdin))
	return o.answers.get(key, func() ([]byte, error) { return o.git(stdin, args...) })
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

// write makes the commit and returns its SHA.
func (o *Objects) write(c Commit, author user, now time.Time) (string, error) {
	var change bytes.Buffer
	for _, path := range c.Delete {
		fmt.Fprintf(&change, "D %s\n", quotePath(path))
	}
	for _, path := range sortedKeys(c.Files) {
		writeEntry(&change, path, File{Content: c.Files[path]})
	}
	for _, path := range sortedKeys(c.Entries) {
		writeEntry(&change, path, c.Entries[path])
	}
	return o.writeChange(cmp.Or(c.Message, "Update files"), c.Parents, change.String(), author, now)
}

// writeChange makes a commit that no branch has, of a change in the words of git fast-import.
func (o *Objects) writeChange(message string, parents []string, change string, author user, now time.Time,
) (string, error) {
	var in bytes.Buffer
	who := fmt.Sprintf("%s <%s> %d +0000", author.login, author.email(), now.Unix())
	fmt.Fprintf(&in, "commit refs/loose\nmark :1\nauthor %s\ncommitter %s\ndata %d\n%s\n", who, who, len(message),
		message)
	for i, parent := range parents {
		fmt.Fprintf(&in, "%s %s\n", []string{"from", "merge"}[min(i, 1)], parent)
	}
	in.WriteString(change + "\nget-mark :1\ndone\n")
	out, err := o.once(in.Bytes(), "fast-import", "--quiet", "--force", "--done")
	return strings.TrimSpace(string(out)), err
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
func (o *Objects) mergeBase(a, b string) (string, error) {
	if _, ok := o.line(a, b); ok {
		return a, nil
	}
	out, err := o.once(nil, "merge-base", a, b)
	if err != nil {
		return "", fmt.Errorf("find merge base of %s and %s: %w", a, b, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// commitsBetween lists the commits that head has and base has not, oldest first.
func (o *Objects) commitsBetween(base, head string) ([]string, error) {
	if list, ok := o.line(base, head); ok {
		return list, nil
	}
	out, err := o.once(nil, "rev-list", "--reverse", "--topo-order", base+".."+head)
	return strings.Fields(string(out)), err
}

// line lists the commits after base up to head, oldest first, if that is a short line without a merge. It spares a
// process of git for nearly every pull request.
func (o *Objects) line(base, head string) (list []string, ok bool) {
	const short = 20
	for at := head; len(list) <= short; {
		if at == base {
			slices.Reverse(list)
			return list, true
		}
		c, err := o.commit(at)
		if err != nil || len(c.parents) != 1 {
			return nil, false
		}
		list, at = append(list, at), c.parents[0]
	}
	return nil, false
}

// setBranch moves a branch of one repository of the network; an empty SHA deletes it.
func (st *store) setBranch(id int64, name, sha string) {
	if st.heads[id] == nil {
		st.heads[id] = map[string]string{}
	}
	st.heads[id][name] = sha
	if sha == "" {
		delete(st.heads[id], name)
	}
}
