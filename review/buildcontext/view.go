package buildcontext

import (
	"strings"
	"sync"

	"github.com/moby/patternmatcher"
)

// Bounds of what ignore files and COPYs cost, which come from the pull request as the tree does. A context beyond
// them is unknown.
const (
	// maxPatterns is the most patterns of one ignore file. Of those that people write few have a hundred.
	maxPatterns = 1000
	// maxWork bounds the comparisons of a path with a pattern for all contexts of a tree; it is seconds. A
	// hundred thousand files and an ignore file of fifty patterns, half of them with wildcards, take a fifth of it.
	maxWork = 500_000_000
	// maxReach bounds the sources of a Dockerfile's COPYs times the paths of the tree: each rule that looks at
	// what they take may look at all. Fifty sources may take from a hundred thousand files.
	maxReach = 5_000_000
	// wildcard is how many plain comparisons one with a wildcard costs.
	wildcard = 40
)

// views are what can be seen of a tree in each context of it, worked out once for all Dockerfiles.
type views struct {
	mu   sync.Mutex
	by   map[[2]string]*view // by folder and ignore file
	work int
}

// view is the files of a context, relative to its folder, without the ignored ones.
type view struct {
	files      func() []string
	affordable bool
}

// look gives the context its view. It reports false where the ignore file would cost too much.
func (v *views) look(c *Context) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := [2]string{c.Dir, c.ignoreFile}
	found := v.by[key]
	if found == nil {
		cost := c.cost()
		found = &view{affordable: v.work+cost <= maxWork, files: sync.OnceValue(c.notIgnored)}
		if found.affordable {
			v.work += cost
		}
		if v.by == nil {
			v.by = map[[2]string]*view{}
		}
		v.by[key] = found
	}
	c.visible = found.files
	return found.affordable
}

// cost is how many comparisons it takes to find out what is ignored.
func (c *Context) cost() int {
	if c.ignore == nil {
		return 0
	}
	each := 0
	for _, p := range c.ignore.Patterns() {
		each++
		if strings.ContainsAny(strings.TrimSuffix(strings.TrimPrefix(p.String(), "**/"), "/**"), "*?[") {
			each += wildcard
		}
	}
	return each * len(c.paths)
}

// notIgnored works out what the ignore file leaves. What it says of a folder is worked out once for all that
// is in it.
func (c *Context) notIgnored() []string {
	var out []string
	from := walk{ignore: c.ignore}
	for _, p := range c.paths {
		if f := p[len(c.prefix):]; !from.ignored(f) {
			out = append(out, f)
		}
	}
	return out
}

// walk goes over sorted paths and keeps what the patterns say of the folders on the way to the last one. BuildKit does the
// same (fsutil's filter): where patterns contradict each other, another order of asking gives another answer.
type walk struct {
	ignore *patternmatcher.PatternMatcher // nil ignores nothing
	names  []string                       // of the folders, each from the root
	infos  []patternmatcher.MatchInfo
}

func (w *walk) ignored(file string) bool {
	if w.ignore == nil {
		return false
	}
	for len(w.names) > 0 && !strings.HasPrefix(file, w.names[len(w.names)-1]+"/") {
		w.names, w.infos = w.names[:len(w.names)-1], w.infos[:len(w.infos)-1]
	}
	from := 0
	if len(w.names) > 0 {
		from = len(w.names[len(w.names)-1]) + 1
	}
	for i := from; i < len(file); i++ {
		if file[i] == '/' {
			_, info, err := w.ignore.MatchesUsingParentResults(file[:i], w.last())
			if err != nil {
				return true
			}
			w.names, w.infos = append(w.names, file[:i]), append(w.infos, info)
		}
	}
	hidden, _, err := w.ignore.MatchesUsingParentResults(file, w.last())
	return err != nil || hidden
}

// last is what is known of the innermost folder.
func (w *walk) last() patternmatcher.MatchInfo {
	if len(w.infos) == 0 {
		return patternmatcher.MatchInfo{}
	}
	return w.infos[len(w.infos)-1]
}
