package buildcontext

import (
	"path"
	"strings"
)

// Untracked reports whether git ignores the path, relative to the context's root, as far as the .gitignore files were
// read: what is there is made on each machine.
func (c *Context) Untracked(p string) bool {
	if c.tree == nil {
		return false
	}
	full := c.prefix + clean(p)
	for dir := path.Dir("/" + full); ; dir = path.Dir(dir) {
		folder := strings.TrimPrefix(dir, "/")
		data := c.tree.Contents[path.Join(folder, ".gitignore")]
		c.Charge(1 + len(data))
		patterns, err := compilePatterns(gitPatterns(string(data)))
		if err == nil && patterns.walk().ignored(strings.TrimPrefix(strings.TrimPrefix(full, folder), "/")) {
			return true
		}
		if folder == "" {
			return false
		}
	}
}

// gitPatterns are the lines of a .gitignore as those of a .dockerignore, which begin at the root
// (https://git-scm.com/docs/gitignore#_pattern_format).
func gitPatterns(text string) (all []string) {
	for line := range strings.Lines(text) {
		line, not := strings.CutPrefix(strings.TrimSpace(line), "!")
		if line == "" || line[0] == '#' {
			continue
		}
		anchored := strings.Contains(strings.TrimSuffix(line, "/"), "/")
		if line = strings.Trim(line, "/"); line == "" {
			continue
		}
		if !anchored {
			line = "**/" + line
		}
		if not {
			line = "!" + line
		}
		all = append(all, line)
	}
	return all
}
