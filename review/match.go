package review

import (
	"cmp"
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
)

// This file finds earlier findings again among those of the head: by fingerprint, and else by what is alike.

// earlier is a finding of an earlier run.
type earlier struct {
	Trace
	path    string // of the file that it was in; "" where that is not known
	weight  int    // what became of the comment about it: of equal matches, the heaviest gets its own
	from    int    // the lines at the head that its comment is on; 0 where GitHub does not know them any more
	to      int
	current *current // the same at the head; nil where it is gone
}

// current is a finding of the head.
type current struct {
	Trace
	diagnostic analysis.Diagnostic
	path       string
	from, to   int // the lines of its instruction
	status     status
	taken      bool
}

// status is what the run makes of a finding of the head.
type status uint8

const (
	live     status = iota // the pull request brings it
	unsure                 // it is not known whether it was there before the pull request
	before                 // it was
	excepted               // the configuration ignores it
	silenced               // a comment in the file silences it
	off                    // the configuration has turned off its rule or its code
)

// paths says where files are now: moved from one path to the other, or gone from a path and perhaps found at another.
type paths struct {
	moved map[string]string
	gone  map[string]bool
}

// leads reports how sure it is that what was in one file is in the other now: not at all, perhaps, certainly.
func (p paths) leads(from, to string) (possible, certain bool) {
	switch {
	case from == to, from == "":
		return true, true
	case p.moved[from] != "":
		return p.moved[from] == to, true
	}
	return p.gone[from], false
}

// What speaks for two findings of one rule being the same. What they need in total is more than two have that are in
// the same stage and share neither a word nor a neighbour, and less than one has that was edited in its place.
const (
	sameFingerprint = 1000
	allWords        = 200 // for a share of the words, that share of it
	sameNeighbour   = 50  // of each
	sameStage       = 50
	otherStage      = -40
	sameKeyword     = 25
	sameSubject     = 30
	sameLines       = 150 // GitHub has the comment on the instruction's lines
	otherFile       = -60 // a file that is gone may be this one
	enough          = 110
)

// likeness is how much speaks for the current finding being the earlier one; 0 where it is another. It is never more
// than sameFingerprint for those that differ in it.
func (p paths) likeness(e *earlier, c *current) int {
	if e.Fingerprint == c.Fingerprint && !e.differs(c) {
		return sameFingerprint + e.alike(c)
	}
	possible, certain := p.leads(e.path, c.path)
	if !possible || e.Rule != c.Rule || !e.bare() && (e.Code != c.Code || e.Keyword != c.Keyword) {
		return 0
	}
	n := e.alike(c)
	if !certain {
		n += otherFile
	}
	if c.status == before && e.neighbours(c) == 0 && !e.on(c) { // another of the same kind, which was always there
		return 0
	}
	if n < enough {
		return 0
	}
	return n
}

// alike adds up what speaks for the two being the same. Of an earlier finding that has only a fingerprint, it is known
// where its comment is.
func (e *earlier) alike(c *current) int {
	n := 0
	if e.on(c) {
		n += sameLines
	}
	if e.bare() {
		return n
	}
	n += allWords*e.share(c)/100 + sameNeighbour*e.neighbours(c)
	if e.Stage == c.Stage {
		n += sameStage
	} else {
		n += otherStage
	}
	if e.Keyword == c.Keyword {
		n += sameKeyword
	}
	if e.Subject != 0 && e.Subject == c.Subject {
		n += sameSubject
	}
	return n
}

// differs reports whether the messages are about different words. Of two findings in one instruction, the second has
// the first one's fingerprint when that is gone.
func (e *earlier) differs(c *current) bool {
	return e.Subject != 0 && c.Subject != 0 && e.Subject != c.Subject
}

func (e *earlier) on(c *current) bool {
	return e.from > 0 && e.path == c.path && e.from <= c.to && c.from <= e.to
}

// neighbours counts the instructions around it that are the same.
func (e *earlier) neighbours(c *current) int {
	n := 0
	if e.Before != 0 && e.Before == c.Before {
		n++
	}
	if e.After != 0 && e.After == c.After {
		n++
	}
	return n
}

// share is how many of a hundred words the two have in common, those of the instructions or those that are wrong in
// them, so that a command is found again in another RUN.
func (e *earlier) share(c *current) int {
	return max(shared(e.Words, c.Words), shared(e.wrong(), c.wrong()))
}

// wrong are the hashes of the words that are wrong.
func (t *Trace) wrong() []hash12 {
	if len(t.Own) > 0 {
		return t.Own
	}
	return t.Words
}

// shared is how many of a hundred words are in both; half, where there are none.
func shared(a, b []hash12) int {
	common, all := 0, len(a)+len(b)
	if all == 0 {
		return 50
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			common, i, j = common+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return 200 * common / all
}

// maxPairs bounds how many pairs of findings are compared by more than their fingerprints.
const maxPairs = 100_000

// match gives each earlier finding the one of the head that is the same, if there is one. No two get the same. The more
// alike come first; of those as much alike, the heavier, then the earlier ones. What is left over of a rule, one
// earlier finding that has only a fingerprint and one of the head in the same file, is taken for the same.
func (p paths) match(all []*earlier, now []*current) {
	byPrint, byRule := map[string]*current{}, map[string][]*current{}
	for _, c := range now {
		byPrint[c.Fingerprint] = c
		byRule[c.Rule] = append(byRule[c.Rule], c)
	}
	type pair struct {
		e    *earlier
		c    *current
		like int
	}
	var pairs []pair
	left := maxPairs
	for _, e := range all {
		if c := byPrint[e.Fingerprint]; c != nil {
			pairs = append(pairs, pair{e, c, p.likeness(e, c)})
		}
		if left -= len(byRule[e.Rule]); left < 0 {
			continue
		}
		for _, c := range byRule[e.Rule] {
			if like := p.likeness(e, c); like > 0 && like < sameFingerprint {
				pairs = append(pairs, pair{e, c, like})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(y.like, x.like), cmp.Compare(y.e.weight, x.e.weight))
	})
	for _, m := range pairs {
		if m.e.current == nil && !m.c.taken {
			m.e.current, m.c.taken = m.c, true
		}
	}
	p.matchLast(all, byRule)
}

// matchLast takes for the same what is left over of a rule: one earlier finding with only a fingerprint, and one that
// the pull request brings.
func (p paths) matchLast(all []*earlier, byRule map[string][]*current) {
	type place struct{ rule, path string }
	left := map[place]int{}
	bare := func(e *earlier) bool { return e.current == nil && e.Rule != "" && e.bare() && e.weight > 0 }
	for _, e := range all {
		if bare(e) {
			left[place{e.Rule, e.path}]++
		}
	}
	for _, e := range all {
		if !bare(e) || left[place{e.Rule, e.path}] > 1 {
			continue
		}
		var free []*current
		for _, c := range byRule[e.Rule] {
			if possible, _ := p.leads(e.path, c.path); possible && !c.taken && c.status == live {
				free = append(free, c)
			}
		}
		if len(free) == 1 {
			e.current, free[0].taken = free[0], true
		}
	}
}
