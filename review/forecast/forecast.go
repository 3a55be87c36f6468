// Package forecast tells what a change to a repository runs again in each of its builds. It puts together what the
// repository says of a build, the graph that BuildKit makes of it, and the keys of review/layers. It must never read a
// file itself, or build anything.
package forecast

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/layers"
	"github.com/dfbot/dfbot/review/turns"
	"github.com/dfbot/dfbot/review/work"
)

// Tree is the files of a repository, or of a folder, at one moment.
type Tree struct {
	Paths []string // of every file, slash-separated from the root
	// ID and Link are those of layers.Files, by paths from the root.
	ID   func(path string) string
	Link func(path string) (target string, is bool)
	// Read returns the text of a Dockerfile or an ignore file; false where there is none, or it is not known.
	Read func(path string) ([]byte, bool)
	// Git says that a folder .git is at the root, and in a build context that is the root; it is not among the paths.
	Git bool
}

// Build is one build of a Dockerfile.
type Build struct {
	Dockerfile string            // path from the root
	Context    string            // its folder from the root; "" is the root
	Target     string            // "" for the last stage
	Args       map[string]string // build arguments
	Named      map[string]string // the folders of named contexts, by name
}

// Of is a build that the repository states, with the values that are known. It reports false for one whose context is
// not a folder of the repository, or whose target is not known.
func Of(b builds.Build) (Build, bool) {
	made := Build{Dockerfile: b.Dockerfile, Context: b.Context, Target: b.Target, Args: map[string]string{},
		Named: map[string]string{}}
	for _, a := range b.Args {
		if a.Known {
			made.Args[a.Name] = a.Value
		}
	}
	for _, c := range b.Contexts {
		if c.Known && builds.Local(c.Value) {
			made.Named[c.Name] = c.Value
		}
	}
	return made, b.Dockerfile != "" && !b.Elsewhere && (b.Target != "" || b.Lines.Target == 0)
}

// Stated are the builds of a Dockerfile that the repository states and of which enough is known, each once.
func Stated(all []builds.Build, dockerfile string) (found []Build) {
	seen := map[string]bool{}
	for _, stated := range all {
		b, ok := Of(stated)
		if key := fmt.Sprint(b); ok && b.Dockerfile == dockerfile && !seen[key] {
			seen[key] = true
			found = append(found, b)
		}
	}
	return found
}

// Inferred is the build of a Dockerfile that no one states: in the folder that its instructions fit to, or else in its
// own. known reports the former. It charges the budget.
func Inferred(budget *work.Budget, file string, src []byte, tree *buildcontext.Tree) (b Build, known bool) {
	b = Build{Dockerfile: file}
	if dir := path.Dir(file); dir != "." {
		b.Context = dir
	}
	f, err := dockerfile.ParseWithin(budget, file, src)
	if err != nil {
		return b, false
	}
	c := buildcontext.New(tree, f)
	if c.Known() {
		b.Context = c.Dir
	}
	return b, c.Known()
}

// StoppedError is that BuildKit would not build a Dockerfile, or that the file is for another frontend or too large.
type StoppedError struct {
	Reason string
	Line   int // 1-based; 0 where it is not known
}

func (e *StoppedError) Error() string { return e.Reason }

// errNoDockerfile reports a Dockerfile that is not there, or was not read.
var errNoDockerfile = errors.New("the Dockerfile is not there")

// Forecaster predicts, with BuildKit's help and within a budget. It parses no text and asks for no graph twice, and is
// for one goroutine.
type Forecaster struct {
	Checks *buildkit.Checks
	Asker  *turns.Asker // between whose turns BuildKit's go round; may be nil
	Budget *work.Budget // may be nil
	// Frontends are images that are known to be copies of Docker's own frontend.
	Frontends []string

	graphs map[string]*layers.Graph // by all that decides over them
	parsed map[string]parsed        // by names and texts
}

// parsed is a Dockerfile, or why there is none.
type parsed struct {
	file *dockerfile.File
	err  error
}

// parse parses a Dockerfile, once.
func (o *Forecaster) parse(name string, src []byte) (*dockerfile.File, error) {
	key := name + "\x00" + string(src)
	p, known := o.parsed[key]
	if !known {
		p.file, p.err = dockerfile.ParseWithin(o.Budget, name, src, o.Frontends...)
		if o.parsed == nil {
			o.parsed = map[string]parsed{}
		}
		o.parsed[key] = p
	}
	return p.file, p.err
}

// layers is the build over the files of the tree. The error is a *StoppedError where BuildKit refuses the Dockerfile.
func (o *Forecaster) layers(ctx context.Context, t *Tree, b Build) (*layers.Build, error) {
	src, ok := t.Read(b.Dockerfile)
	if !ok {
		return nil, errNoDockerfile
	}
	f, err := o.parse(b.Dockerfile, src)
	if err != nil {
		return nil, &StoppedError{Reason: err.Error()}
	}
	plan := buildkit.Plan{Target: b.Target, Args: b.Args, Named: map[string][]byte{}}
	files := map[string]*layers.Files{layers.MainContext: t.below(b.Context)}
	for name, dir := range b.Named {
		plan.Named[name], _ = t.Read(path.Join(dir, ".dockerignore"))
		files[name] = t.below(dir)
	}
	graph, err := o.graph(ctx, f, t.ignore(b), plan)
	if err == nil && graph.Stopped != "" {
		err = &StoppedError{graph.Stopped, graph.StoppedLine}
	}
	return &layers.Build{Graph: graph, Files: files}, err
}

// graph asks BuildKit for a graph, once.
func (o *Forecaster) graph(
	ctx context.Context, f *dockerfile.File, ignore []byte, plan buildkit.Plan,
) (*layers.Graph, error) {
	key := identity(fmt.Sprintf("%q %t %q %q", f.Src, ignore == nil, ignore, []any{plan}))
	if known := o.graphs[key]; known != nil {
		return known, nil
	}
	graph, err := o.Checks.Graph(ctx, o.Asker, f, ignore, plan)
	if err != nil {
		return nil, err
	}
	if o.graphs == nil {
		o.graphs = map[string]*layers.Graph{}
	}
	o.graphs[key] = graph
	return graph, nil
}

// ignore is the text of the ignore file that counts: the Dockerfile's own, or else that of the context. It is nil
// without one.
func (t *Tree) ignore(b Build) []byte {
	for _, p := range []string{b.Dockerfile + ".dockerignore", path.Join(b.Context, ".dockerignore")} {
		if data, ok := t.Read(p); ok {
			return slices.Concat([]byte{}, data)
		}
	}
	return nil
}

// Git is what stands for all that is in a .git folder, of which nothing is known.
const Git = ".git/HEAD"

// below are the files in a folder of the tree.
func (t *Tree) below(dir string) *layers.Files {
	prefix := ""
	if dir != "" {
		prefix = dir + "/"
	}
	f := &layers.Files{ID: func(p string) string {
		if p == Git && t.Git && dir == "" {
			return ""
		}
		return t.ID(prefix + p)
	}}
	if t.Link != nil {
		f.Link = func(p string) (string, bool) { return t.Link(prefix + p) }
	}
	for _, p := range t.Paths {
		if rest, ok := strings.CutPrefix(p, prefix); ok {
			f.Paths = append(f.Paths, rest)
		}
	}
	if t.Git && dir == "" {
		f.Paths = append(f.Paths, Git)
	}
	return f
}

// With is the tree with another text of one file.
func (t *Tree) With(file string, text []byte) *Tree {
	w := *t
	if !slices.Contains(w.Paths, file) {
		w.Paths = append(slices.Clone(w.Paths), file)
	}
	w.Read = func(p string) ([]byte, bool) {
		if p == file {
			return text, true
		}
		return t.Read(p)
	}
	w.ID = func(p string) string {
		if p == file {
			return identity(string(text))
		}
		return t.ID(p)
	}
	return &w
}

func identity(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// Report is what a change does to one build.
type Report struct {
	Build Build
	Steps []layers.Forecast

	was, now *layers.Build
}

// Count returns how many steps have the answer.
func (r *Report) Count(a layers.Answer) (n int) {
	for _, s := range r.Steps {
		if s.Answer == a {
			n++
		}
	}
	return n
}

// Paths are the files that are the cause of an answer, from the root of the repository.
func (r *Report) Paths(f layers.Forecast) (paths []string) {
	for _, c := range f.Causes {
		if c.Why != layers.AFile {
			continue
		}
		paths = append(paths, r.Build.place(c.Folder, c.Path))
	}
	return paths
}

// place is the path of a file from the root of the repository.
func (b Build) place(folder, file string) string {
	if folder != layers.MainContext {
		return path.Join(b.Named[folder], file)
	}
	return path.Join(b.Context, file)
}

// Compare predicts what is run again when a build of the tree before is built in the tree after: the same build, or
// what became of it. Where it cannot be built before, nothing is in the cache. The error is a *StoppedError where
// BuildKit refuses the Dockerfile.
func (o *Forecaster) Compare(ctx context.Context, before, after *Tree, was, now Build) (*Report, error) {
	old, err := o.layers(ctx, before, was)
	if stopped := new(StoppedError); errors.Is(err, errNoDockerfile) || errors.As(err, &stopped) {
		old, err = &layers.Build{Graph: &layers.Graph{}}, nil
	}
	if err != nil {
		return nil, err
	}
	young, err := o.layers(ctx, after, now)
	if err != nil {
		return nil, err
	}
	return &Report{Build: now, Steps: layers.Predict(o.Budget, old, young), was: old, now: young}, nil
}
