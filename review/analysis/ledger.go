package analysis

import (
	"slices"
	"sort"
)

// roll lists the diagnostics of a file by the ways in which they may be known again. All proofs share it.
type roll struct {
	all       []Diagnostic
	byText    map[known]*pile
	byMessage map[known]*pile // nil until it is needed
}

// known is how a diagnostic may be known again: by the text of its instruction or by what it says.
type known struct {
	rule    *Rule
	text    *string
	message string
}

// pile is the diagnostics that are known by the same, as indexes in roll.all.
type pile struct{ of []int }

func newRoll(all []Diagnostic) *roll {
	r := &roll{all: all, byText: map[known]*pile{}}
	for i := range all {
		put(r.byText, known{rule: all[i].Rule, text: all[i].text}, i)
	}
	return r
}

func put(m map[known]*pile, k known, i int) {
	p := m[k]
	if p == nil {
		p = &pile{}
		m[k] = p
	}
	p.of = append(p.of, i)
}

// saying is the pile of the diagnostics that say the same.
func (r *roll) saying(d *Diagnostic) *pile {
	if r.byMessage == nil {
		r.byMessage = map[known]*pile{}
		for i := range r.all {
			put(r.byMessage, known{rule: r.all[i].Rule, message: r.all[i].Message.String()}, i)
		}
	}
	return r.byMessage[known{rule: d.Rule, message: d.Message.String()}]
}

// ledger finds old diagnostics again after a fix elsewhere: by the instruction they are about, by their message, or, if
// the fix rewrote their instruction, as one of the rule's in such a place. It includes those that another rule reports
// better: once that mistake is fixed, they are reported.
type ledger struct {
	*roll
	gone      map[string]bool // fingerprints of those that must not be found again
	used      []bool
	rewritten map[*Rule]*pile
	at        map[*pile]int // how much of the pile is used up
}

func (r *Result) ledger(gone map[string]bool, edits []Edit) *ledger {
	if r.roll == nil {
		r.roll = newRoll(slices.Concat(r.Diagnostics, r.Unsaid))
	}
	l := &ledger{roll: r.roll, gone: gone, used: make([]bool, len(r.roll.all)), rewritten: map[*Rule]*pile{},
		at: map[*pile]int{}}
	lines := r.rewrittenLines(edits)
	r.Unit.File.Charge(ledgerCost * len(l.all))
	for i := range l.all {
		d := &l.all[i]
		if len(d.Related) == 0 || !lines.touch(d.Related[0]) {
			continue
		}
		if l.rewritten[d.Rule] == nil {
			l.rewritten[d.Rule] = &pile{}
		}
		l.rewritten[d.Rule].of = append(l.rewritten[d.Rule].of, i)
	}
	return l
}

// crossOff removes the old diagnostic that d is, and reports whether there was one.
func (l *ledger) crossOff(d Diagnostic) bool {
	return l.strike(l.byText[known{rule: d.Rule, text: d.text}]) || l.strike(l.saying(&d)) ||
		l.strike(l.rewritten[d.Rule])
}

// strike takes the next diagnostic from the pile.
func (l *ledger) strike(p *pile) bool {
	if p == nil {
		return false
	}
	for l.at[p] < len(p.of) {
		i := p.of[l.at[p]]
		l.at[p]++
		if !l.used[i] && !l.gone[l.all[i].Fingerprint] {
			l.used[i] = true
			return true
		}
	}
	return false
}

// ranges are ranges of lines, by their beginning, none of which ends before an earlier one.
type ranges []struct{ first, last int }

// rewrittenLines are the lines that the edits touch.
func (r *Result) rewrittenLines(edits []Edit) ranges {
	var all ranges
	for _, e := range edits {
		first, last := r.Unit.File.Lines(e.Span)
		all = append(all, struct{ first, last int }{first, last})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].first < all[j].first })
	for i := 1; i < len(all); i++ {
		all[i].last = max(all[i].last, all[i-1].last)
	}
	return all
}

// touch reports whether one of the lines is in the place.
func (r ranges) touch(p Place) bool {
	i := sort.Search(len(r), func(i int) bool { return r[i].first > p.EndLine })
	return i > 0 && r[i-1].last >= p.Line
}
