package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/review/forecast"
)

// Merge is one step of a first-parent history: a commit, and what it changes of its first parent.
type Merge struct {
	Hash, Subject string
	Time          time.Time
	Changed       []string // paths that are not the same on both sides
	// Before and After list the files that are not the same on both sides, the folders above those, and the files that
	// a pattern may count with them. What a build takes of them is the same on both sides if and only if that is so of
	// all files. Every file has its ID and its text.
	Before, After *forecast.Tree

	parent string
}

// Range is which commits of the first-parent history of HEAD count.
type Range struct {
	Last  int       // at most so many, the newest
	Since time.Time // only those that are not older; zero for no such bound
}

// batch is of how many commits git compares the files at once.
const batch = 50

// Merges visits the steps of a first-parent history, the newest first. The trees of a Merge hold during the visit only.
// The first commit of a history, which has no parent, is left out.
func Merges(ctx context.Context, repo git.Repo, r Range, visit func(i, of int, m *Merge) error) error {
	all, err := firstParents(ctx, repo, r)
	if err != nil || len(all) == 0 {
		return err
	}
	head, err := Open(ctx, repo, all[0].Hash)
	if err != nil {
		return err
	}
	defer head.Close()
	past := newPast(head)
	for start := 0; start < len(all); start += batch {
		some := all[start:min(start+batch, len(all))]
		changes, err := compare(ctx, repo, some)
		if err != nil {
			return err
		}
		for i, m := range some {
			past.show(m, changes[i])
			if err := visit(start+i, len(all), m); err != nil {
				return err
			}
			past.undo(changes[i])
		}
	}
	return nil
}

// firstParents lists the commits that count.
func firstParents(ctx context.Context, repo git.Repo, r Range) (all []*Merge, err error) {
	args := []string{"rev-list", "--first-parent", "--format=%H%x00%P%x00%ct%x00%s",
		"--max-count=" + strconv.Itoa(r.Last)}
	if !r.Since.IsZero() {
		args = append(args, "--since="+strconv.FormatInt(r.Since.Unix(), 10))
	}
	out, err := repo.Output(ctx, nil, append(args, "--end-of-options", "HEAD")...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(out)) {
		words := strings.SplitN(strings.TrimSuffix(line, "\n"), "\x00", 4)
		if len(words) != 4 || words[1] == "" {
			continue
		}
		seconds, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("git rev-list: unexpected time %q", words[2])
		}
		parent, _, _ := strings.Cut(words[1], " ")
		all = append(all, &Merge{Hash: words[0], Subject: words[3], Time: time.Unix(seconds, 0).UTC(), parent: parent})
	}
	return all, nil
}

// change is what became of one path.
type change struct {
	path     string
	was, now entry // without a mode where there is no file
}

// compare lists for each commit what it changes of its first parent.
func compare(ctx context.Context, repo git.Repo, some []*Merge) ([][]change, error) {
	var ask strings.Builder
	for _, m := range some {
		fmt.Fprintf(&ask, "%s %s\n", m.Hash, m.parent)
	}
	out, err := repo.Output(ctx, []byte(ask.String()), "diff-tree", "--stdin", "-r", "-z", "--no-renames", "--always")
	if err != nil {
		return nil, err
	}
	changes, at := make([][]change, len(some)), -1
	words := bytes.Split(out, []byte{0})
	for i := 0; i < len(words); i++ {
		about := string(words[i])
		switch {
		case at+1 < len(some) && about == some[at+1].Hash:
			at++
		case about == "":
		case at >= 0 && strings.HasPrefix(about, ":") && i+1 < len(words):
			i++
			changes[at] = append(changes[at], changed(about, string(words[i])))
		default:
			return nil, fmt.Errorf("git diff-tree: unexpected answer %q", about)
		}
	}
	if at != len(some)-1 {
		return nil, errors.New("git diff-tree: it did not answer for every commit")
	}
	return changes, nil
}

// changed reads what git says of one path: ":MODE MODE BLOB BLOB LETTER".
func changed(about, p string) change {
	c := change{path: p}
	if words := strings.Fields(strings.TrimPrefix(about, ":")); len(words) == 5 {
		c.was, c.now = entry{words[0], words[2]}, entry{words[1], words[3]}
	}
	for _, e := range []*entry{&c.was, &c.now} {
		if e.mode == "000000" {
			*e = entry{}
		}
	}
	return c
}

// past is the files of a commit, from which a walk goes back.
type past struct {
	entries map[string]entry
	folders map[string]int             // how many files are below each
	named   map[string]map[string]bool // paths by their last names
	texts   *texts
}

func newPast(c *Commit) *past {
	s := &past{entries: map[string]entry{}, folders: map[string]int{}, named: map[string]map[string]bool{},
		texts: c.texts}
	for p, e := range c.entries {
		s.put(p, e)
	}
	return s
}

// put adds or replaces a file, or takes it away for an empty entry.
func (s *past) put(p string, e entry) {
	_, there := s.entries[p]
	n := 0
	switch {
	case e.mode == "" && there:
		n = -1
		delete(s.entries, p)
		delete(s.named[path.Base(p)], p)
	case e.mode != "":
		s.entries[p] = e
		if there {
			return
		}
		n = 1
		name := path.Base(p)
		if s.named[name] == nil {
			s.named[name] = map[string]bool{}
		}
		s.named[name][p] = true
	}
	for dir := path.Dir(p); dir != "." && n != 0; dir = path.Dir(dir) {
		s.folders[dir] += n
	}
}

// undo makes the commit's files those of its parent.
func (s *past) undo(changes []change) {
	for _, c := range changes {
		s.put(c.path, c.was)
	}
}

// show gives a commit its trees; the files are the commit's.
func (s *past) show(m *Merge, changes []change) {
	was, folders, near := map[string]entry{}, map[string]int{}, map[string]bool{}
	for _, c := range changes {
		m.Changed = append(m.Changed, c.path)
		was[c.path] = c.was
		grown := 0
		if c.was.mode == "" || c.now.mode == "" {
			grown = 1
			if c.was.mode != "" {
				grown = -1
			}
			maps.Copy(near, s.named[path.Base(c.path)])
		}
		for dir := path.Dir(c.path); dir != "."; dir = path.Dir(dir) {
			folders[dir] += grown
		}
	}
	after := func(p string) entry { return s.entries[p] }
	before := func(p string) entry {
		if e, changed := was[p]; changed {
			return e
		}
		return s.entries[p]
	}
	for p := range was {
		near[p] = true
	}
	m.After = s.tree(after, near, folders, func(dir string) int { return s.folders[dir] })
	m.Before = s.tree(before, near, folders, func(dir string) int { return s.folders[dir] - folders[dir] })
}

// tree is the files that find knows. It lists those that are near, and the folders with files below them.
func (s *past) tree(
	find func(string) entry, near map[string]bool, folders map[string]int, holds func(dir string) int,
) *forecast.Tree {
	var paths []string
	for p := range near {
		if find(p).mode != "" {
			paths = append(paths, p)
		}
	}
	for dir := range folders {
		if holds(dir) > 0 {
			paths = append(paths, dir+"/")
		}
	}
	slices.Sort(paths)
	t := s.texts.tree(find, paths)
	return &t
}
