// Package reorder finds the order that makes builds slow, and writes the better one: a stage copies its sources and
// then installs its dependencies, so that every change of a source installs them again.
//
// Find looks at each stage for an install (Install: a call of a package manager, read by what review/ecosystem knows of
// it) after COPYs of files that people edit. A Plan then says what the install reads, from the build context and the
// manifests in it: those files are copied first, the install follows, and the copies come last. A plan holds only where
// all that comes between is known to leave the sources alone (Independent). Where one thing is not known, there is an
// Obstacle with the reason, never a guess. It must never write a patch that moves anything but the copies, or runs
// other commands than those of which review/ecosystem knows that they fetch for a build, or do the rest of an install.
package reorder

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
)

// Order is the mistake in one stage: COPYs of sources, and after them installs of dependencies
// that do not need them.
type Order struct {
	stage    *dockerfile.Stage
	ctx      *buildcontext.Context
	Copies   []*dockerfile.Instruction        // of sources, before the first install
	Installs []Install                        // after the first of the copies
	moved    map[*dockerfile.Instruction]bool // the copies
}

// Find returns the mistakes of a Dockerfile: lists of those of which one is to be reported, the first that certainly is
// one, and packages of the system besides. What a COPY brings is asked of sources.
func Find(ctx *buildcontext.Context, f *dockerfile.File,
	sources func(*dockerfile.Instruction) []buildcontext.Source) (lists [][]*Order) {
	fetched := map[*dockerfile.Stage]map[string]bool{} // what the stage, or one it is built from, installs
	for _, s := range f.Stages() {
		lists = append(lists, findIn(s, fetched, sourceless{ctx, sources, map[*ecosystem.Manager]int{}})...)
	}
	return lists
}

// Downloads returns the RUNs of a Dockerfile that fetch a project's dependencies: those with an install, and those with
// a build that fetches them itself, since its stage has not before, nor one that it is built from.
func Downloads(f *dockerfile.File) map[*dockerfile.Instruction]bool {
	all := map[*dockerfile.Instruction]bool{}
	done := map[*dockerfile.Stage]map[string]bool{} // managers, by stage
	for _, s := range f.Stages() {
		done[s] = map[string]bool{}
		if s.Parent != nil {
			maps.Copy(done[s], done[s.Parent])
		}
		for _, in := range s.Instructions() {
			if in.Name == "RUN" && downloads(in, done[s]) {
				all[in] = true
			}
		}
	}
	return all
}

// downloads reports whether a RUN fetches dependencies, and adds the managers that do to those that are done.
func downloads(in *dockerfile.Instruction, done map[string]bool) bool {
	found, _, _ := Installs(in)
	for _, call := range found {
		done[call.Manager.Name] = true
	}
	builds := false
	for _, call := range fetchingBuilds(in) {
		builds = builds || !done[call.Manager.Name]
		done[call.Manager.Name] = true
	}
	return builds || len(found) > 0
}

// finder finds the mistakes of a stage.
type finder struct {
	sourceless
	stage    *dockerfile.Stage
	done     map[string]bool // what is installed so far, by Install.key and by the names of managers
	installs []*Order        // for each group of copies one
	build    *Order          // the first build that fetches the dependencies of a manager that has not installed any
	along    *Order          // the first command that installs them along with something else
	system   *Order          // installs of packages of the system
}

// findIn returns the mistakes of a stage.
func findIn(s *dockerfile.Stage, fetched map[*dockerfile.Stage]map[string]bool, looked sourceless) [][]*Order {
	f := &finder{sourceless: looked, stage: s, done: map[string]bool{}}
	f.build, f.along, f.system = f.order(), f.order(), f.order()
	f.installs = []*Order{f.order()}
	fetched[s] = f.done
	if s.Parent != nil {
		maps.Copy(f.done, fetched[s.Parent])
	}
	for _, in := range s.Instructions() {
		if in.Name == "RUN" {
			f.run(in)
		}
	}
	return f.lists()
}

// lists are the mistakes, those of which one is to be reported together.
func (f *finder) lists() [][]*Order {
	lists := [][]*Order{{f.installs[0], f.build, f.along, f.system}}
	for _, o := range f.installs[1:] {
		lists = append(lists, []*Order{o})
	}
	for i, list := range lists {
		lists[i] = slices.DeleteFunc(list, func(o *Order) bool {
			o.move(o.Copies)
			return len(o.Installs) == 0
		})
	}
	return slices.DeleteFunc(lists, func(list []*Order) bool { return len(list) == 0 })
}

// move makes those the copies that are to be moved.
func (o *Order) move(copies []*dockerfile.Instruction) {
	o.Copies, o.moved = copies, map[*dockerfile.Instruction]bool{}
	for _, c := range copies {
		o.moved[c] = true
	}
}

func (f *finder) order() *Order { return &Order{stage: f.stage, ctx: f.ctx} }

// run takes in a RUN.
func (f *finder) run(in *dockerfile.Instruction) {
	found, _, _ := Installs(in)
	for _, call := range found {
		f.install(call)
	}
	for _, call := range fetchingBuilds(in) {
		if !f.done[call.Manager.Name] && len(f.build.Installs) == 0 {
			f.add(f.build, call)
		}
	}
	for _, call := range indirect(f.ctx, in) {
		if !call.installed(f.done) && len(f.along.Installs) == 0 {
			f.add(f.along, call)
		}
	}
	f.packages(in)
	if installsByName(in) {
		f.done["pip"] = true
	}
	for _, m := range mayFetch(in) {
		f.done[m.Name] = true
	}
}

// packages takes in a RUN that installs packages of the system.
func (f *finder) packages(in *dockerfile.Instruction) {
	call, ok := systemInstall(in)
	if !ok {
		return
	}
	f.add(f.system, call)
	if last := f.installs[len(f.installs)-1]; len(last.Installs) > 0 {
		last.Installs = append(last.Installs, call) // the copies should pass it as well
	}
}

// maxTogether is the most installs of a group of copies for which it is asked whether they have copies of their own.
const maxTogether = 20

// install takes in an install. One that comes after other copies than those before it has an order of its own.
func (f *finder) install(call Install) {
	last := f.installs[len(f.installs)-1]
	if n := len(last.Installs); n > 0 && n < maxTogether {
		own := f.sourceCopies(f.stage, call)
		if len(own) > 0 && !slices.ContainsFunc(own, func(c *dockerfile.Instruction) bool {
			return slices.Contains(last.Copies, c)
		}) {
			last = f.order()
			f.installs = append(f.installs, last)
		}
	}
	f.add(last, call)
}

// add adds the next install of an order, once COPYs of sources come before it.
func (f *finder) add(o *Order, call Install) {
	again := call.system == "" && f.done[call.key()]
	f.done[call.key()], f.done[call.Manager.Name] = true, true
	if len(o.Installs) == 0 {
		if again {
			return // the dependencies are there; this adds the project itself
		}
		o.Copies = f.sourceCopies(o.stage, call)
	}
	if len(o.Copies) > 0 {
		o.Installs = append(o.Installs, call)
	}
}

// sourceless counts the instructions of a stage that are known to bring no sources of a manager's projects.
type sourceless struct {
	ctx     *buildcontext.Context
	sources func(*dockerfile.Instruction) []buildcontext.Source
	counts  map[*ecosystem.Manager]int
}

// sourceCopies lists the COPYs before the install that bring files which people edit and the
// install does not need: of the whole context, or of a folder with sources in it.
func (looked sourceless) sourceCopies(s *dockerfile.Stage, call Install) []*dockerfile.Instruction {
	var all []*dockerfile.Instruction
	for _, in := range s.Instructions()[looked.counts[call.Manager]:] {
		if in.Index >= call.In.Index {
			break
		}
		switch {
		case (in.Name == "COPY" || in.Name == "ADD") && looked.brings(in, call):
			all = append(all, in)
		case len(all) == 0:
			looked.counts[call.Manager]++
		}
	}
	return all
}

// brings reports whether the COPY brings files that people edit and the install does not need. A file that is named by
// itself counts where the install works.
func (looked sourceless) brings(in *dockerfile.Instruction, call Install) bool {
	ctx, m := looked.ctx, call.Manager
	if in.Flag("from") != nil {
		return looked.built(in, call)
	}
	beside := ctx.Copy(in).Dest() == call.Dir
	for _, src := range looked.sources(in) {
		if !src.Local || !src.Path.Known {
			continue
		}
		if src.Whole() {
			return true
		}
		if !ctx.Known() || strings.HasPrefix(strings.TrimPrefix(src.Path.Text, "./"), ".") {
			continue
		}
		if file := path.Clean(src.Path.Text); len(ctx.Match(file)) == 1 && ctx.Match(file)[0] == file {
			if beside && m.IsSource(file) && !m.IsManifest(file) && !seldomEdited(path.Base(file)) {
				return true
			}
			continue
		}
		edited := func(f string) bool { return m.IsSource(f) && !m.IsManifest(f) }
		if len(ctx.Where(src.Path.Text, m, 1, edited)) > 0 {
			return true
		}
	}
	return false
}

// built reports whether the COPY brings, from a stage that has the sources, what such a stage builds, and to a place
// where the install neither has its manifests nor its packages.
func (looked sourceless) built(in *dockerfile.Instruction, call Install) bool {
	dest := looked.ctx.Copy(in).Dest()
	below, ok := dockerfile.Below(call.Dir, dest)
	stage := in.File().StageNamed(in.Flag("from").Value, in.Stage.Index)
	if call.build || call.system != "" || !ok || below == "" || stage == nil || call.Manager.IsManifest(dest) ||
		slices.ContainsFunc(call.files, func(file string) bool { return !Outside(file, []string{dest}) }) {
		return false
	}
	top, _, _ := strings.Cut(below, "/")
	output, _, _ := strings.Cut(call.Manager.Output, "/")
	return top != output && !strings.HasPrefix(top, ".") && looked.hasSources(stage)
}

// hasSources reports whether the stage, or one that it is built from, takes a folder of the context.
func (looked sourceless) hasSources(s *dockerfile.Stage) bool {
	for ; s != nil; s = s.Parent {
		for _, in := range s.Instructions() {
			if in.Name == "COPY" && slices.ContainsFunc(looked.sources(in), looked.isFolder) {
				return true
			}
		}
	}
	return false
}

func (looked sourceless) isFolder(s buildcontext.Source) bool {
	return s.Local && s.Path.Known && (s.Whole() || looked.ctx.Known() && looked.ctx.Folder(s.Path.Text))
}

// settled are files that are written once: settings of tools, and what a package says of itself.
var settled = []string{"*.config.*", "*.conf.*", "*.setup.*", "*rc.*", "*.md", "setup.py", "conftest.py", "__init__.py",
	"*version.*", "gulpfile.*", "[Gg]runtfile.*", "manage.py"}

// seldomEdited reports whether a file that a COPY names by itself is one of those.
func seldomEdited(name string) bool {
	return slices.ContainsFunc(settled, func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	})
}

// Lead is the copy to report: the one that takes the whole context, or else the first.
func (o *Order) Lead() *dockerfile.Instruction {
	for _, c := range o.Copies {
		if takesContext(c) {
			return c
		}
	}
	return o.Copies[0]
}

// first is the first of the copies that takes files of the context, or else the first.
func (o *Order) first() *dockerfile.Instruction {
	for _, c := range o.Copies {
		if !fromStage(c) {
			return c
		}
	}
	return o.Copies[0]
}

// OfStages reports whether all of the copies bring what other stages build.
func (o *Order) OfStages() bool { return fromStage(o.first()) }

// fromStage reports whether a COPY takes files of a stage rather than of the context.
func fromStage(in *dockerfile.Instruction) bool { return in.Flag("from") != nil }

// Whole reports whether one of the copies takes the whole context.
func (o *Order) Whole() bool { return slices.ContainsFunc(o.Copies, takesContext) }

func takesContext(in *dockerfile.Instruction) bool {
	for _, src := range buildcontext.Sources(in) {
		if src.Local && src.Path.Known && src.Whole() {
			return true
		}
	}
	return false
}

// Certain reports whether the order is wrong although there is no patch: all of the context comes before what certainly
// installs without it.
func (o *Order) Certain(no *Obstacle) bool {
	return (o.Whole() || !no.Advice.Empty()) && !no.NeedsSources && !(o.Fetches() && no.Unsure) && o.System() == ""
}

// Fetches reports whether the patch must add the install itself.
func (o *Order) Fetches() bool { return o.Installs[0].build }
