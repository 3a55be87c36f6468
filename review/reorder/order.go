// Package reorder finds the order that makes builds slow, and writes the better one: a stage copies its sources and
// then installs its dependencies, so that every change of a source installs them again.
//
// Find looks at each stage for an install (Install: a call of a package manager, read by what review/ecosystem knows of
// it) after COPYs of files that people edit. A Plan then says what the install reads, from the build context and the
// manifests in it: those files are copied first, the install follows, and the copies come last. A plan holds only where
// all that comes between is known to leave the sources alone (Independent). Where one thing is not known, there is an
// Obstacle with the reason, never a guess. It must never write a patch that moves anything but the copies, or runs
// other commands.
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

// Find returns the mistakes of a Dockerfile, for each stage those that one patch at most can fix: the one that matters
// most comes first. What a COPY brings is asked of sources.
func Find(ctx *buildcontext.Context, f *dockerfile.File,
	sources func(*dockerfile.Instruction) []buildcontext.Source) (stages [][]*Order) {
	fetched := map[*dockerfile.Stage]map[string]bool{} // what the stage, or one it is built from, installs
	for _, s := range f.Stages() {
		looked := sourceless{ctx, sources, map[*ecosystem.Manager]int{}}
		if all := findIn(s, fetched, looked); len(all) > 0 {
			stages = append(stages, all)
		}
	}
	return stages
}

// findIn returns the stage's first install that comes after a COPY of sources, with all such COPYs before it and all
// installs after. Then comes the first build that fetches the dependencies of a manager that has not installed any.
func findIn(s *dockerfile.Stage, fetched map[*dockerfile.Stage]map[string]bool, looked sourceless) []*Order {
	install := &Order{stage: s, ctx: looked.ctx}
	build := &Order{stage: s, ctx: looked.ctx}
	done := map[string]bool{}
	fetched[s] = done
	if s.Parent != nil {
		maps.Copy(done, fetched[s.Parent])
	}
	for _, in := range s.Instructions() {
		found, _, _ := Installs(in)
		for _, call := range found {
			install.add(call, done, looked)
		}
		for _, call := range fetchingBuilds(in) {
			if !done[call.Manager.Name] && len(build.Installs) == 0 {
				build.add(call, done, looked)
			}
		}
		for _, m := range mayFetch(in) {
			done[m.Name] = true
		}
	}
	return slices.DeleteFunc([]*Order{install, build}, func(o *Order) bool {
		o.moved = map[*dockerfile.Instruction]bool{}
		for _, c := range o.Copies {
			o.moved[c] = true
		}
		return len(o.Installs) == 0
	})
}

// add adds the next install of the stage, once COPYs of sources come before it. done are the installs up to it.
func (o *Order) add(call Install, done map[string]bool, looked sourceless) {
	again := done[call.key()]
	done[call.key()], done[call.Manager.Name] = true, true
	if len(o.Installs) == 0 {
		if again {
			return // the dependencies are there; this adds the project itself
		}
		o.Copies = looked.sourceCopies(o.stage, call)
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
		if len(all) == 0 {
			looked.counts[call.Manager]++
		}
		if (in.Name == "COPY" || in.Name == "ADD") && looked.brings(in, call.Manager) {
			all = append(all, in)
		}
	}
	return all
}

// brings reports whether the COPY brings files that people edit and an install of the manager does not need.
func (looked sourceless) brings(in *dockerfile.Instruction, m *ecosystem.Manager) bool {
	ctx := looked.ctx
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
		itself := strings.TrimPrefix(src.Path.Text, "./")
		edited := func(f string) bool { return m.IsSource(f) && m.Manifest(path.Base(f)) == nil && f != itself }
		if len(ctx.Where(src.Path.Text, m, 1, edited)) > 0 {
			return true
		}
	}
	return false
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
	return o.Whole() && !no.NeedsSources && !(o.Fetches() && no.Unsure)
}

// Fetches reports whether the patch must add the install itself.
func (o *Order) Fetches() bool { return o.Installs[0].build }
