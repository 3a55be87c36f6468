package buildcontext

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/moby/patternmatcher/ignorefile"
)

// Bounds of what can be seen in all contexts of a tree together. Like the tree, ignore files come from the pull
// request.
const (
	// maxWork is about how many names are compared to find out what ignore files hide; it is most of a second. A
	// hundred thousand files and an ignore file of fifty patterns, half of them with wildcards, take a tenth of it.
	maxWork = 100_000_000
	// maxVisible is how many files are listed.
	maxVisible = 5_000_000
)

// errLimit reports an ignore file that is beyond one of the bounds.
var errLimit = errors.New("too much work")

// views are what can be seen of a tree in each context of it, worked out once for all Dockerfiles.
type views struct {
	mu      sync.Mutex
	by      map[[2]string]*view // by folder and ignore file
	work    int
	visible int
}

// view is what can be seen in a context.
type view struct {
	patterns patterns // of the ignore file
	files    []string // relative to the context's folder, without the ignored ones, sorted
	err      error    // why that is not known
}

// of returns the view of the context, and what it has cost to work it out now, in units of work.
func (v *views) of(c *Context) (*view, int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := [2]string{c.Dir, c.ignoreFile}
	found := v.by[key]
	before := v.work
	if found == nil {
		found = v.look(c)
		if v.by == nil {
			v.by = map[[2]string]*view{}
		}
		v.by[key] = found
	}
	return found, v.work - before
}

// look works the view of the context out.
func (v *views) look(c *Context) *view {
	found := &view{}
	if found.patterns, found.err = c.patterns(); found.err != nil {
		return found
	}
	found.files = make([]string, 0, len(c.paths))
	from := found.patterns.walk()
	for _, p := range c.paths {
		if v.work+from.cost > maxWork || v.visible+len(found.files) > maxVisible {
			v.work += from.cost
			return &view{err: errLimit}
		}
		if f := p[len(c.prefix):]; !from.ignored(f) {
			found.files = append(found.files, f)
		}
	}
	v.work += from.cost
	v.visible += len(found.files)
	return found
}

// errUnread reports an ignore file whose contents are not known.
var errUnread = errors.New("the ignore file was not read")

// patterns reads the ignore file of the context.
func (c *Context) patterns() (patterns, error) {
	if c.ignoreFile == "" {
		return nil, nil
	}
	data, ok := c.tree.Contents[c.ignoreFile]
	if !ok {
		return nil, errUnread
	}
	lines, err := ignorefile.ReadAll(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return compilePatterns(lines)
}

// IgnoredBy returns the 1-based line of the ignore file that hides the file, 1 if no line does so on its own.
func (c *Context) IgnoredBy(p string) int {
	lines := bytes.Split(c.tree.Contents[c.ignoreFile], []byte("\n"))
	c.Charge(100 * len(lines))
	for i, line := range slices.Backward(lines) {
		read, err := ignorefile.ReadAll(bytes.NewReader(line))
		if err != nil || len(read) != 1 || strings.HasPrefix(read[0], "!") {
			continue
		}
		if alone, err := compilePatterns(read); err == nil && alone.walk().ignored(clean(p)) {
			return i + 1
		}
	}
	return 1
}

// patterns are the lines of an ignore file, in order.
type patterns []pattern

// walk goes over sorted paths and keeps what the patterns say of the folders on the way to the last one. BuildKit does
// the same (fsutil's filter): where patterns contradict each other, another order of asking gives another answer.
type walk struct {
	patterns patterns
	names    []string  // of the folders, each from the root
	below    [][]alive // the patterns to be asked in the root and in each of the folders
	cost     int       // of it all, in about ten nanoseconds
	// lastExclusion is the last pattern that lets files through; once a later one hides a file, it is hidden.
	lastExclusion int
}

// alive is a pattern that says something of what is in a folder, or may do so further down.
type alive struct {
	pattern   int
	exclusion bool
	all       bool   // it matches the folder, and so all that is in it
	reaches   bool   // it may match a name in the folder
	first     byte   // see pattern.reach
	state     uint64 // see pattern.start
}

// walk begins a walk at the root of the context.
func (ps patterns) walk() *walk {
	w := &walk{patterns: ps, lastExclusion: -1}
	root := make([]alive, len(ps))
	for i := range ps {
		root[i] = alive{pattern: i, exclusion: ps[i].exclusion, state: ps[i].start()}
		root[i].reaches, root[i].first = ps[i].reach(root[i].state)
		if ps[i].exclusion {
			w.lastExclusion = i
		}
	}
	w.below = [][]alive{root}
	return w
}

func (w *walk) ignored(file string) bool {
	if len(w.patterns) == 0 {
		return false
	}
	for len(w.names) > 0 && !below(file, w.names[len(w.names)-1]) {
		w.names, w.below = w.names[:len(w.names)-1], w.below[:len(w.below)-1]
	}
	from := 0
	if len(w.names) > 0 {
		from = len(w.names[len(w.names)-1]) + 1
	}
	for i := from; i < len(file); i++ {
		if file[i] == '/' {
			w.enter(file[from:i], file[:i])
			from = i + 1
		}
	}
	return w.hidden(file[from:], file)
}

// below reports whether the file is in the folder, or in one below it.
func below(file, folder string) bool {
	return len(file) > len(folder) && file[len(folder)] == '/' && strings.HasPrefix(file, folder)
}

// enter goes into a folder: it asks each pattern of it that applies there, and keeps those that may match further down.
func (w *walk) enter(name, path string) {
	hidden := false
	var kept []alive
	here := w.below[len(w.below)-1]
	w.cost += 1 + len(here)
	for _, a := range here {
		p := &w.patterns[a.pattern]
		if !a.all {
			a.all = w.ask(&a, hidden, name, path)
			next, cost := p.step(a.state, name)
			a.state, w.cost = next, w.cost+cost
			a.reaches, a.first = p.reach(next)
		}
		if a.all {
			hidden = !a.exclusion
		}
		if a.all || a.state != 0 {
			kept = append(kept, a)
		}
		if hidden && a.pattern > w.lastExclusion {
			break // with all that is in it
		}
	}
	w.names, w.below = append(w.names, path), append(w.below, kept)
}

// hidden asks the patterns of a file in the folder that was entered last.
func (w *walk) hidden(name, path string) bool {
	hidden := false
	here := w.below[len(w.below)-1]
	w.cost += 1 + len(here)/4
	for i := range here {
		a := &here[i]
		if a.all || w.ask(a, hidden, name, path) {
			hidden = !a.exclusion
		}
		if hidden && a.pattern > w.lastExclusion {
			break
		}
	}
	return hidden
}

// ask reports whether the pattern matches the name in its folder. One that would not change the answer is not asked,
// and so is not known to match all that is below: that is BuildKit's way.
func (w *walk) ask(a *alive, hidden bool, name, path string) bool {
	if !a.reaches || a.exclusion != hidden || a.first != 0 && name != "" && a.first != name[0] {
		return false
	}
	match, cost := w.patterns[a.pattern].matches(name, path)
	w.cost += cost
	return match
}
