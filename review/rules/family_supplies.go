package rules

import (
	"slices"
	"sort"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// supply is the lists and caches that one RUN fetches for a package manager, and what becomes of
// them in the image.
type supply struct {
	pm    *ecosystem.System
	run   *dockerfile.Instruction // that fetches them; an ONBUILD where its trigger does
	final bool                    // the image is built from the RUN's stage
	made  []*packageCall          // the calls that fetch, in order; at least one
	used  []*packageCall          // calls of the same RUN that install from them

	cleaned bool           // the RUN itself removes them, or may do so
	late    *cleaning      // what removes them in a later RUN
	later   []*packageCall // calls in later RUNs that install from them
	open    bool           // the same RUN runs a script that may install from them
	stale   bool           // a later RUN has fetched newer lists in their place

	// that a shell puts into later calls of the package manager, any of which may clean or fetch
	values []dockerfile.Value
}

// cleaning is a command that empties the folders of a package manager.
type cleaning struct {
	in  *dockerfile.Instruction
	cmd *dockerfile.Command
}

// maxLive bounds how many uncleaned supplies are followed at once; older ones are left as they are.
const maxLive = 32

// supplies follows the lists and caches of a package manager through the stages of a Dockerfile.
// Supplies in mounts do not get into the image and are left out.
func supplies(f *dockerfile.File, pm *ecosystem.System) []*supply {
	if !called(pm, f) {
		return nil
	}
	w := &supplyWalk{pm: pm, ends: make([][]*supply, f.StageCount())}
	for _, s := range f.Stages() {
		w.live = nil
		if s.Parent != nil {
			w.live = append(w.live, w.ends[s.Parent.Index]...)
		}
		for _, in := range s.Instructions() {
			if in.Name == "RUN" {
				w.run(in, in)
			}
		}
		w.ends[s.Index] = append([]*supply(nil), w.live...)
		for _, in := range s.Instructions() { // triggers run after the stage's end
			if in.Trigger != nil && in.Trigger.Name == "RUN" {
				w.run(in, in.Trigger)
			}
		}
	}
	return w.all
}

type supplyWalk struct {
	pm      *ecosystem.System
	all     []*supply
	live    []*supply    // those that are in the image where the walk is, oldest first
	ends    [][]*supply  // live at the end of each stage
	fetched *syntax.Stmt // the part of the RUN that fetched lists last
}

// run takes in one RUN; in is the instruction itself or the ONBUILD that holds it.
func (w *supplyWalk) run(in, run *dockerfile.Instruction) {
	if listsMounted(w.pm, run) {
		return
	}
	if run.Script == nil || run.Script.File == nil {
		w.script(in)
		return
	}
	links := shell.Links(run.Script)
	w.fetched = nil
	for _, c := range run.Script.Commands() {
		call := packageCallOf(w.pm, in, c)
		if call != nil {
			w.values(in, c)
		}
		switch {
		case call.does(w.pm.Refresh):
			w.refresh(in, call, linkOf(links, c))
		case call.does(w.pm.Installs), call.does(w.pm.Reads):
			w.install(in, call, linkOf(links, c))
		case w.cleansOther(in, c):
		case emptiesLists(w.pm, run, c):
			w.clean(cleaning{in, c}, unconditional(linkOf(links, c), c))
		case mayClean(run, c):
			w.perhapsClean(in)
		case call == nil && opaque(run, c):
			w.script(in)
		}
	}
}

// values takes in what a shell puts into a call, for the supplies of earlier RUNs.
func (w *supplyWalk) values(in *dockerfile.Instruction, c *dockerfile.Command) {
	given := shell.Values(in, c.Words...)
	for _, s := range w.live {
		if s.run != in {
			s.values = append(s.values, given...)
		}
	}
}

// linkOf returns the one of the statements that holds the command; nil where none does.
func linkOf(links []*syntax.Stmt, c *dockerfile.Command) *syntax.Stmt {
	i := sort.Search(len(links), func(i int) bool { return links[i].End().Offset() >= c.Call.End().Offset() })
	if i == len(links) || links[i].Pos().Offset() > c.Call.Pos().Offset() {
		return nil
	}
	return links[i]
}

// current returns the supply of the RUN, and begins one where there is none.
func (w *supplyWalk) current(in *dockerfile.Instruction) *supply {
	if n := len(w.live); n > 0 && w.live[n-1].run == in {
		return w.live[n-1]
	}
	s := &supply{pm: w.pm, run: in, final: in.Stage.Ships()}
	w.all = append(w.all, s)
	if len(w.live) == maxLive {
		w.live = w.live[1:]
	}
	w.live = append(w.live, s)
	return s
}

// refresh takes in a call that fetches lists. Those of older supplies are replaced, unless the
// call is under a condition.
func (w *supplyWalk) refresh(in *dockerfile.Instruction, call *packageCall, link *syntax.Stmt) {
	s := w.current(in)
	s.made = append(s.made, call)
	w.fetched = link
	if unconditional(link, call.cmd) {
		for _, older := range w.live {
			older.stale = older != s
		}
	}
}

// install takes in a call that installs: it uses the supplies that there may be, and, of a manager
// that fetches by itself, makes one.
func (w *supplyWalk) install(in *dockerfile.Instruction, call *packageCall, link *syntax.Stmt) {
	own := w.fetched != nil && w.fetched == link || call.Has("--no-cache", "-U", "--update", "--update-cache")
	for i, s := range w.live {
		newest := i == len(w.live)-1 // which an install of apk's brings up to date
		if w.pm.NeedsLists && s.run != in && !s.stale && !own && (newest || w.pm != ecosystem.Apk) {
			s.later = append(s.later, call)
		}
	}
	if call.fetches(w.pm) {
		s := w.current(in)
		s.made = append(s.made, call)
		s.used = append(s.used, call)
	} else if n := len(w.live); n > 0 && w.live[n-1].run == in {
		w.live[n-1].used = append(w.live[n-1].used, call)
	}
}

// does reports whether the command is a call of one of the subcommands.
func (c *packageCall) does(subs []string) bool { return c != nil && slices.Contains(subs, c.Sub.Text) }

// fetches reports whether an installing call leaves lists or caches.
func (c *packageCall) fetches(pm *ecosystem.System) bool {
	switch pm {
	case ecosystem.Apt:
		return false
	case ecosystem.Apk:
		return !c.Has("--no-cache") && c.does(pm.Installs)
	}
	return c.does(pm.Installs)
}

// clean takes in a command that empties the folders: in the RUN that filled them, or too late. It
// may not be certain to run.
func (w *supplyWalk) clean(c cleaning, certain bool) {
	if n := len(w.live); n > 0 && w.live[n-1].run == c.in {
		w.live[n-1].cleaned = true
		w.live = w.live[:n-1]
	} else {
		for _, s := range w.live {
			if c.in.Trigger == nil || s.run.Trigger != nil { // else in an image of its own
				s.late = &c
			}
		}
	}
	if certain {
		w.live = nil
	}
}

// unconditional reports whether the command is the whole of its link of the script, under no condition but
// that what comes before it succeeds.
func unconditional(link *syntax.Stmt, c *dockerfile.Command) bool {
	return link != nil && link.Cmd == syntax.Command(c.Call)
}

// cleansOther reports whether the command is microdnf's cleanup of what dnf has fetched in the same RUN, or the other
// way round: their caches are in different folders. What it does clean is left out of the supply.
func (w *supplyWalk) cleansOther(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	n := len(w.live)
	if w.pm != ecosystem.RPM || n == 0 || w.live[n-1].run != in || !slices.Contains(w.pm.Programs, c.Name) ||
		!slices.Contains(w.pm.Cleans, readSystem(w.pm, in, c).Sub.Text) {
		return false
	}
	cleaned := func(call *packageCall) bool {
		return (call.cmd.Name == "microdnf") == (c.Name == "microdnf") || call.cmd.Name == "yum"
	}
	s := w.live[n-1]
	if !slices.ContainsFunc(s.made, func(call *packageCall) bool { return !cleaned(call) }) {
		return false
	}
	s.made, s.used = slices.DeleteFunc(s.made, cleaned), slices.DeleteFunc(s.used, cleaned)
	return true
}

// perhapsClean takes in a command that may empty the folders.
func (w *supplyWalk) perhapsClean(in *dockerfile.Instruction) {
	if n := len(w.live); n > 0 && w.live[n-1].run == in {
		w.live[n-1].cleaned = true
	}
	w.live = nil
}

// script takes in something that may install.
func (w *supplyWalk) script(in *dockerfile.Instruction) {
	if n := len(w.live); n > 0 && w.live[n-1].run == in {
		w.live[n-1].open = true
	}
}

// kept reports whether the supply is in the image that the Dockerfile makes in the end.
func (s *supply) kept() bool { return !s.cleaned && s.final }
