package review

import (
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
)

// recollect holds what was said before against what is found now.
func (b *builder) recollect() {
	b.prior.judge(b.results, b.pull)
	b.prior.hushed = func(d analysis.Diagnostic, said *Said) bool { return b.ignores(d, said) != nil }
	if len(b.prior.findings) == 0 {
		return
	}
	var now []*current
	for i := range b.results {
		now = append(now, b.currents(&b.results[i])...)
	}
	b.prior.meet(now, b.paths())
}

// currents are the findings of one Dockerfile, also those that are not reported: a comment about one ends for that
// reason.
func (b *builder) currents(res *analysis.Result) []*current {
	if !res.Foreign.Empty() || !res.Unread.Empty() {
		return nil
	}
	comparison := b.against[res.Unit.Path]
	all := slices.Clone(res.Diagnostics)
	for _, ig := range res.Ignored {
		all = append(all, ig.Diagnostic)
	}
	all = append(all, res.TurnedOff...)
	now := make([]*current, len(all))
	for i, t := range tracesOf(res, all) {
		now[i] = newCurrent(t, all[i])
		switch {
		case i < len(res.Diagnostics):
			now[i].status = b.status(all[i], comparison.Found[i])
		case i < len(res.Diagnostics)+len(res.Ignored):
			now[i].status = silenced
		default:
			now[i].status = off
		}
	}
	return now
}

// status is that of a diagnostic which nothing silences.
func (b *builder) status(d analysis.Diagnostic, c Compared) status {
	switch {
	case b.policy.Ignored(d.Path, d.Rule.Name):
		return excepted
	case c.Raised:
		return live
	case c.Standing == Unknown:
		return unsure
	}
	return before
}

func newCurrent(t Trace, d analysis.Diagnostic) *current {
	at := d.Place
	if len(d.Related) > 0 {
		at = d.Related[0]
	}
	return &current{Trace: t, diagnostic: d, path: d.Path, from: at.Line, to: at.EndLine}
}

// paths are where the files of the pull request went. A path with an earlier comment that is neither there nor changed
// was perhaps renamed by a push.
func (b *builder) paths() paths {
	p := paths{moved: b.pull.Renamed, gone: map[string]bool{}}
	for _, all := range [][]string{b.pull.Removed, b.pull.Left} {
		for _, path := range all {
			p.gone[path] = true
		}
	}
	return p
}

// renew brings open comments up to date that are about something that is still there: what they say now, and what of
// it is gone. What a person dismissed remembers what its findings look like now, and keeps its text, unless it can
// suggest to silence them in the file.
func (b *builder) renew() {
	for _, e := range b.prior.entries {
		switch {
		case e.said.ID == 0 || !b.prior.living(e):
		case e.said.State == Dismissed:
			b.review.Updates = append(b.review.Updates, b.keeping(e))
		case e.said.State == Open:
			b.renewOpen(e)
		}
	}
}

// retraced is the comment's marker with what its findings look like now.
func (e *entry) retraced() Marker {
	m := e.marker
	m.Findings = slices.Clone(m.Findings)
	for i, f := range e.findings {
		if f.current != nil {
			m.Findings[i] = f.current.Trace
		}
	}
	if m.Posted == "" && m.Findings[0].Fingerprint != e.marker.Findings[0].Fingerprint {
		m.Posted = e.marker.Findings[0].Fingerprint
	}
	return m
}

// remembering is the marker of an open comment that stays, with what of it is gone; it is not known where a file could
// not be reviewed.
func (b *builder) remembering(e *entry) (m Marker, known bool) {
	m = e.retraced()
	m.Head = b.pull.Head
	for i, f := range e.findings {
		if b.prior.lives(e, f) {
			continue
		}
		how, known := b.prior.fate(e, f, b.pull, b.policy)
		said := e.marker.Findings[i]
		switch t := &m.Findings[i]; {
		case said.Gone != "" && (!known || how == said.Ended || how == NotFound):
			// The commit that the comment names is the first. It is no news that the same commit still has no finding.
			t.Gone, t.Ended = said.Gone, said.Ended
		case !known:
			return m, false
		default:
			t.Gone, t.Ended = b.pull.Head, how
		}
	}
	return m, true
}

// renewOpen brings one open comment up to date, and sorts its fixes by whether it suggests them.
func (b *builder) renewOpen(e *entry) {
	all := b.repeated(e)
	if len(all) == 0 {
		return
	}
	m, known := b.remembering(e)
	first := 0
	for i := range all {
		c := &all[i]
		c.stay(e.said, known)
		if c.suggestion != nil && all[first].suggestion == nil {
			first = i
		}
	}
	said := all[first].comment()
	said.Marker = m
	for i, c := range all {
		if i != first {
			said.Diagnostics = append(said.Diagnostics, c.group.Diagnostics...)
			said.Standings = append(said.Standings, c.standings...)
			c.withdraw(Earlier)
		}
		switch {
		case c.suggestion != nil:
			b.suggested = append(b.suggested, c)
		case c.group.Fix != nil:
			b.withheld = append(b.withheld, c)
		}
	}
	if known {
		b.review.Updates = append(b.review.Updates, Update{Said: *e.said, Marker: m, Comment: &said})
	}
}

// stay takes back a suggestion that the earlier comment cannot make: GitHub applies it to the lines that the comment is
// on. One that does not get another text makes the suggestion that it has.
func (c *candidate) stay(said *Said, renewed bool) {
	switch {
	case said.Outdated || c.group.Path != said.Path:
		c.withdraw(OutdatedComment)
	case renewed && !said.on(c.start, c.end):
		c.withdraw(OtherLines)
	case !renewed && !suggestionFence.MatchString(said.Body):
		c.withdraw(Earlier)
	}
}

// repeated are the findings that the comment still reports, as candidates, those of its own file first; none where what
// the pull request changes is not known.
func (b *builder) repeated(e *entry) []candidate {
	of := map[string][]analysis.Diagnostic{}
	for _, f := range e.findings {
		if !b.prior.lives(e, f) {
			continue
		}
		i, reported := b.index[f.current.Fingerprint]
		if said, _ := b.prior.of(f.current.Fingerprint); !reported || said != e.said {
			return nil
		}
		d := b.review.Findings[i].Diagnostic
		same := func(o analysis.Diagnostic) bool { return o.Fingerprint == d.Fingerprint }
		if !slices.ContainsFunc(of[d.Path], same) {
			of[d.Path] = append(of[d.Path], d)
		}
	}
	var own, others []candidate
	for i := range b.results {
		switch res := &b.results[i]; {
		case res.Unit.Path == e.said.Path:
			own = b.candidatesOf(res, of[res.Unit.Path])
		case len(of[res.Unit.Path]) > 0:
			others = append(others, b.candidatesOf(res, of[res.Unit.Path])...)
		}
	}
	return append(own, others...)
}
