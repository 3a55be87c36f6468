package review

import (
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
)

// history is what was said before, with its markers read.
type history []entry

type entry struct {
	said   *Said
	marker Marker
}

// read keeps the comments that have a marker. One that is marked as fixed is closed, whatever
// GitHub says of its thread.
func (p Prior) read() history {
	var h history
	for i := range p.Comments {
		said := p.Comments[i]
		m, ok := ParseMarker(said.Body)
		if !ok {
			continue
		}
		if m.Fixed != "" && said.State == Open {
			said.State = Closed
		}
		h = append(h, entry{&said, m})
	}
	return h
}

// of returns the comment that speaks for the fingerprint: a dismissed one before an open one
// before one that dfbot closed itself; nil where nothing was said.
func (h history) of(fingerprint string) (*Said, State) {
	var best *Said
	for _, t := range h {
		if slices.Contains(t.marker.Fingerprints, fingerprint) && (best == nil || weight[t.said.State] > weight[best.State]) {
			best = t.said
		}
	}
	if best == nil {
		return nil, Closed
	}
	return best, best.State
}

var weight = map[State]int{Closed: 0, Open: 1, Dismissed: 2}

// fixed returns the open comments that are done: nobody has answered, this run has judged their
// file (or the file is gone), and found nothing of what they are about.
func (h history) fixed(results []analysis.Result, pull Pull, found map[string]bool) []Said {
	judged := map[string]bool{}
	for _, path := range pull.Removed {
		judged[path] = true
	}
	for _, res := range results {
		judged[res.Unit.Path] = res.Parsed() && res.Foreign == "" && len(res.Crashed) == 0 && len(res.Unit.Gaps) == 0
	}
	var done []Said
	for _, t := range h {
		still := slices.ContainsFunc(t.marker.Fingerprints, func(f string) bool { return found[f] })
		if t.said.State == Open && !t.said.Answered && judged[t.said.Path] && !still {
			done = append(done, *t.said)
		}
	}
	return done
}
