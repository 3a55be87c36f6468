package buildcontext

import (
	"path"
	"slices"
	"strings"
)

// Match returns the files of the context that a COPY source takes: itself, all below it where it
// is a folder, or what the wildcard matches. Ignored files are left out. The list is not to be changed.
func (c *Context) Match(source string) []string {
	c.asked = true
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

// Where returns the first files, at most so many, of those that a COPY source takes for which test holds. The key
// identifies the test: what was asked before is not worked out again. The list is not to be changed.
func (c *Context) Where(source string, key any, most int, test func(file string) bool) []string {
	c.asked = true
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
	// maxKept bounds the files that are kept of earlier answers.
	maxKept = 1_000_000
)

// wild returns the files that a source with wildcards takes. Each of its rules asks for the same again.
func (c *Context) wild(src string) []string {
	asked := question{src, wildcards{}}
	if known, ok := c.answers[asked]; ok {
		return known
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
	c.keep(asked, out)
	return out
}

// wildcards is the key of what wild asks.
type wildcards struct{}

// firstNames cuts the path of a file off after its first n names; false where it has fewer.
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

// Anywhere returns the files of the tree for which test holds and that the path is or holds, ignored ones too, sorted.
// The path and the files are relative to the context's root. The key identifies the test, as for Where.
func (c *Context) Anywhere(p string, key any, test func(file string) bool) []string {
	c.asked = true
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

// Names returns the names of the files and folders that lie directly in the folder, ignored or not.
func (c *Context) Names(dir string) []string {
	c.asked = true
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
