package layers

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/work"
)

// Files are what is in a folder that is a build context. A Files may be used by one goroutine at a time.
type Files struct {
	// Paths are all its files, slash-separated from the folder, those included that an ignore file hides. One that ends
	// in a slash is a folder with nothing in it.
	Paths []string
	// ID identifies the mode and the contents of a file, or of a symlink its target; "" where they are not known. What
	// is the same has the same ID on both sides of a change.
	ID func(path string) string
	// Link returns what a symlink leads to, and whether the path is one. Where that is not known, the target is "".
	Link func(path string) (target string, is bool)

	budget *work.Budget
	views  map[string]*view
}

// entry is a file or a folder that is taken.
type entry struct {
	path string // from the root of the context
	as   string // the name under which it counts
	id   string
}

// folderID is what counts of a folder besides what is in it.
const folderID = "folder"

// taken is what selectors take.
type taken struct {
	entries []entry
	unknown bool   // there is more, or other contents, than is known
	what    string // the first file of which the contents are not known; may be empty
}

// view is what an ignore file lets through.
type view struct {
	entries []string // files and folders, sorted by the names that they are made of
	folders map[string]bool
	failed  bool // the patterns are beyond a bound, or malformed
}

// visible works out what the patterns let through: files, the folders that they do not hide, and those that hold one.
func (f *Files) visible(excludes []string) *view {
	key := strings.Join(excludes, "\x00")
	if v := f.views[key]; v != nil {
		return v
	}
	v := &view{folders: map[string]bool{}}
	hidden, err := buildcontext.Matcher(f.budget, excludes)
	if err != nil {
		v.failed = true
	} else {
		v.look(f.Paths, hidden)
	}
	f.budget.Charge(20 * len(f.Paths))
	if f.views == nil {
		f.views = map[string]*view{}
	}
	f.views[key] = v
	return v
}

// look fills the view with the paths that are not hidden.
func (v *view) look(paths []string, hidden func(string) bool) {
	seen := map[string]bool{}
	for _, p := range slices.SortedFunc(slices.Values(paths), byNames) {
		v.foldersOf(p, func(dir string) bool {
			asked := seen[dir]
			seen[dir] = true
			return !asked && !hidden(dir)
		})
		if !strings.HasSuffix(p, "/") && !hidden(p) {
			v.foldersOf(p, func(string) bool { return true })
			v.entries = append(v.entries, p)
		}
	}
	slices.SortFunc(v.entries, byNames)
}

// foldersOf adds those of the folders above a path for which test holds, from the root down.
func (v *view) foldersOf(p string, test func(dir string) bool) {
	for i := range p {
		if dir := p[:i]; p[i] == '/' && !v.folders[dir] && test(dir) {
			v.folders[dir] = true
			v.entries = append(v.entries, dir)
		}
	}
}

// byNames orders paths as a walk does: a folder is followed by what is in it.
func byNames(x, y string) int {
	n := min(len(x), len(y))
	for i := range n {
		if x[i] != y[i] {
			return cmp.Compare(rank(x[i]), rank(y[i]))
		}
	}
	return cmp.Compare(len(x), len(y))
}

func rank(b byte) int {
	if b == '/' {
		return 0
	}
	return int(b) + 1
}

// below returns the entries in the folder, at any depth; all for "".
func (v *view) below(dir string) []string {
	if dir == "" {
		return v.entries
	}
	prefix := dir + "/"
	start, _ := slices.BinarySearchFunc(v.entries, prefix, byNames)
	n := sort.Search(len(v.entries)-start, func(i int) bool { return !strings.HasPrefix(v.entries[start+i], prefix) })
	return v.entries[start : start+n]
}

func (v *view) has(p string) bool {
	_, ok := slices.BinarySearchFunc(v.entries, p, byNames)
	return ok
}

// take returns what the selectors take of the context, each entry with the number of its selector.
func (f *Files) take(excludes []string, all []Selector) taken {
	v := f.visible(excludes)
	t := taken{unknown: v.failed}
	if len(all) == 0 {
		all = []Selector{{}}
	}
	for i, s := range all {
		from := len(t.entries)
		f.selected(v, s, &t)
		for j := range t.entries[from:] {
			t.entries[from+j].as = strconv.Itoa(i) + ":" + t.entries[from+j].as
		}
	}
	f.budget.Charge(1 + 4*len(t.entries))
	return t
}

// selected adds what one selector takes.
func (f *Files) selected(v *view, s Selector, t *taken) {
	p := strings.TrimPrefix(path.Join("/", s.Path), "/")
	if s.Wildcard {
		f.matching(v, s, p, t)
		return
	}
	real, known := f.follow(p, s.Follow && !s.filters(), 0)
	if !known {
		t.unknown = true
		return
	}
	if !s.filters() {
		f.whole(v, real, "", t)
		return
	}
	keep, err := f.filter(s)
	if err != nil {
		t.unknown = true
		return
	}
	f.filtered(v, real, "", keep, t)
}

// whole adds a file, or a folder with all that is in it. The file itself counts by no name.
func (f *Files) whole(v *view, p, as string, t *taken) {
	if p != "" && !v.folders[p] {
		if v.has(p) {
			f.add(p, as, t)
		}
		return
	}
	t.entries = append(t.entries, entry{p, as, folderID})
	for _, e := range v.below(p) {
		rel := relative(p, e)
		if v.folders[e] {
			t.entries = append(t.entries, entry{e, as + "/" + rel, folderID})
			continue
		}
		f.add(e, as+"/"+rel, t)
	}
}

// add adds a file.
func (f *Files) add(p, as string, t *taken) {
	id := f.ID(p)
	if id == "" {
		t.unknown, t.what = true, cmp.Or(t.what, p)
		return
	}
	t.entries = append(t.entries, entry{p, as, id})
}

// filter is what the Include and Exclude patterns keep, asked of paths in the order of byNames.
func (f *Files) filter(s Selector) (func(string) bool, error) {
	include := func(string) bool { return true }
	if len(s.Include) > 0 {
		m, err := buildcontext.Matcher(f.budget, s.Include)
		if err != nil {
			return nil, err
		}
		include = m
	}
	exclude, err := buildcontext.Matcher(f.budget, s.Exclude)
	if err != nil {
		return nil, err
	}
	return func(p string) bool { return include(p) && !exclude(p) }, nil
}

// filtered adds what is kept of the file or folder, with the folders above it.
func (f *Files) filtered(v *view, p, as string, keep func(string) bool, t *taken) {
	if p != "" && !v.folders[p] {
		if v.has(p) && keep("") {
			f.add(p, as, t)
		}
		return
	}
	added := map[string]bool{}
	for _, e := range v.below(p) {
		rel := relative(p, e)
		if !keep(rel) {
			continue
		}
		for i := range rel {
			if rel[i] == '/' {
				t.folder(added, path.Join(p, rel[:i]), as+"/"+rel[:i])
			}
		}
		if v.folders[e] {
			t.folder(added, e, as+"/"+rel)
		} else {
			f.add(e, as+"/"+rel, t)
		}
	}
}

// folder adds a folder once.
func (t *taken) folder(added map[string]bool, p, as string) {
	if !added[p] {
		added[p] = true
		t.entries = append(t.entries, entry{p, as, folderID})
	}
}

// relative is the path of what is in the folder, from there.
func relative(dir, p string) string {
	if dir == "" {
		return p
	}
	return p[len(dir)+1:]
}

// matching adds what a pattern matches. One match alone whose name the pattern has counts by no name.
func (f *Files) matching(v *view, s Selector, p string, t *taken) {
	keep, err := f.filter(s)
	prefix, rest := beforeWildcards(p)
	dir, known := f.follow(prefix, true, 0)
	if _, bad := path.Match(rest, ""); err != nil || bad != nil || !known {
		t.unknown = true
		return
	}
	depth, from := strings.Count(rest, "/"), len(t.entries)
	for _, e := range v.below(dir) {
		rel := relative(dir, e)
		if strings.Count(rel, "/") != depth {
			continue
		}
		f.budget.Charge(1 + len(rest)/4)
		if ok, _ := path.Match(rest, rel); ok {
			f.match(v, s, e, rel, keep, t)
		}
	}
	if found := t.entries[from:]; len(found) == 1 && path.Base(p) == path.Base(found[0].path) {
		found[0].as = ""
	}
}

// beforeWildcards cuts a pattern before its first name with wildcards.
func beforeWildcards(p string) (prefix, rest string) {
	names := strings.Split(p, "/")
	n := max(0, slices.IndexFunc(names, HasWildcards))
	return strings.Join(names[:n], "/"), strings.Join(names[n:], "/")
}

// match adds one match of a pattern. A folder's own name counts, too.
func (f *Files) match(v *view, s Selector, e, rel string, keep func(string) bool, t *taken) {
	real := e
	if s.Follow {
		var known bool
		if real, known = f.follow(e, true, 0); !known {
			t.unknown = true
			return
		}
	}
	if s.filters() {
		f.filtered(v, real, rel, keep, t)
	} else {
		f.whole(v, real, rel, t)
	}
}

// maxLinks is how many symlinks are followed one after the other.
const maxLinks = 40

// follow resolves the symlinks on the way to a path, and with last the one at its end, inside the context.
func (f *Files) follow(p string, last bool, links int) (string, bool) {
	if f.Link == nil {
		return p, true
	}
	names := strings.Split(p, "/")
	for i := range names {
		dir := strings.Join(names[:i+1], "/")
		if i == len(names)-1 && !last {
			break
		}
		f.budget.Charge(2)
		target, is := f.Link(dir)
		if !is {
			continue
		}
		if target == "" || links == maxLinks {
			return "", false
		}
		if !path.IsAbs(target) {
			target = path.Join("/", path.Dir(dir), target)
		}
		target = path.Join("/", target, strings.Join(names[i+1:], "/"))
		return f.follow(strings.TrimPrefix(target, "/"), last, links+1)
	}
	return p, true
}

// HasWildcards reports whether BuildKit takes the path for a pattern.
func HasWildcards(name string) bool {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '*', '?', '[':
			return true
		case '\\':
			i++
		}
	}
	return false
}

// digest identifies what is known of what is taken.
func (t taken) digest() string {
	h := sha256.New()
	for _, e := range slices.SortedFunc(slices.Values(t.entries), func(x, y entry) int {
		return cmp.Or(strings.Compare(x.as, y.as), strings.Compare(x.id, y.id))
	}) {
		h.Write([]byte(e.as + "\x00" + e.id + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}
