package render

import (
	"bufio"
	"io"
	"path/filepath"
	"strings"

	"github.com/dfbot/dfbot/review/diff"
)

// Patch writes all proved fixes as one unified diff that `git apply` and `patch -p1` take. Its
// paths are relative to the working directory, which is absolute. Where a file is outside of
// that, all are relative to the root of its repository, and Patch returns the root.
func Patch(w io.Writer, r *Report, dir string) (root string, err error) {
	files := r.changed()
	for _, f := range files {
		if _, ok := below(dir, f.Abs); !ok {
			root = f.Root
		}
	}
	out := bufio.NewWriter(w)
	for _, f := range files {
		name := f.Path
		if root == "" {
			name, _ = below(dir, f.Abs)
		}
		out.WriteString(diff.Unified(name, f.Src, f.Fixed, 3))
	}
	return root, out.Flush()
}

// Patches shows the same diff on a terminal: to be read, with everything in it made visible.
func Patches(w io.Writer, r *Report, colour bool) error {
	t := &text{w: bufio.NewWriter(w), palette: palette(colour)}
	for _, f := range r.changed() {
		for _, head := range []string{"--- a/", "+++ b/"} {
			t.w.WriteString(t.bold(head+Visible(f.Name)) + "\n")
		}
		t.hunks(diff.Compare(f.Src, f.Fixed, 3), "")
	}
	return t.w.Flush()
}

// changed lists the files that have fixes.
func (r *Report) changed() []*File {
	var files []*File
	for _, f := range r.Files {
		if len(f.Applied) > 0 {
			files = append(files, f)
		}
	}
	return files
}

// below returns name relative to dir, with slashes. Standard input, without a name, is nowhere
// else.
func below(dir, name string) (string, bool) {
	rel, err := filepath.Rel(dir, name)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return strings.TrimPrefix(filepath.ToSlash(rel), "./"), true
}
