// Package buildcontext knows which files of a repository a COPY can see: the tree, the place
// where the context starts, and the ignore file. It reads nothing itself; it is given the paths
// of the tree and the few contents that matter.
package buildcontext

import (
	"errors"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/work"
)

// Tree is what is known of the repository at one commit.
type Tree struct {
	Paths    []string          // every file, slash-separated from the root
	Partial  bool              // paths are missing
	NoClone  bool              // a plain folder: no .git stands at its root
	Contents map[string][]byte // of the files that were read

	once   sync.Once
	sorted []string
	views  views
	built  func() map[string]bool // see builtNames
}

// sort makes what all contexts of the tree need.
func (t *Tree) sort() {
	t.once.Do(func() {
		t.sorted = slices.Sorted(slices.Values(t.Paths))
		t.built = sync.OnceValue(func() map[string]bool { return builtNames(t.sorted) })
	})
}

// below returns the sorted paths that begin with the prefix.
func (t *Tree) below(prefix string) []string {
	t.sort()
	return withPrefix(t.sorted, prefix)
}

// withPrefix returns the part of the sorted paths that begins with the prefix.
func withPrefix(sorted []string, prefix string) []string {
	start, _ := slices.BinarySearch(sorted, prefix)
	n := sort.Search(len(sorted)-start, func(i int) bool { return !strings.HasPrefix(sorted[start+i], prefix) })
	return sorted[start : start+n]
}

// Context is a build context. The zero Context, as from Unknown, knows nothing. It belongs to one goroutine.
type Context struct {
	Dir string // where it starts, from the repository's root; "" is the root itself
	// work is the budget of the file whose context this is: what looks at many paths charges it.
	work *work.Budget
	owed int // units that finding out about this context has cost, which nobody was charged with yet

	known      bool
	limit      Limit
	above      func() *Context
	prefix     string   // of the paths in the context: Dir and a slash, or nothing
	paths      []string // of the tree below Dir, sorted, from the repository's root
	tree       *Tree
	ignoreFile string   // from the repository's root; "" where there is none
	guess      *Context // of an unknown context: where it starts most likely
	view       *view    // of a known context; nil for others

	// What was worked out and is asked for again, by rules and by proofs.
	matches map[string][]string          // by source with wildcards
	matched int                          // files in matches
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

// settle is SetWork for a context that was just found out about. The first file that asks for what is shared pays for it.
func (c *Context) settle(b *work.Budget) {
	owed := c.owed
	c.owed = 0
	c.SetWork(b)
	b.Charge(owed)
}

// Charge charges the budget of the file whose context this is.
func (c *Context) Charge(units int) { c.work.Charge(units) }

// Known reports whether the tree is complete, the ignore file was read, and the place where the context
// starts is certain enough to say that a file is in it or not.
func (c *Context) Known() bool { return c.known }

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

// New works out the context of a Dockerfile in a tree. It starts at the Dockerfile's folder or
// at one of the folders above it: the nearest from which every file that a COPY or ADD names can
// be found. Where none fits, the context is unknown.
func New(tree *Tree, f *dockerfile.File) *Context {
	if tree == nil || tree.Partial {
		return Unknown()
	}
	sources := localSources(f)
	if (1+strings.Count(f.Path, "/"))*len(sources) > maxPlaces {
		return &Context{limit: SourcesLimit}
	}
	c := nearest(tree, path.Dir(f.Path), f.Path, sources)
	c.settle(f.Work)
	return c
}

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
			return c.look(func() *Context {
				if dir == "" {
					return Unknown()
				}
				return nearest(tree, path.Dir(dir), dockerfilePath, sources)
			})
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

// look makes the context a known one, if it can be known what its ignore file hides.
func (c *Context) look(above func() *Context) *Context {
	v, cost := c.tree.views.of(c)
	if v.err != nil {
		unknown := &Context{guess: c, ignoreFile: c.ignoreFile, owed: cost}
		if errors.Is(v.err, errLimit) {
			unknown.limit = IgnoreLimit
		}
		return unknown
	}
	c.view, c.known, c.above, c.owed = v, true, sync.OnceValue(above), cost
	return c
}

// Above returns the next larger context from which everything can be found that the Dockerfile
// names; one that knows nothing where there is none. A Dockerfile that only copies `.` may be built
// from its own folder or from any above it.
func (c *Context) Above() *Context {
	if c.above == nil {
		return Unknown()
	}
	larger := c.above()
	larger.settle(c.work)
	return larger
}

// Guess returns the context that starts where most of the files are that a COPY or ADD names; of a
// known context itself, and nil where there is no tree to look at.
func (c *Context) Guess() *Context {
	if c.known {
		return c
	}
	return c.guess
}

// at makes the context that starts at dir.
func at(tree *Tree, dir, dockerfilePath string) *Context {
	c := &Context{Dir: dir, tree: tree}
	if dir != "" {
		c.prefix = dir + "/"
	}
	c.paths = tree.below(c.prefix)
	c.ignoreFile = c.ignoreFileOf(dockerfilePath)
	return c
}

// ignoreFileOf returns the path of the Dockerfile's own ignore file, or else of the context's; "" where there is none
// (https://docs.docker.com/build/concepts/context/#filename-and-location).
func (c *Context) ignoreFileOf(dockerfilePath string) string {
	for _, p := range []string{dockerfilePath + ".dockerignore", path.Join(c.Dir, ".dockerignore")} {
		_, read := c.tree.Contents[p]
		if _, there := slices.BinarySearch(c.tree.sorted, p); read || there {
			return p
		}
	}
	return ""
}

// IgnoreFiles returns the paths, from the repository's root, at which an ignore file for the
// Dockerfile may stand: what must be read before New is called.
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
	if c.view == nil {
		return false
	}
	_, ok := slices.BinarySearch(c.view.files, clean(p))
	return ok
}

// Ignored reports whether the ignore file hides the path.
func (c *Context) Ignored(p string) bool {
	return c.view != nil && c.view.patterns.walk().ignored(clean(p))
}

// Match returns the files of the context that a COPY source takes: itself, all below it where it
// is a folder, or what the wildcard matches. Ignored files are left out. The list is not to be changed.
func (c *Context) Match(source string) []string {
	if c.view == nil {
		return nil
	}
	src, files := clean(source), c.view.files
	switch {
	case src == "":
		return files
	case Wildcard(src):
		return c.wild(src)
	}
	if i, ok := slices.BinarySearch(files, src); ok {
		return files[i : i+1]
	}
	return withPrefix(files, src+"/")
}

// Where returns the first files, at most so many, of those that a COPY source takes for which test holds. The key stands for the
// test: what was asked before is not worked out again. The list is not to be changed.
func (c *Context) Where(source string, key any, most int, test func(file string) bool) []string {
	asked := question{clean(source), key}
	if known, ok := c.answers[asked]; ok {
		return known
	}
	files := c.Match(source)
	c.Charge(1 + lookCost*len(files))
	var out []string
	for _, f := range files {
		if len(out) == most {
			break
		}
		if test(f) {
			out = append(out, f)
		}
	}
	c.keep(asked, out)
	return out
}

// namesOf is what Names asks.
type namesOf struct{}

func (c *Context) keep(asked question, files []string) {
	if c.kept += 1 + len(files); c.answers == nil || c.kept > maxKept {
		c.answers, c.kept = map[question][]string{}, len(files)
	}
	c.answers[asked] = files
}

// question is what the context was asked of a source.
type question struct {
	source string
	key    any
}

const (
	// lookCost is what a file costs that is looked at in units of work.
	lookCost = 8
	// maxKept bounds the files that are kept of earlier answers, each of a kind.
	maxKept = 500_000
)

// wild returns the files that a source with wildcards takes. Each of its rules asks for the same again.
func (c *Context) wild(src string) []string {
	if out, ok := c.matches[src]; ok {
		return out
	}
	var out []string
	names := strings.Count(src, "/") + 1
	part, taken := "", false // what the last file had in common with the source, and whether the source takes it
	among := withPrefix(c.view.files, src[:strings.IndexAny(src, "*?[")])
	c.work.Charge(len(among))
	for _, f := range among {
		start, ok := firstNames(f, names)
		if !ok {
			continue
		}
		if start != part {
			c.work.Charge(1 + len(src)*len(start)/8)
			part, taken = start, takes(src, start)
		}
		if taken {
			out = append(out, f)
		}
	}
	if c.matched += len(out); c.matches == nil || c.matched > maxKept {
		c.matches, c.matched = map[string][]string{}, len(out)
	}
	c.matches[src] = out
	return out
}

// firstNames cuts the path of a file off behind its first n names; false where it has fewer.
func firstNames(file string, n int) (string, bool) {
	end := -1
	for range n {
		if end == len(file) {
			return "", false
		}
		if next := strings.IndexByte(file[end+1:], '/'); next >= 0 {
			end += 1 + next
		} else {
			end = len(file)
		}
	}
	return file[:end], true
}

// takes reports whether the source with wildcards, as path.Match knows them, takes the file or folder itself.
func takes(src, start string) bool {
	ok, err := path.Match(src, start)
	return ok && err == nil || src == start
}

// covers reports whether the source takes the file: by its own name or by that of a folder above it.
func covers(src, file string) bool {
	if !Wildcard(src) {
		return src == "" || strings.HasPrefix(file, src) && (len(file) == len(src) || file[len(src)] == '/')
	}
	start, ok := firstNames(file, strings.Count(src, "/")+1)
	return ok && takes(src, start)
}

// Covers reports whether the COPY source takes the file, both relative to the context's root.
func Covers(source, file string) bool { return covers(clean(source), clean(file)) }

// Read returns the contents of a file of the context, false where they were not read.
func (c *Context) Read(p string) ([]byte, bool) {
	if c.tree == nil {
		return nil, false
	}
	b, ok := c.tree.Contents[path.Join(c.Dir, clean(p))]
	return b, ok
}

// Anywhere returns the files of the tree for which test holds and that the path is or holds, ignored ones too, sorted. The path and the
// files are relative to the context's root. The key stands for the test, as for Where.
func (c *Context) Anywhere(p string, key any, test func(file string) bool) []string {
	asked := question{"", inTree{key}}
	all, known := c.answers[asked]
	if !known {
		c.Charge(lookCost * len(c.paths))
		for _, full := range c.paths {
			if f := full[len(c.prefix):]; test(f) {
				all = append(all, f)
			}
		}
		c.keep(asked, all)
	}
	p = clean(p)
	if i, ok := slices.BinarySearch(all, p); ok {
		return all[i : i+1]
	}
	if p == "" {
		return all
	}
	return withPrefix(all, p+"/")
}

// inTree is the key of what Anywhere is asked.
type inTree struct{ key any }

// Folder reports whether the path is a folder of the tree, ignored or not. The path is relative to
// the context's root.
func (c *Context) Folder(p string) bool {
	p = clean(p)
	return c.tree != nil && (p == "" || len(withPrefix(c.paths, c.prefix+p+"/")) > 0)
}

// History reports whether the context holds the repository's own history: .git at its root, which
// every clone has and no tree lists. It may be ignored.
func (c *Context) History() bool { return c.tree != nil && !c.tree.NoClone && c.Dir == "" }

// IgnoreFile returns the path, from the repository's root, of the ignore file that speaks for the
// Dockerfile; "" where there is none.
func (c *Context) IgnoreFile() string { return c.ignoreFile }

// IgnoreFileRead reports whether the ignore file's contents are known and could be read.
func (c *Context) IgnoreFileRead() bool { return c.ignoreFile != "" && c.view != nil }

// Exists reports whether the path, relative to the context's root, is a file or folder of the
// tree, ignored or not.
func (c *Context) Exists(p string) bool { return c.tree != nil && c.exists(clean(p)) }

// Builds reports whether the repository seems to build an image of that name, somewhere else than at the
// Dockerfile's own path: a Dockerfile stands in a folder of that name or below one, or is called after it.
func (c *Context) Builds(image, own string) bool {
	if c = c.Guess(); c == nil || slices.Contains(strings.Split(own, "/"), image) {
		return false
	}
	c.tree.sort()
	return c.tree.built()[image]
}

// builtNames are the names of images that Dockerfiles among the paths seem to build.
func builtNames(paths []string) map[string]bool {
	names := map[string]bool{}
	for _, p := range paths {
		dir, file := path.Split(p)
		kind, of, _ := strings.Cut(file, ".")
		switch {
		case strings.EqualFold(of, "Dockerfile"):
			of = kind
		case !strings.EqualFold(kind, "Dockerfile") && !strings.EqualFold(kind, "Containerfile"):
			continue
		}
		names[of] = true
		for _, name := range strings.Split(dir, "/") {
			names[name] = true
		}
	}
	return names
}

// Names returns the names of the files and folders that lie directly in the folder, ignored or not.
func (c *Context) Names(dir string) []string {
	prefix := c.prefix
	if dir = clean(dir); dir != "" {
		prefix += dir + "/"
	}
	asked := question{dir, namesOf{}}
	if known, ok := c.answers[asked]; ok {
		return known
	}
	inside := withPrefix(c.paths, prefix)
	c.Charge(len(inside))
	var all []string
	last := ""
	for _, p := range inside {
		name, _, _ := strings.Cut(p[len(prefix):], "/")
		if name != last {
			all = append(all, name)
			last = name
		}
	}
	c.keep(asked, all)
	return all
}
