package githubtest

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dfbot/dfbot/app/git"
)

// objectReader answers questions about objects through one long-lived
// `git cat-file --batch`, because a process for each blob would make the
// stand-in slower than GitHub.
type objectReader struct {
	repo git.Repo
	mu   sync.Mutex
	git  *git.Process
	kept map[string]object // by names that mean the same for ever
}

// object is one git object as cat-file gives it.
type object struct {
	sha  string
	kind string // blob, tree, commit, tag
	data []byte
}

// errNoObject says that a name stands for nothing in the repository.
type errNoObject struct{ name string }

func (e errNoObject) Error() string { return "no object " + strconv.Quote(e.name) }

// read gives the object that name (a SHA, a reference, SHA:path) stands for.
func (r *objectReader) read(name string) (object, error) {
	if name == "" || strings.ContainsAny(name, "\n\x00") {
		return object{}, errNoObject{name}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if obj, ok := r.kept[name]; ok {
		return obj, nil
	}
	obj, err := r.ask(name)
	if err == nil && len(obj.data) <= maxKept && byFullSHA.MatchString(name) {
		if r.kept == nil {
			r.kept = map[string]object{}
		}
		r.kept[name] = obj
	}
	return obj, err
}

// maxKept is how large in bytes an object is that is kept in memory.
const maxKept = 64 << 10

var byFullSHA = regexp.MustCompile(`^[0-9a-f]{40}($|[:^])`)

// ask has git read an object.
func (r *objectReader) ask(name string) (object, error) {
	if r.git == nil {
		var err error
		if r.git, err = r.repo.Start("cat-file", "--batch"); err != nil {
			return object{}, err
		}
	}
	var obj object
	err := r.git.Ask(name+"\n", func(out *bufio.Reader) (err error) {
		obj, err = readObject(out, name)
		return err
	})
	if _, missing := err.(errNoObject); err != nil && !missing {
		r.stop()
	}
	return obj, err
}

// readObject reads the answer to one question.
func readObject(out *bufio.Reader, name string) (object, error) {
	head, err := out.ReadString('\n')
	if err != nil {
		return object{}, err
	}
	words := strings.Fields(head)
	if len(words) != 3 || strings.HasSuffix(head, " missing\n") || strings.HasSuffix(head, " ambiguous\n") {
		return object{}, errNoObject{name}
	}
	size, err := strconv.Atoi(words[2])
	if err != nil {
		return object{}, errNoObject{name}
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(out, data); err != nil {
		return object{}, err
	}
	return object{sha: words[0], kind: words[1], data: data[:size]}, nil
}

func (r *objectReader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop()
}

func (r *objectReader) stop() {
	if r.git != nil {
		r.git.Stop()
		r.git = nil
	}
}

// treeEntry is one row of a tree.
type treeEntry struct {
	path, mode, sha string
}

// kind is the object type of the entry: blob, tree or commit.
func (e treeEntry) kind() string {
	switch e.mode {
	case "40000":
		return "tree"
	case "160000":
		return "commit"
	}
	return "blob"
}

// sizedEntry is a row of a tree with the size of its blob in bytes.
type sizedEntry struct {
	treeEntry
	size int
}

// listTree reads one tree (or the tree of a commit), with all below it when
// recursive; rows of folders are kept, as GitHub does. It reads no blob, so
// that it can list a large repository.
func (o *Objects) listTree(name string, recursive bool) (sha string, rows []sizedEntry, err error) {
	top, err := o.objects.read(name + "^{tree}")
	if err != nil {
		return "", nil, err
	}
	args := []string{"ls-tree", "-z", "-l", "--full-tree"}
	if recursive {
		args = append(args, "-r", "-t")
	}
	out, err := o.once(nil, append(args, top.sha)...)
	if err != nil {
		return "", nil, err
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		head, path, ok := strings.Cut(line, "\t")
		words := strings.Fields(head)
		if !ok || len(words) != 4 {
			continue // an empty tree
		}
		size, _ := strconv.Atoi(words[3]) // "-" for what is no blob
		rows = append(rows,
			sizedEntry{treeEntry{path: path, mode: strings.TrimPrefix(words[0], "0"), sha: words[2]}, size})
	}
	return top.sha, rows, nil
}

// tree reads the rows of one tree or of the tree of a commit.
func (o *Objects) tree(name string) (rows []treeEntry, err error) {
	obj, err := o.objects.read(name + "^{tree}")
	if err != nil {
		return nil, err
	}
	for rest := string(obj.data); rest != ""; {
		head, tail, ok := strings.Cut(rest, "\x00")
		mode, path, ok2 := strings.Cut(head, " ")
		if !ok || !ok2 || len(tail) < 20 {
			return nil, fmt.Errorf("read tree %s: bad object", name)
		}
		rows = append(rows, treeEntry{path: path, mode: mode, sha: hex.EncodeToString([]byte(tail[:20]))})
		rest = tail[20:]
	}
	return rows, nil
}

// entry finds one path in the tree of a commit.
func (o *Objects) entry(commit, path string) (treeEntry, error) {
	found := treeEntry{mode: "40000", sha: commit}
	for name := range strings.SplitSeq(path, "/") {
		if found.kind() != "tree" {
			return treeEntry{}, errNoObject{commit + ":" + path}
		}
		rows, err := o.tree(found.sha)
		if err != nil {
			return treeEntry{}, err
		}
		i := slices.IndexFunc(rows, func(e treeEntry) bool { return e.path == name })
		if i < 0 {
			return treeEntry{}, errNoObject{commit + ":" + path}
		}
		found = rows[i]
	}
	found.path = path
	return found, nil
}

// commitInfo is a commit's header and message.
type commitInfo struct {
	sha, tree, message string
	parents            []string
	author, committer  signature
}

type signature struct {
	name, email string
	when        time.Time
}

// commit reads the commit that name stands for, through tags.
func (o *Objects) commit(name string) (commitInfo, error) {
	obj, err := o.objects.read(name + "^{commit}")
	if err != nil {
		return commitInfo{}, err
	}
	head, message, _ := strings.Cut(string(obj.data), "\n\n")
	c := commitInfo{sha: obj.sha, message: strings.TrimSuffix(message, "\n")}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "tree":
			c.tree = value
		case "parent":
			c.parents = append(c.parents, value)
		case "author":
			c.author = parseSignature(value)
		case "committer":
			c.committer = parseSignature(value)
		}
	}
	return c, nil
}

// parseSignature reads "Name <email> seconds zone".
func parseSignature(s string) signature {
	name, rest, _ := strings.Cut(s, " <")
	email, stamp, _ := strings.Cut(rest, "> ")
	seconds, _, _ := strings.Cut(stamp, " ")
	unix, _ := strconv.ParseInt(seconds, 10, 64)
	return signature{name: name, email: email, when: time.Unix(unix, 0).UTC()}
}
