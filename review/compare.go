package review

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/follow"
	"github.com/dfbot/dfbot/review/shell"
)

// Standing is what the pull request has to do with a diagnostic.
type Standing uint8

const (
	Unknown    Standing = iota // it is not known whether it was there before
	Introduced                 // it was not
	Worse                      // it was, and the pull request adds to it
	Older                      // it was
)

// Own reports whether the diagnostic is the pull request's own doing.
func (s Standing) Own() bool { return s == Introduced || s == Worse }

// compare compares the diagnostics of the file with those of the base.
func (c Change) compare(head *analysis.Result) Comparison {
	if !c.Added {
		return Compare(head, c.Base)
	}
	out := Comparison{Found: make([]Compared, len(head.Diagnostics))}
	for i := range out.Found {
		out.Found[i].Standing = Introduced
	}
	return out
}

// changes are the lines of the file that the pull request changes; none where the base is not known.
func (c Change) changes(head *analysis.Result) diff.Changes {
	if c.Base == nil {
		return diff.Changes{}
	}
	return diff.Compare(c.Base.Unit.Src, head.Unit.Src, 0).Changes()
}

// compare compares the diagnostics of a file with those of the base, and marks those that are raised: what the pull
// request brings, and what the scope takes in.
func (p Policy) compare(c Change, head *analysis.Result) Comparison {
	out := c.compare(head)
	var changes diff.Changes
	if p.Scope == config.ScopeChangedLines {
		changes = c.changes(head)
	}
	for i, d := range head.Diagnostics {
		f := &out.Found[i]
		f.Raised = f.Standing.Own() || p.Scope == config.ScopeAll && !c.Untouched || touches(changes, d)
	}
	if c.Stack != nil {
		for i, whole := range c.Stack.compare(head).Found {
			f := &out.Found[i]
			f.Lower = f.Standing == Older && whole.Standing.Own()
		}
	}
	return out
}

// HasOlder reports whether something in the file was there before, and is not raised.
func (p Policy) HasOlder(c Change, head *analysis.Result) bool {
	return slices.ContainsFunc(p.compare(c, head).Found, func(f Compared) bool {
		return f.Standing == Older && !f.Raised
	})
}

// Wants returns which diagnostics of a file are raised, as [analysis.Unit] asks for it.
func (p Policy) Wants(c Change) func(*analysis.Result) func(analysis.Diagnostic) bool {
	return func(head *analysis.Result) func(analysis.Diagnostic) bool {
		wanted := map[string]bool{}
		for i, f := range p.compare(c, head).Found {
			wanted[head.Diagnostics[i].Fingerprint] = f.Raised
		}
		return func(d analysis.Diagnostic) bool { return wanted[d.Fingerprint] }
	}
}

// Comparison is what a pull request does to the diagnostics of one Dockerfile.
type Comparison struct {
	Found []Compared            // of the head, in the order of its Diagnostics
	Fixed []analysis.Diagnostic // of the base, and not of the head
}

// Compared is what the base says of one diagnostic of the head.
type Compared struct {
	Standing Standing
	Raised   bool                 // it is reported, as the policy says
	Lower    bool                 // it is Older since a pull request below in the stack brings it
	Before   *analysis.Diagnostic // its counterpart on the base; nil where it has none
	// TakenAway reports of one that is Introduced that the pull request deletes what is missing.
	TakenAway bool
	// Gone are places on the base, of one that is Introduced: the instructions of its stage that the head lacks.
	Gone []analysis.Place
}

// Compare compares what the same rules find in two versions of one Dockerfile. Without a base, nothing is known.
//
// A counterpart is of the same rule, code and subject, in the instruction as it was before (see package follow). Where
// something is missing, it is in the same stage, or shown elsewhere if that stage is new. Words that were moved to
// another instruction are found there. What a comment silences, or another rule reports better, is not fixed; nor is
// what only cannot be seen any more.
func Compare(head, base *analysis.Result) Comparison {
	switch {
	case base == nil:
		return Comparison{Found: make([]Compared, len(head.Diagnostics))}
	case !head.Parsed():
		return refused(head, base)
	}
	after, before := head.Parse(), base.Parse()
	if before == nil || after == nil {
		return byLines(head, base)
	}
	c := &comparer{head: head, base: base, trail: follow.From(before, after)}
	c.match(before, after)
	c.look(after)
	return c.comparison()
}

// refused compares diagnostics of a file that does not parse.
func refused(head, base *analysis.Result) Comparison {
	c := Comparison{Found: make([]Compared, len(head.Diagnostics))}
	for i, d := range head.Diagnostics {
		c.Found[i].Standing = Introduced
		for j := range base.Diagnostics {
			if b := &base.Diagnostics[j]; b.Rule == d.Rule && b.Subject == d.Subject {
				c.Found[i] = Compared{Standing: Older, Before: b}
			}
		}
	}
	return c
}

// byLines compares with a base of which only the text is known: what is in a changed line is introduced.
func byLines(head, base *analysis.Result) Comparison {
	c := Comparison{Found: make([]Compared, len(head.Diagnostics))}
	changes := diff.Compare(base.Unit.Src, head.Unit.Src, 0).Changes()
	for i, d := range head.Diagnostics {
		if touches(changes, d) {
			c.Found[i].Standing = Introduced
		}
	}
	c.Fixed = base.Diagnostics // at most that it does not parse
	return c
}

// touches reports whether one of the instructions that take part in the diagnostic is changed.
func touches(changes diff.Changes, d analysis.Diagnostic) bool {
	return slices.ContainsFunc(places(d), func(p analysis.Place) bool { return changes.Touch(p.Line, p.EndLine) })
}

// places are the whole instructions that take part in the diagnostic, else its own place.
func places(d analysis.Diagnostic) []analysis.Place {
	if len(d.Related) == 0 {
		return []analysis.Place{d.Place}
	}
	return d.Related
}

// comparer pairs the diagnostics of two results.
type comparer struct {
	head, base *analysis.Result
	trail      *follow.Trail
	gone       map[*dockerfile.Stage][]analysis.Place
	later      map[*dockerfile.Instruction]*dockerfile.Instruction // what those of the base are at the head
	laterStage map[*dockerfile.Stage]*dockerfile.Stage
	now, was   []*sighting // those of the head's Diagnostics and the base's Diagnostics come first
}

// sighting is one diagnostic with what it is known again by.
type sighting struct {
	d     *analysis.Diagnostic
	in    *dockerfile.Instruction // of its own file; nil where it is about the whole file
	stage *dockerfile.Stage       // as it was on the base
	at    *dockerfile.Instruction // the same
	isNew bool                    // its instruction is
	words string                  // those that are wrong, without layout; "" where they say nothing
	other *sighting               // its counterpart
}

// match pairs in passes, the surest first: the same words in the same instruction, the same words elsewhere in the
// stage, anything in the same instruction; what is missing in the same stage, or in the file; the same words anywhere.
func (c *comparer) match(before, after *dockerfile.File) {
	c.now = sightings(after, func(s *sighting) {
		s.stage, s.at = c.trail.Stage(s.in.Stage), c.trail.Instruction(s.in)
		s.isNew = s.at == nil
	}, c.head.Diagnostics, ignored(c.head), c.head.Unsaid, c.head.TurnedOff)
	c.was = sightings(before, func(s *sighting) { s.stage, s.at = s.in.Stage, s.in },
		c.base.Diagnostics, c.base.Unsaid)
	type place struct {
		at    any
		words string
	}
	shown := func(s *sighting) bool { return s.in == nil || s.d.Lacks != "" } // its instruction is not what is wrong
	c.pass(func(s *sighting) (any, bool) { return place{s.at, s.words}, !s.isNew && !shown(s) })
	c.pass(func(s *sighting) (any, bool) { return place{s.stage, s.words}, s.words != "" && !shown(s) })
	c.pass(func(s *sighting) (any, bool) { return s.at, !s.isNew && !shown(s) })
	c.pass(func(s *sighting) (any, bool) { return s.stage, shown(s) })
	c.pass(func(s *sighting) (any, bool) { return nil, shown(s) })
	c.pass(func(s *sighting) (any, bool) { return s.words, s.words != "" && !shown(s) })
}

// look notes what the instructions and stages of the base are at the head.
func (c *comparer) look(after *dockerfile.File) {
	c.later = map[*dockerfile.Instruction]*dockerfile.Instruction{}
	c.laterStage = map[*dockerfile.Stage]*dockerfile.Stage{}
	for _, in := range after.Instructions() {
		if was := c.trail.Instruction(in); was != nil {
			c.later[was] = in
		}
	}
	for _, s := range after.Stages() {
		if was := c.trail.Stage(s); was != nil {
			c.laterStage[was] = s
		}
	}
}

func ignored(r *analysis.Result) []analysis.Diagnostic {
	all := make([]analysis.Diagnostic, len(r.Ignored))
	for i := range r.Ignored {
		all[i] = r.Ignored[i].Diagnostic
	}
	return all
}

// sightings lists the diagnostics of one file; follow fills in where their instructions were.
func sightings(f *dockerfile.File, follow func(*sighting), lists ...[]analysis.Diagnostic) []*sighting {
	var all []*sighting
	for _, list := range lists {
		for i := range list {
			s := &sighting{d: &list[i]}
			if len(s.d.Related) > 0 {
				s.in = f.At(s.d.Related[0].Line)
			}
			if s.in != nil {
				s.words = wordsOf(f, s)
				follow(s)
			}
			all = append(all, s)
		}
	}
	return all
}

// wordsOf are the words that are wrong, in one layout. A keyword alone says nothing.
func wordsOf(f *dockerfile.File, s *sighting) string {
	if s.d.Span.Len() == 0 || s.d.Span == s.in.Keyword {
		return ""
	}
	fields := strings.Fields(f.Text(s.d.Span))
	escape := string(rune(f.Escape))
	return strings.Join(slices.DeleteFunc(fields, func(w string) bool { return w == escape }), " ")
}

// pass pairs what has no counterpart yet and the same rule, code, subject and key, in the order of the file.
func (c *comparer) pass(key func(*sighting) (any, bool)) {
	type mistake struct {
		rule                 *analysis.Rule
		code, subject, lacks string
		key                  any
	}
	of := func(s *sighting) (mistake, bool) {
		k, ok := key(s)
		return mistake{s.d.Rule, s.d.Code, s.d.Subject, s.d.Lacks, k}, ok && s.other == nil
	}
	left := map[mistake][]*sighting{}
	for _, s := range c.was {
		if m, ok := of(s); ok {
			left[m] = append(left[m], s)
		}
	}
	for _, s := range c.now {
		m, ok := of(s)
		if all := left[m]; ok && len(all) > 0 {
			s.other, all[0].other = all[0], s
			left[m] = all[1:]
		}
	}
}

func (c *comparer) comparison() Comparison {
	c.gone = c.places()
	out := Comparison{Found: make([]Compared, len(c.head.Diagnostics))}
	for i := range out.Found {
		out.Found[i] = c.compared(c.now[i])
	}
	for _, s := range c.was[:len(c.base.Diagnostics)] {
		if s.other == nil && c.head.Complete(s.d.Rule) && !c.hidden(s) {
			out.Fixed = append(out.Fixed, *s.d)
		}
	}
	return out
}

func (c *comparer) compared(s *sighting) Compared {
	switch {
	case s.other != nil && s.grew():
		return Compared{Standing: Worse, Before: s.other.d}
	case s.other != nil:
		return Compared{Standing: Older, Before: s.other.d}
	case !c.base.Complete(s.d.Rule) && (s.in == nil || c.trail.Same(s.in)):
		return Compared{} // it may not have been looked for
	case c.unseen(s):
		return Compared{}
	}
	if s.in == nil {
		return Compared{Standing: Introduced}
	}
	taken := slices.ContainsFunc(c.trail.Gone(), func(in *dockerfile.Instruction) bool {
		return in.Stage == s.stage && in.Name == s.d.Lacks
	})
	return Compared{Standing: Introduced, TakenAway: taken, Gone: c.gone[s.stage]}
}

// unseen reports whether nothing of the mistake is new but that the build context is known, so that it may only not
// have been seen on the base.
func (c *comparer) unseen(s *sighting) bool {
	if s.in == nil || s.d.Lacks != "" || !c.head.Placed() || c.base.Placed() {
		return false
	}
	return !slices.ContainsFunc(s.d.Related, func(p analysis.Place) bool {
		in := s.in.File().At(p.Line)
		return in == nil || !c.trail.Same(in)
	})
}

// places sorts what is gone of the base by its stage.
func (c *comparer) places() map[*dockerfile.Stage][]analysis.Place {
	gone := map[*dockerfile.Stage][]analysis.Place{}
	for _, in := range c.trail.Gone() {
		gone[in.Stage] = append(gone[in.Stage], analysis.PlaceOf(in.File(), in.Span))
	}
	return gone
}

// grew reports whether the mistake is larger than it was: more severe, of a larger extent in one of its kinds, of more
// instructions, in a further build context, or of a command that installs more.
func (s *sighting) grew() bool {
	was := s.other.d
	for kind, n := range s.d.Extent {
		if n > was.Extent[kind] {
			return true
		}
	}
	return s.d.Severity > was.Severity || len(s.d.Related) > len(was.Related) ||
		len(was.Contexts) > 0 && slices.ContainsFunc(s.d.Contexts, func(dir string) bool {
			return !slices.Contains(was.Contexts, dir)
		}) ||
		s.installs() > s.other.installs()
}

// adds are the subcommands that install what is named after them.
var adds = []string{"install", "add", "i", "in", "groupinstall", "localinstall", "reinstall", "require", "get"}

// installs counts what the commands that are wrong install.
func (s *sighting) installs() int {
	if s.in == nil {
		return 0
	}
	n := 0
	for _, cmd := range shell.Commands(s.in) {
		if cmd.Span.Overlaps(s.d.Span) && cmd.Name != "" {
			if call := shell.Read(s.in, cmd); slices.Contains(adds, call.Verb()) {
				n += len(call.Operands)
			}
		}
	}
	return n
}
