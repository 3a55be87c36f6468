// Package builds finds the builds of a repository: who builds which Dockerfile, in which context, with which target and
// arguments. It reads the files in which people say so: compose and bake files, GitHub workflows, Makefiles and shell
// scripts, and the configuration. It must never read a file itself, run anything, or guess: what depends on the
// environment is unknown, and a build of which the Dockerfile is not known is left out.
package builds

import (
	"cmp"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/work"
)

// Limits of Find.
const (
	MaxSize   = 64 << 10 // bytes of a file; a larger one is not read
	maxBuilds = 2000     // in all
	// findWork is what the files of a repository may cost together, a second or two, and fileWork what one of them may.
	findWork = 60_000_000
	fileWork = 10_000_000
)

// Build is one way in which the repository has an image built.
type Build struct {
	Name       string // of the service, target or step; may be empty
	Dockerfile string // path from the repository's root; "" where it is Inline
	Inline     string // the Dockerfile itself, where the definition holds it
	Context    string // its folder, from the repository's root; "" is the root itself
	Elsewhere  bool   // the context is not a folder of the repository, or it is not known
	Target     string // "" where none is named, or it is not known
	Args       []Pair // build arguments
	Contexts   []Pair // named contexts: a folder from the repository's root, or what has a colon or is remote
	Origin     Origin
	Lines      Lines

	project string // of a compose file: the folder that its paths start at
}

// Pair is a name with a value. The value may be unknown.
type Pair struct {
	Name, Value string
	Known       bool
	Line        int // 0 where it is in another file than the build
}

// Origin is where a build is defined.
type Origin struct {
	Path string
	Line int
	Kind Kind
}

// Lines are the 1-based lines of the origin's file that say what a build is; 0 where none does.
type Lines struct {
	Dockerfile, Context, Target int
	Inline                      int  // where the Inline text begins, or where it is named if it is not Literal
	Literal                     bool // each line of Inline is one of the file, but for its indentation
}

// Kind is what defines builds.
type Kind uint8

// The kinds, those that know best what is run first.
const (
	NoKind Kind = iota
	Configuration
	Compose
	Bake
	Workflow
	Makefile
	Script
)

var kindNames = [...]string{"", "configuration", "compose file", "bake file", "workflow", "Makefile", "script"}

func (k Kind) String() string { return kindNames[k] }

// KindOf returns what the file of that path may define builds as, by its name; NoKind for any other file.
func KindOf(p string) Kind {
	base, ext := path.Base(p), path.Ext(p)
	yaml := ext == ".yml" || ext == ".yaml"
	switch {
	case yaml && path.Dir(p) == ".github/workflows":
		return Workflow
	case yaml && composeName.MatchString(base):
		return Compose
	case (ext == ".hcl" || ext == ".json") && strings.Contains(base, "bake"):
		return Bake
	case ext == ".mk", slices.Contains([]string{"Makefile", "makefile", "GNUmakefile"}, base):
		return Makefile
	case ext == ".sh", ext == ".bash":
		return Script
	}
	return NoKind
}

// Problem is a file whose builds are not known, or not all of them.
type Problem struct {
	Path   string
	Reason string // as it follows "not read: "
}

// Find returns the builds that the files among the paths define, in the order of their origins, and what could not be
// read. read returns the contents of a file, false where they are not known. Find takes at most a share of the budget.
func Find(budget *work.Budget, paths []string, read func(path string) ([]byte, bool)) ([]Build, []Problem) {
	f := &finder{paths: slices.Sorted(slices.Values(paths)), contents: read, budget: budget.Share(findWork)}
	for _, p := range f.paths {
		if kind := KindOf(p); kind != NoKind {
			f.file(p, kind)
		}
	}
	f.builds = slices.DeleteFunc(f.builds, f.elsewhereIncluded)
	slices.SortStableFunc(f.builds, func(x, y Build) int {
		return cmp.Or(cmp.Compare(x.Origin.Kind, y.Origin.Kind), strings.Compare(x.Origin.Path, y.Origin.Path),
			cmp.Compare(x.Origin.Line, y.Origin.Line))
	})
	return f.builds, f.problems
}

// Contexts returns the folders in which each Dockerfile is built, by its path, in the order of the builds. If the
// configuration names a Dockerfile, only its builds count.
func Contexts(all []Build) map[string][]string {
	contexts, configured := map[string][]string{}, map[string]bool{}
	for _, b := range all {
		dirs, configuration := contexts[b.Dockerfile], b.Origin.Kind == Configuration
		overruled := configured[b.Dockerfile] && !configuration
		if b.Dockerfile == "" || b.Elsewhere || overruled || slices.Contains(dirs, b.Context) {
			continue
		}
		contexts[b.Dockerfile] = append(dirs, b.Context)
		configured[b.Dockerfile] = configuration
	}
	return contexts
}

// Targets returns what is built of each Dockerfile, by its path and the folder in which it is built: the names of
// stages, and "" for a build without a target. A folder is left out where a target is not known.
func Targets(all []Build) map[string]map[string][]string {
	targets, unknown := map[string]map[string][]string{}, map[[2]string]bool{}
	for _, b := range all {
		key := [2]string{b.Dockerfile, b.Context}
		if b.Dockerfile == "" || b.Elsewhere {
			continue
		}
		if targets[b.Dockerfile] == nil {
			targets[b.Dockerfile] = map[string][]string{}
		}
		of := targets[b.Dockerfile]
		if unknown[key] = unknown[key] || b.Target == "" && b.Lines.Target > 0; unknown[key] {
			delete(of, b.Context)
		} else if !slices.Contains(of[b.Context], b.Target) {
			of[b.Context] = append(of[b.Context], b.Target)
		}
	}
	return targets
}

// Named returns the folders that are named contexts of each Dockerfile, by its path and their names. A name is left out
// unless all builds that give it mean the same folder. If the configuration names a Dockerfile, only its builds count.
func Named(all []Build) map[string]map[string]string {
	folders, several, configured := map[string]map[string]string{}, map[[2]string]bool{}, map[string]bool{}
	for _, b := range all {
		configuration := b.Origin.Kind == Configuration
		configured[b.Dockerfile] = configured[b.Dockerfile] || configuration
		if b.Dockerfile == "" || configured[b.Dockerfile] && !configuration {
			continue
		}
		of := folders[b.Dockerfile]
		if of == nil {
			of = map[string]string{}
			folders[b.Dockerfile] = of
		}
		for _, c := range b.Contexts {
			dir, given := of[c.Name]
			key := [2]string{b.Dockerfile, c.Name}
			if several[key] = several[key] || !c.Known || !Local(c.Value) || given && dir != c.Value; several[key] {
				delete(of, c.Name)
			} else {
				of[c.Name] = c.Value
			}
		}
	}
	return folders
}

// Differ reports whether the builds of a Dockerfile before are others than those after.
func Differ(dockerfile string, before, after []Build) bool {
	of := func(all []Build) (own []Build) {
		for _, b := range all {
			if b.Dockerfile == dockerfile {
				own = append(own, b.withoutPlaces())
			}
		}
		return own
	}
	return !reflect.DeepEqual(of(before), of(after))
}

// withoutPlaces is the build without what does not change what is built.
func (b Build) withoutPlaces() Build {
	b.Name, b.project, b.Origin, b.Lines = "", "", Origin{}, Lines{}
	b.Args, b.Contexts = slices.Clone(b.Args), slices.Clone(b.Contexts)
	for _, all := range [][]Pair{b.Args, b.Contexts} {
		for i := range all {
			all[i].Line = 0
		}
	}
	return b
}

// finder gathers the builds of a repository.
type finder struct {
	paths    []string // sorted
	contents func(path string) ([]byte, bool)
	budget   *work.Budget
	builds   []Build
	problems []Problem
	included map[string]string // compose files that others include as parts of a project, by path: the folder of that
}

// file reads one file, within its share of the work.
func (f *finder) file(p string, kind Kind) {
	src, ok := f.contents(p)
	if !ok {
		return
	}
	if len(src) > MaxSize {
		f.problem(p, "it is too large")
		return
	}
	err := f.budget.Within(fileWork, func() {
		f.budget.Charge(len(src))
		readers[kind](f, p, src)
	})
	if err != nil {
		f.problem(p, "it takes too much work")
	}
}

// readers read the kinds of files.
var readers = map[Kind]func(f *finder, p string, src []byte){
	Compose: (*finder).compose, Bake: (*finder).bake, Workflow: (*finder).workflow, Makefile: (*finder).makefile,
	Script: (*finder).script,
}

// problem notes a problem once.
func (f *finder) problem(p, reason string) {
	if n := len(f.problems); n == 0 || f.problems[n-1] != (Problem{p, reason}) {
		f.problems = append(f.problems, Problem{p, reason})
	}
}

// add adds a build, unless there are enough.
func (f *finder) add(b Build) {
	f.budget.Charge(100)
	if len(f.builds) == maxBuilds {
		f.problem(b.Origin.Path, "the repository has too many builds")
		return
	}
	f.builds = append(f.builds, b)
}

// isFile reports whether the repository has the file.
func (f *finder) isFile(p string) bool {
	_, ok := slices.BinarySearch(f.paths, p)
	return ok
}

// isFolder reports whether the repository has the folder.
func (f *finder) isFolder(p string) bool {
	if p == "" {
		return true
	}
	i, _ := slices.BinarySearch(f.paths, p+"/")
	return i < len(f.paths) && strings.HasPrefix(f.paths[i], p+"/")
}

// said is a text of a definition: whether it is there, known, and in which line. The zero said is not there.
type said struct {
	text   string
	known  bool
	line   int  // negative where it is in another file than the definition
	rooted bool // a path from the repository's root, wherever the build is run
	block  bool // each line of text is one of the definition, from the one after line
}

func (s said) there() bool { return s.line != 0 }

// or returns the text, or the other where it is not there.
func (s said) or(other said) said {
	if s.there() {
		return s
	}
	return other
}

// definition is a build as it is written, before its paths are looked at.
type definition struct {
	name                                string
	context, dockerfile, inline, target said
	args, contexts                      []Pair
	origin                              Origin
}

// over returns the definition with what it does not say itself taken from the one below.
func (d definition) over(below definition) definition {
	d.context, d.target = d.context.or(below.context), d.target.or(below.target)
	if !d.dockerfile.there() && !d.inline.there() {
		d.dockerfile, d.inline = below.dockerfile, below.inline
	}
	d.args, d.contexts = overPairs(d.args, below.args), overPairs(d.contexts, below.contexts)
	return d
}

// elsewhere is the definition as one of another file takes it: it has no lines in that file.
func (d definition) elsewhere() definition {
	for _, s := range []*said{&d.context, &d.dockerfile, &d.inline, &d.target} {
		if s.there() {
			s.line = -1
		}
	}
	d.args, d.contexts = slices.Clone(d.args), slices.Clone(d.contexts)
	for _, all := range [][]Pair{d.args, d.contexts} {
		for i := range all {
			all[i].Line = 0
		}
	}
	return d
}

// overPairs adds those pairs of below whose names are not among the others.
func overPairs(over, below []Pair) []Pair {
	names := map[string]bool{}
	for _, p := range over {
		names[p.Name] = true
	}
	all := slices.Clone(over)
	for _, p := range below {
		if !names[p.Name] {
			all = append(all, p)
		}
	}
	return all
}

// build is the build of a definition that is run in the folder; its Dockerfile is relative to the context, or to the
// folder. It reports false where the Dockerfile is not known, or not one of the repository.
func (d definition) build(dir string, besideContext bool) (Build, bool) {
	b := Build{Name: d.name, Args: d.args, Contexts: foldersIn(dir, d.contexts), Origin: d.origin,
		Lines: Lines{Dockerfile: max(0, d.dockerfile.line), Context: max(0, d.context.line),
			Target: max(0, d.target.line)}}
	if d.target.known {
		b.Target = d.target.text
	}
	var ok bool
	b.Context, ok = within(dir, d.context)
	b.Elsewhere = !ok
	if d.inline.there() {
		b.Inline, b.Lines.Inline = d.inline.text, max(0, d.inline.line)
		if d.inline.block && d.inline.line > 0 {
			b.Lines.Inline, b.Lines.Literal = d.inline.line+1, true
		}
		return b, d.inline.known
	}
	file := d.dockerfile
	if !file.there() {
		file, besideContext = said{text: "Dockerfile", known: true}, true
	}
	if besideContext {
		dir = b.Context
	}
	b.Dockerfile, ok = within(dir, file)
	return b, ok && b.Dockerfile != "" && !(besideContext && b.Elsewhere)
}

// foldersIn are the named contexts of a build that is run in the folder. A folder outside of the repository is unknown.
func foldersIn(dir string, contexts []Pair) []Pair {
	all := slices.Clone(contexts)
	for i, c := range all {
		if text := strings.TrimPrefix(c.Value, "cwd://"); c.Known && Local(text) {
			all[i].Value, all[i].Known = within(dir, said{text: text, known: true})
		}
	}
	return all
}

// Local reports whether a named context is a folder: not an image, a URL, or what another target or service builds.
func Local(context string) bool { return !strings.Contains(context, ":") && !remote(context) }

// within is the path of the text, which is relative to the folder, from the repository's root. Where the text is not
// there, it is the folder itself. It reports false for what is not in the repository or not known.
func within(dir string, s said) (string, bool) {
	if !s.there() && !s.known {
		return dir, true
	}
	if !s.known || strings.HasPrefix(s.text, "/") || strings.HasPrefix(s.text, "~") || remote(s.text) ||
		strings.ContainsAny(s.text, "\x00\\") {
		return "", false
	}
	if s.rooted {
		dir = ""
	}
	p := path.Join(dir, s.text)
	if p == ".." || strings.HasPrefix(p, "../") {
		return "", false
	}
	if p == "." {
		p = ""
	}
	return p, true
}

// remote reports whether a context is fetched from elsewhere, or comes from standard input
// (https://docs.docker.com/build/concepts/context/).
func remote(context string) bool {
	return context == "-" || strings.Contains(context, "://") || strings.HasPrefix(context, "git@") ||
		strings.HasPrefix(context, "github.com/")
}

// runIn returns the folder in which a command is run that may be run in each of them: the only one for which the
// definition names a Dockerfile that is there. Where there is not exactly one, the answer is unknown.
func (f *finder) runIn(d definition, besideContext bool, dirs ...string) (Build, bool) {
	var all []Build
	same := func(x, y Build) bool { return x.Dockerfile == y.Dockerfile && x.Context == y.Context }
	for _, dir := range dirs {
		b, ok := d.build(dir, besideContext)
		if ok && f.isFile(b.Dockerfile) && (b.Elsewhere || f.isFolder(b.Context)) {
			all = append(all, b)
		}
	}
	if all = slices.CompactFunc(all, same); len(all) != 1 {
		return Build{}, false
	}
	return all[0], true
}

// folder is the folder of a file, from the repository's root.
func folder(p string) string {
	if dir := path.Dir(p); dir != "." {
		return dir
	}
	return ""
}
