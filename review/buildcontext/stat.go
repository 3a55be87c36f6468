package buildcontext

import "strings"

// Mode is what git keeps of a file besides its contents. The zero Mode is unknown.
type Mode uint8

// The modes that git has.
const (
	UnknownMode Mode = iota
	Regular
	Executable
	Symlink
	Submodule
)

// ModeOf reads a mode as git writes it.
func ModeOf(git string) Mode {
	switch git {
	case "100644":
		return Regular
	case "100755":
		return Executable
	case "120000":
		return Symlink
	case "160000":
		return Submodule
	}
	return UnknownMode
}

// Renamed returns what a file of this context, that of a base, is called on the head, relative to the context's root
// there; "" for one that was not renamed. below is false where it is not below the same folder any more.
func (c *Context) Renamed(p string) (name string, below bool) {
	if c.tree == nil {
		return "", false
	}
	full := c.tree.Renamed[c.prefix+clean(p)]
	if name, below = strings.CutPrefix(full, c.prefix); !below {
		return full, false
	}
	return name, full != ""
}

// Was returns what a file of the head was called in this context, that of a base; the same name where it was not
// renamed, and "" where it was elsewhere.
func (c *Context) Was(p string) string {
	if c.tree == nil {
		return p
	}
	full := c.prefix + clean(p)
	c.Charge(len(c.tree.Renamed))
	for old, now := range c.tree.Renamed {
		if now != full {
			continue
		}
		name, below := strings.CutPrefix(old, c.prefix)
		if !below {
			return ""
		}
		return name
	}
	return p
}

// FromRoot is the path, relative to the context's root, from the repository's root.
func (c *Context) FromRoot(p string) string { return c.prefix + clean(p) }

// Stat returns the mode of a file and its size in bytes, as the tree knows them. The path is relative to the context's
// root.
func (c *Context) Stat(p string) (Mode, int) {
	c.asked = true
	if c.tree == nil || c.tree.Stat == nil || !c.isFile(clean(p)) {
		return UnknownMode, 0
	}
	return c.tree.Stat(c.prefix + clean(p))
}
