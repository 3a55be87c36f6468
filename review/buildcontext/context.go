// Package buildcontext knows which files of a repository a COPY can see: the tree, the place where the context starts,
// and the ignore file. It must never read a file: it is given the paths of the tree and the few contents that matter.
package buildcontext

import (
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/work"
)

// Context is a build context. The zero Context, as from Unknown, knows nothing. It belongs to one goroutine.
type Context struct {
	Dir string // where it starts, from the repository's root; "" is the root itself
	// work is the budget of the file whose context this is: what looks at many paths charges it.
	work *work.Budget
	owed int // units that finding out about this context has cost, which no budget was charged with yet

	known      bool
	stated     bool     // by a build of the repository
	several    bool     // builds state further folders
	fits       bool     // every file is there that the Dockerfile names
	asked      bool     // see Asked
	used       bool     // see Used
	targets    []string // that builds in it make; "" for one without a target, nil where any may be made
	limit      Limit
	above      func() *Context
	prefix     string   // of the paths in the context: Dir and a slash, or nothing
	paths      []string // of the tree below Dir, sorted, from the repository's root
	tree       *Tree
	ignoreFile string              // from the repository's root; "" if there is none
	guess      *Context            // of an unknown context: where it starts most likely
	likely     [2]*Context         // see Likely
	named      map[string]*Context // see Named
	view       *view               // of a known context; nil for others

	// What was worked out and is asked for again, by rules and by proofs.
	called  map[string]map[string]string // see byCalled
	calls   int                          // files in called
	answers map[question][]string
	kept    int // files in answers
	copies  copies
}

// Unknown is the context of a Dockerfile of whose surroundings nothing is known.
func Unknown() *Context { return &Context{} }

// SetWork gives the context the budget that looking at it charges.
func (c *Context) SetWork(b *work.Budget) {
	for ; c != nil; c = c.guess {
		c.work = b
	}
}

// charge is SetWork for a context that was just worked out. The first file that asks for what is shared pays for it.
func (c *Context) charge(b *work.Budget) {
	owed := c.owed
	c.owed = 0
	c.SetWork(b)
	b.Charge(owed)
}

// Charge charges the budget of the file whose context this is.
func (c *Context) Charge(units int) { c.work.Charge(units) }

// Known reports whether the tree is complete, the ignore file was read, and the place where the context
// starts is certain enough to say that a file is in it or not.
func (c *Context) Known() bool {
	c.used = true
	return c.known
}

// Limit is a bound of this package that keeps a context unknown.
type Limit uint8

const (
	NoLimit      Limit = iota
	IgnoreLimit        // the ignore file has too many patterns, or too long ones, for so many files
	SourcesLimit       // the Dockerfile copies too many files, for the depth of its folder
)

// Limit returns the bound that keeps the context unknown.
func (c *Context) Limit() Limit { return c.limit }

// maxPlaces bounds the folders in which a context may start times the sources that are looked for from there.
const maxPlaces = 100_000

// New works out the context of a Dockerfile in a tree: the one that the repository's builds state. Where none does, it
// starts at the Dockerfile's folder or at one of the folders above it: the nearest from which every file that a COPY or
// ADD names can be found. Where none fits, the context is unknown.
func New(tree *Tree, f *dockerfile.File) *Context {
	if tree == nil || tree.Partial {
		return Unknown()
	}
	sources := localSources(f)
	if (1+strings.Count(f.Path, "/"))*len(sources) > maxPlaces {
		return &Context{limit: SourcesLimit}
	}
	var c *Context
	if dirs := tree.folders(f); len(dirs) > 0 {
		f.Charge(len(dirs) * (1 + len(sources)))
		c = stated(tree, dirs, f.Path, sources)
	} else {
		c = nearest(tree, path.Dir(f.Path), f.Path, sources)
	}
	c.charge(f.Work)
	c.named = tree.named(f)
	return c
}

// Since returns the context of a Dockerfile before and after a change; either may be unknown. was is the Dockerfile in
// the tree before, now what it has become in the tree after. They may be the same.
//
// A change that takes away what a COPY names does not move the place where the context starts: that is the place of
// before, unless now names files that it did not name before and that are not there.
func Since(before, after *Tree, was, now *dockerfile.File) (old, young *Context) {
	old, young = New(before, was), New(after, now)
	moved := path.Dir(was.Path) != path.Dir(now.Path)
	if !young.known && !moved && young.limit == NoLimit {
		young.likely = likely(before, after, old, was, now)
	}
	switch {
	case !old.known, young.stated, young.limit != NoLimit, after == nil || after.Partial,
		young.known && young.Dir == old.Dir,
		moved && old.Dir == folderOf(was.Path): // which it may have taken along
		return old, young
	}
	there, copied, sources := at(after, old.Dir, now.Path), localSources(was), localSources(now)
	for _, s := range sources {
		if !there.exists(clean(s)) && !slices.Contains(copied, s) {
			return old, young
		}
	}
	kept := there.look(above(after, old.Dir, now.Path, sources))
	kept.charge(now.Work)
	kept.named = young.named
	return old, kept
}

// folderOf is the folder of a file, "" for the root.
func folderOf(p string) string { return strings.TrimPrefix(path.Dir("/"+p), "/") }

// nearest returns the context that starts at dir or at the nearest folder above it from which all
// sources can be found.
func nearest(tree *Tree, dir, dockerfilePath string, sources []string) *Context {
	var guess *Context
	most := -1
	for {
		if dir == "." {
			dir = ""
		}
		c := at(tree, dir, dockerfilePath)
		n := c.count(sources)
		if n == len(sources) {
			c.fits = true
			return c.look(above(tree, dir, dockerfilePath, sources))
		}
		if n > most {
			guess, most = c, n
		}
		if dir == "" {
			return &Context{guess: guess}
		}
		dir = path.Dir(dir)
	}
}

// above finds the nearest context above dir, see Above.
func above(tree *Tree, dir, dockerfilePath string, sources []string) func() *Context {
	return func() *Context {
		if dir == "" {
			return Unknown()
		}
		return nearest(tree, path.Dir(dir), dockerfilePath, sources)
	}
}

// look makes the context a known one, if it can be known what its ignore file hides.
func (c *Context) look(above func() *Context) *Context {
	v, cost := c.tree.views.of(c)
	if v.err != nil {
		unknown := &Context{guess: c, ignoreFile: c.ignoreFile, owed: cost, fits: c.fits}
		if errors.Is(v.err, errLimit) {
			unknown.limit = IgnoreLimit
		}
		return unknown
	}
	c.view, c.known, c.above, c.owed = v, true, sync.OnceValue(above), cost
	return c
}

// Above returns the next larger context from which everything can be found that the Dockerfile
// names, or the next that a build states; one that knows nothing if there is none. A Dockerfile that only copies `.`
// may be built from its own folder or from any above it.
func (c *Context) Above() *Context {
	if c.above == nil {
		return Unknown()
	}
	larger := c.above()
	larger.charge(c.work)
	return larger
}

// Guess returns the context that starts where most of the files are that a COPY or ADD names; of a
// known context itself, and nil where there is no tree to look at.
func (c *Context) Guess() *Context {
	c.used = true
	if c.known {
		return c
	}
	return c.guess
}

// at makes the context that starts at dir, of a Dockerfile or, without one, a named context.
func at(tree *Tree, dir, dockerfilePath string) *Context {
	c := &Context{Dir: dir, tree: tree}
	if dir != "" {
		c.prefix = dir + "/"
	}
	c.paths = tree.below(c.prefix)
	c.ignoreFile = c.ignoreFileOf(dockerfilePath)
	return c
}

// ignoreFileOf returns the path of the Dockerfile's own ignore file, or else of the context's; "" if there is none. A
// named context, which has no Dockerfile, has only the second
// (https://docs.docker.com/build/concepts/context/#filename-and-location).
func (c *Context) ignoreFileOf(dockerfilePath string) string {
	all := []string{path.Join(c.Dir, ".dockerignore")}
	if dockerfilePath != "" {
		all = []string{dockerfilePath + ".dockerignore", all[0]}
	}
	for _, p := range all {
		_, read := c.tree.Contents[p]
		if _, there := slices.BinarySearch(c.tree.sorted, p); read || there {
			return p
		}
	}
	return ""
}

// IgnoreFiles returns the paths, from the repository's root, at which an ignore file for the
// Dockerfile may be: what must be read before New is called.
func IgnoreFiles(dockerfilePath string) []string {
	all := []string{dockerfilePath + ".dockerignore"}
	for dir := path.Dir(dockerfilePath); ; dir = path.Dir(dir) {
		if dir == "." {
			return append(all, ".dockerignore")
		}
		all = append(all, dir+"/.dockerignore")
	}
}

// localSources lists the sources of COPY and ADD that must be in the context: literal ones only.
func localSources(f *dockerfile.File) []string {
	var all []string
	seen := map[string]bool{}
	for _, in := range f.Instructions() {
		for _, s := range Sources(in) {
			if s.Local && s.Path.Known && !Wildcard(s.Path.Text) && !seen[s.Path.Text] {
				seen[s.Path.Text] = true
				all = append(all, s.Path.Text)
			}
		}
	}
	return all
}

// Wildcard reports whether a COPY source is a pattern.
func Wildcard(source string) bool { return strings.ContainsAny(source, "*?[") }

// count counts the sources that are files or folders of the tree.
func (c *Context) count(sources []string) int {
	n := 0
	for _, s := range sources {
		if c.exists(clean(s)) {
			n++
		}
	}
	return n
}

// clean makes a COPY source relative to the context's root, "" for the root itself.
func clean(p string) string {
	p = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(p, `\`, "/")), "/")
	return p
}

// exists reports whether p is a file or folder of the tree, ignored or not.
func (c *Context) exists(p string) bool {
	return p == "" || c.isFile(p) || len(withPrefix(c.paths, c.prefix+p+"/")) > 0
}

func (c *Context) isFile(p string) bool {
	_, ok := slices.BinarySearch(c.paths, c.prefix+p)
	return ok
}

// Has reports whether the file is in the context: in the tree and not ignored. The path is
// relative to the context's root.
func (c *Context) Has(p string) bool {
	c.asked = true
	if c.view == nil {
		return false
	}
	_, ok := slices.BinarySearch(c.view.files, clean(p))
	return ok
}

// Ignored reports whether the ignore file hides the path.
func (c *Context) Ignored(p string) bool {
	c.asked = true
	return c.view != nil && c.view.patterns.walk().ignored(clean(p))
}

// Read returns the contents of a file of the context, false where they were not read.
func (c *Context) Read(p string) ([]byte, bool) {
	c.asked = true
	if c.tree == nil {
		return nil, false
	}
	b, ok := c.tree.Contents[path.Join(c.Dir, clean(p))]
	return b, ok
}

// Folder reports whether the path is a folder of the tree, ignored or not. The path is relative to
// the context's root.
func (c *Context) Folder(p string) bool {
	c.asked = true
	p = clean(p)
	return c.tree != nil && (p == "" || len(withPrefix(c.paths, c.prefix+p+"/")) > 0)
}

// History reports whether the context holds the repository's own history: .git at its root, which
// every clone has and no tree lists. It may be ignored.
func (c *Context) History() bool {
	c.used = true
	return c.tree != nil && !c.tree.NoClone && c.Dir == ""
}

// Beside reports whether the repository has the path outside of the context. The path is relative to the context's
// root, and leads out of it.
func (c *Context) Beside(p string) bool {
	c.asked = true
	full := path.Join(c.Dir, p)
	return c.tree != nil && full != ".." && !strings.HasPrefix(full, "../") && c.tree.has(full)
}

// IgnoreFile returns the path, from the repository's root, of the ignore file that speaks for the
// Dockerfile; "" if there is none.
func (c *Context) IgnoreFile() string {
	c.used = true
	return c.ignoreFile
}

// IgnoreFileRead reports whether the ignore file's contents are known and could be read.
func (c *Context) IgnoreFileRead() bool { return c.ignoreFile != "" && c.view != nil }

// Exists reports whether the path, relative to the context's root, is a file or folder of the
// tree, ignored or not.
func (c *Context) Exists(p string) bool {
	c.asked = true
	return c.tree != nil && c.exists(clean(p))
}
