package review

import (
	"regexp"
	"slices"
	"sync"

	"github.com/dfbot/dfbot/review/analysis"
)

// history is what dfbot said before, held against what is found now.
type history struct {
	entries  []*entry
	findings []*earlier              // each once, of all comments and of what has none
	held     map[*earlier]bool       // of those, what had no comment, since there were enough
	now      map[string]*current     // what is found now, by fingerprint
	about    map[string][]*entry     // the comments about it, by the same
	hushed   hushes                  // what people ignore on this pull request
	reviewed map[string]judgement    // by path: what is known of a file
	active   map[string]activeRule   // by path: whether a rule is on
	veils    map[string]func() *veil // by path: what of a file cannot be judged
}

type activeRule func(name string) bool

// hushes reports whether a command silences the diagnostic that the comment is about.
type hushes func(d analysis.Diagnostic, said *Said) bool

// judgement is whether a finding that is not found is gone.
type judgement struct {
	whole  bool   // the file was reviewed in full: what is not found is not there
	ending Ending // where the file is not reviewed any more, why; else the zero one
}

// entry is an earlier comment.
type entry struct {
	said     *Said
	marker   Marker
	findings []*earlier // as in the marker
}

// suggestionFence begins a suggestion in a comment of dfbot's.
var suggestionFence = regexp.MustCompile("(?m)^`{3,}suggestion\r?$")

// weight orders comments by what became of them: a person's word counts most. What had no comment counts less.
var weight = map[State]int{Closed: 1, Open: 2, Dismissed: 3}

// read keeps the comments that have a marker. One that is marked as fixed is closed, whatever
// GitHub says of its thread.
func (p Prior) read() *history {
	h := &history{held: map[*earlier]bool{}}
	known := map[string]*earlier{} // by fingerprint
	for i := range p.Comments {
		said := p.Comments[i]
		m, ok := ParseMarker(said.Body)
		if !ok {
			continue
		}
		if m.Fixed != "" && said.State == Open {
			said.State = Closed
		}
		m.withRules(Unmarked(said.Body))
		e := &entry{said: &said, marker: m}
		for _, t := range m.Findings {
			e.findings = append(e.findings, h.finding(known, t, &said))
		}
		h.entries = append(h.entries, e)
	}
	for _, e := range h.entries {
		for _, t := range e.marker.Held {
			f := h.finding(known, t, nil)
			h.held[f] = true
		}
	}
	return h
}

// finding is the one finding of the fingerprint, with what is known of it from the heaviest of its comments.
func (h *history) finding(known map[string]*earlier, t Trace, said *Said) *earlier {
	f := known[t.Fingerprint]
	if f == nil {
		f = &earlier{Trace: t}
		known[t.Fingerprint] = f
		h.findings = append(h.findings, f)
	}
	if said == nil || weight[said.State] < f.weight {
		return f
	}
	if f.Rule == "" || !t.bare() {
		f.Trace = t
	}
	f.weight, f.path = weight[said.State], said.Path
	f.from, f.to = said.Start, said.End
	if said.Outdated {
		f.from, f.to = 0, 0
	}
	return f
}

// meet finds the earlier findings among those of now.
func (h *history) meet(now []*current, p paths) {
	h.now, h.about = map[string]*current{}, map[string][]*entry{}
	p.match(h.findings, now)
	for _, c := range now {
		h.now[c.Fingerprint] = c
	}
	for _, e := range h.entries {
		for _, f := range e.findings {
			if f.current != nil {
				h.about[f.current.Fingerprint] = append(h.about[f.current.Fingerprint], e)
			}
		}
	}
}

// of returns the comment about what has the fingerprint now: a dismissed one before an open one before one that dfbot
// closed itself; nil where there is none.
func (h *history) of(fingerprint string) (best *Said, state State) {
	state = Closed
	for _, e := range h.about[fingerprint] {
		if best == nil || weight[e.said.State] > weight[state] {
			best, state = e.said, e.said.State
		}
	}
	return best, state
}

// revivable returns a comment on the file that was closed because its findings were gone, where one of the group is
// such a finding and the comment's lines are still in the diff. One on the same lines is best. No one sees one in a
// thread that is folded, which no one can open.
func (h *history) revivable(c *candidate, used map[*Said]bool, folded []int64) *Said {
	var best *Said
	for _, e := range h.entries {
		s := e.said
		fits := s.State == Closed && e.marker.Fixed != "" && !s.Outdated && (!s.Resolved || s.Thread != "") &&
			!slices.Contains(folded, s.ID) && s.End > 0 && s.Path == c.group.Path && !used[s] &&
			e.about(c.group.Diagnostics)
		if fits && (best == nil || s.on(c.start, c.end)) {
			best = s
		}
	}
	return best
}

// about reports whether the comment is about one of the diagnostics.
func (e *entry) about(ds []analysis.Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d analysis.Diagnostic) bool {
		return slices.ContainsFunc(e.findings, func(f *earlier) bool {
			return f.current != nil && f.current.Fingerprint == d.Fingerprint
		})
	})
}

// entryOf is the entry of the comment.
func (h *history) entryOf(s *Said) *entry {
	return h.entries[slices.IndexFunc(h.entries, func(e *entry) bool { return e.said == s })]
}

// id is the number of the comment; 0 where it is nil.
func (s *Said) id() int64 {
	if s == nil {
		return 0
	}
	return s.ID
}

func (s *Said) on(start, end int) bool { return s.Start == start && s.End == end }

// heldNow are the fingerprints of what was found before and has no comment, since there were enough.
func (h *history) heldNow() map[string]bool {
	all := map[string]bool{}
	for f := range h.held {
		if f.current != nil {
			all[f.current.Fingerprint] = true
		}
	}
	return all
}

// undone reports whether the comment may still have to be marked as done. dfbot resolves a thread before it edits the
// comment, and may have died between.
func (e *entry) undone() bool {
	s, unmarked := e.said, e.marker.Fixed == ""
	return s.State == Open || unmarked && (s.Declined || s.State == Closed && s.Resolved)
}

// lives reports whether one of the comment's findings is still the pull request's, and something to comment on.
func (h *history) lives(e *entry, f *earlier) bool {
	return f.current != nil && f.current.status <= unsure && !h.hushed(f.current.diagnostic, e.said)
}

// living reports whether any of them is.
func (h *history) living(e *entry) bool {
	return slices.ContainsFunc(e.findings, func(f *earlier) bool { return h.lives(e, f) })
}

// fate is what became of a finding that is not reported any more, and whether that is known.
func (h *history) fate(e *entry, f *earlier, pull Pull, policy Policy) (how Ending, known bool) {
	if c := f.current; c != nil {
		return statuses[c.status], true
	}
	path := e.said.Path
	switch j := h.reviewed[path]; {
	case j.ending != 0:
		return j.ending, true
	case !j.whole:
		return 0, false
	case f.Rule != "" && policy.Ignored(path, f.Rule):
		return IgnoredByConfig, true
	case f.Rule != "" && !h.active[path](f.Rule):
		return TurnedOff, true
	case h.veils[path]().hides(f):
		return 0, false
	case f.bare() && h.another(f.Rule, path):
		return Changed, true
	case e.marker.Head == pull.Head:
		return NotFound, true
	}
	return Mended, true
}

// statuses are how comments end whose findings are there and not reported. What lives and is not reported, a person
// ignores.
var statuses = map[status]Ending{live: IgnoredByCommand, unsure: IgnoredByCommand, before: WasThereBefore,
	excepted: IgnoredByConfig, silenced: SilencedInFile, off: TurnedOff}

// another reports whether the rule finds something in the file that the pull request brings, and that no comment is
// about: it may have found the same again in code that has changed.
func (h *history) another(rule, path string) bool {
	for _, c := range h.now {
		if c.Rule == rule && c.path == path && c.status == live && !c.taken {
			return true
		}
	}
	return false
}

// done returns the comments not marked yet of which no finding is left. One that a person answered no to keeps its text
// unless a comment in the file says no too.
func (h *history) done(pull Pull, policy Policy) []Done {
	var done []Done
	for _, e := range h.entries {
		if !e.undone() || h.living(e) {
			continue
		}
		if how, known := h.ending(e, pull, policy); known && (!e.said.Declined || how == SilencedInFile) {
			done = append(done, Done{*e.said, how})
		}
	}
	return done
}

// ending is why the comment is done: of several reasons, the one that a reader should know first.
func (h *history) ending(e *entry, pull Pull, policy Policy) (worst Ending, known bool) {
	for i, f := range e.findings {
		how, known := h.fate(e, f, pull, policy)
		if !known {
			return 0, false
		}
		if i == 0 || slices.Index(telling, how) < slices.Index(telling, worst) {
			worst = how
		}
	}
	return worst, len(e.findings) > 0
}

// telling are the endings, those that ask most of a reader first.
var telling = []Ending{SilencedInFile, IgnoredByCommand, IgnoredByConfig, TurnedOff, ExcludedByConfig, Changed,
	NotFound, WasThereBefore, NoLongerChanged, DeletedOrRenamed, Mended}

// judge notes what is known of each file with an earlier comment.
func (h *history) judge(results []analysis.Result, pull Pull) {
	h.reviewed, h.active, h.veils = map[string]judgement{}, map[string]activeRule{}, map[string]func() *veil{}
	for _, all := range []struct {
		paths []string
		how   Ending
	}{{pull.Left, NoLongerChanged}, {pull.LeftOut, ExcludedByConfig}, {pull.Removed, DeletedOrRenamed}} {
		for _, path := range all.paths {
			h.reviewed[path] = judgement{ending: all.how}
		}
	}
	for i := range results {
		res := &results[i]
		if (res.Parsed() || !res.IsDockerfile()) && res.Foreign.Empty() && len(res.Crashed) == 0 && len(res.Gaps) == 0 {
			h.reviewed[res.Unit.Path] = judgement{whole: true}
			h.active[res.Unit.Path] = func(name string) bool { return active(res.Unit.Rules, name) }
			h.veils[res.Unit.Path] = sync.OnceValue(func() *veil { return veilOf(res) })
		}
	}
}

// active reports whether the rule is on in this run.
func active(rules []analysis.Active, name string) bool {
	return name == analysis.DoesNotParse.Name ||
		slices.ContainsFunc(rules, func(a analysis.Active) bool {
			return a.Rule.Name == name && a.Severity != analysis.Off
		})
}
