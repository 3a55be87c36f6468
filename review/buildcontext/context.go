// Package buildcontext knows which files of a repository a COPY can see: the tree, the place
// where the context starts, and the ignore file. It reads nothing itself; it is given the paths
// of the tree and the few contents that matter.
package buildcontext

import (
	"bytes"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/work"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
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
}

// below returns the sorted paths that begin with the prefix.
func (t *Tree) below(prefix string) []string {
	t.once.Do(func() { t.sorted = slices.Sorted(slices.Values(t.Paths)) })
	return withPrefix(t.sorted, prefix)
}

// withPrefix returns the part of the sorted paths that begins with the prefix.
func withPrefix(sorted []string, prefix string) []string {
	start, _ := slices.BinarySearch(sorted, prefix)
	n := sort.Search(len(sorted)-start, func(i int) bool { return !strings.HasPrefix(sorted[start+i], prefix) })
	return sorted[start : start+n]
}

// Context is a build context. The zero Context, as from Unknown, knows nothing.
type Context struct {
	Dir string // where it starts, from the repository's root; "" is the root itself

	// work is the budget of the file whose context this is: what looks at many paths charges it.
	work *work.Budget

	known      bool
	above      func() *Context
	prefix     string   // of the paths in the context: Dir and a slash, or nothing
	paths      []string // of the tree below Dir, sorted, from the repository's root
	tree       *Tree
	ignore     *patternmatcher.PatternMatcher
	ignoreFile string          // from the repository's root; "" where there is none
	guess      *Context        // of an unknown context: where it starts most likely
	visible    func() []string // relative to Dir, without the ignored ones; worked out once
}

// Unknown is the context of a Dockerfile of whose surroundings nothing is known.
func Unknown() *Context { return &Context{} }

// SetWork gives the context the budget that looking at it charges.
func (c *Context) SetWork(b *work.Budget) {
	for ; c != nil; c = c.guess {
		c.work = b
	}
}

// Charge charges the budget of the file whose context this is.
func (c *Context) Charge(units int) { c.work.Charge(units) }

// Known reports whether the tree is complete, the ignore file was read, and the place where the context
// starts is certain enough to say that a file is in it or not.
func (c *Context) Known() bool { return c.known }

// New works out the context of a Dockerfile in a tree. It starts at the Dockerfile's folder or
// at one of the folders above it: the nearest from which every file that a COPY or ADD names can
// be found. Where none fits, the context is unknown.
func New(tree *Tree, f *dockerfile.File) *Context {
	if tree == nil || tree.Partial || countLocal(f)*len(tree.Paths) > maxReach {
		return Unknown()
	}
	c := nearest(tree, path.Dir(f.Path), f.Path, localSources(f))
	c.SetWork(f.Work)
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
			if c.ignoreFile != "" && c.ignore == nil { // what it hides is not known
				return &Context{guess: c, ignoreFile: c.ignoreFile}
			}
			c.known = true
			c.above = func() *Context {
				if dir == "" {
					return Unknown()
				}
				larger := nearest(tree, path.Dir(dir), dockerfilePath, sources)
				larger.SetWork(c.work)
				return larger
			}
			return c
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

// Above returns the next larger context from which everything can be found that the Dockerfile
// names; one that knows nothing where there is none. A Dockerfile that only copies `.` may be built
// from its own folder or from any above it.
func (c *Context) Above() *Context {
	if c.above == nil {
		return Unknown()
	}
	return c.above()
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
	c.readIgnore(dockerfilePath)
	if !tree.views.look(c) {
		c.ignore = nil
	}
	return c
}

// readIgnore takes the Dockerfile's own ignore file, or else the context's
// (https://docs.docker.com/build/concepts/context/#filename-and-location).
func (c *Context) readIgnore(dockerfilePath string) {
	for _, p := range []string{dockerfilePath + ".dockerignore", path.Join(c.Dir, ".dockerignore")} {
		data, ok := c.tree.Contents[p]
		if !ok {
			if _, there := slices.BinarySearch(c.tree.below(p), p); there {
				c.ignoreFile = p // unread
				return
			}
			continue
		}
		c.ignoreFile = p
		patterns, err := ignorefile.ReadAll(bytes.NewReader(data))
		if err != nil || len(patterns) > maxPatterns {
			return
		}
		if m, err := patternmatcher.New(patterns); err == nil {
			c.ignore = m
		}
		return
	}
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

// countLocal counts the sources of COPY and ADD that take from the context.
func countLocal(f *dockerfile.File) int {
	n := 0
	for _, in := range f.Instructions() {
		for _, s := range Sources(in) {
			if s.Local {
				n++
			}
		}
	}
	return n
}

// localSources lists the sources of COPY and ADD that must be in the context: literal ones only.
func localSources(f *dockerfile.File) []string {
	var all []string
	for _, in := range f.Instructions() {
		for _, s := range Sources(in) {
			if s.Local && s.Path.Known && !strings.ContainsAny(s.Path.Text, "*?[") {
				all = append(all, s.Path.Text)
			}
		}
	}
	return all
}

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
	p = clean(p)
	return c.isFile(p) && !c.Ignored(p)
}

// Ignored reports whether the ignore file hides the path.
func (c *Context) Ignored(p string) bool { return (&walk{ignore: c.ignore}).ignored(clean(p)) }

// Match returns the files of the context that a COPY source takes: itself, all below it where it
// is a folder, or what the wildcard matches. Ignored files are left out.
func (c *Context) Match(source string) []string {
	if c.visible == nil {
		return nil
	}
	src, files := clean(source), c.visible()
	switch {
	case src == "":
		return files
	case !strings.ContainsAny(src, "*?["):
		if _, ok := slices.BinarySearch(files, src); ok {
			return []string{src}
		}
		return withPrefix(files, src+"/")
	}
	var out []string
	for _, f := range withPrefix(files, src[:strings.IndexAny(src, "*?[")]) {
		if covers(src, f) {
			out = append(out, f)
		}
	}
	return out
}

// covers reports whether the source, perhaps with wildcards as path.Match knows them, takes the
// file: by its own name or by that of a folder above it.
func covers(src, file string) bool {
	if src == "" || src == file || strings.HasPrefix(file, src+"/") {
		return true
	}
	if !strings.ContainsAny(src, "*?[") {
		return false
	}
	end := -1 // of the part of the file's path that has as many names as the source
	for range strings.Count(src, "/") + 1 {
		if end == len(file) {
			return false
		}
		if next := strings.IndexByte(file[end+1:], '/'); next >= 0 {
			end += 1 + next
		} else {
			end = len(file)
		}
	}
	ok, err := path.Match(src, file[:end])
	return ok && err == nil
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

// Files returns all files of the tree below the context's root, ignored ones too, sorted.
func (c *Context) Files() []string {
	out := make([]string, len(c.paths))
	for i, p := range c.paths {
		out[i] = p[len(c.prefix):]
	}
	return out
}

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
func (c *Context) IgnoreFileRead() bool { return c.ignore != nil }

// Exists reports whether the path, relative to the context's root, is a file or folder of the
// tree, ignored or not.
func (c *Context) Exists(p string) bool { return c.tree != nil && c.exists(clean(p)) }

// Builds reports whether the repository seems to build an image of that name, somewhere else than at the
// Dockerfile's own path: a Dockerfile stands in a folder of that name or below one, or is called after it.
func (c *Context) Builds(image, own string) bool {
	if c = c.Guess(); c == nil || slices.Contains(strings.Split(own, "/"), image) {
		return false
	}
	return slices.ContainsFunc(c.tree.Paths, func(p string) bool {
		file := path.Base(p)
		kind, of, _ := strings.Cut(file, ".")
		switch {
		case strings.EqualFold(of, "Dockerfile"):
			kind, of = of, kind
		case !strings.EqualFold(kind, "Dockerfile") && !strings.EqualFold(kind, "Containerfile"):
			return false
		}
		return of == image || strings.Contains("/"+p, "/"+image+"/")
	})
}

// Names returns the names of the files and folders that lie directly in the folder, ignored or not.
func (c *Context) Names(dir string) []string {
	prefix := c.prefix
	if dir = clean(dir); dir != "" {
		prefix += dir + "/"
	}
	var all []string
	last := ""
	for _, p := range withPrefix(c.paths, prefix) {
		name, _, _ := strings.Cut(p[len(prefix):], "/")
		if name != last {
			all = append(all, name)
			last = name
		}
	}
	return all
}
