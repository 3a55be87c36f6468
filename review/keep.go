package review

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
)

// keeping brings a comment up to date that a person has dismissed. Where the person has answered no, and a comment in
// the Dockerfile can say so on exactly the lines of dfbot's, it suggests that: a no counts for this pull request alone.
func (b *builder) keeping(e *entry) Update {
	u := Update{Said: *e.said, Marker: e.retraced()}
	said := e.said
	if !said.Declined || said.Outdated || said.Resolved || said.End == 0 || e.marker.Fixed != "" {
		return u
	}
	for i := range b.results {
		if res := &b.results[i]; res.Unit.Path == said.Path {
			if c, ok := b.keeper(res, e); ok {
				c.Marker, u.Comment = u.Marker, &c
			}
		}
	}
	return u
}

// keeper is the comment with that suggestion; there is none unless all that the comment is about is still there, and
// none that would say a secret once more.
func (b *builder) keeper(res *analysis.Result, e *entry) (Comment, bool) {
	said := e.said
	c := Comment{Path: said.Path, Start: said.Start, End: said.End, Keeps: true}
	for _, f := range e.findings {
		if !b.prior.lives(e, f) {
			return c, false
		}
		i, reported := b.index[f.current.Fingerprint]
		if !reported || f.current.path != said.Path {
			return c, false
		}
		found := b.review.Findings[i]
		if found.Diagnostic.Rule.Topic == analysis.Secrets {
			return c, false
		}
		c.Diagnostics, c.Standings = append(c.Diagnostics, found.Diagnostic), append(c.Standings, found.Standing)
	}
	after, ok := res.Silence(c.Diagnostics, "intentional")
	if !ok {
		return c, false
	}
	src := res.Unit.Src
	at, ok := diff.Around(src, after, said.Start, said.End)
	if !ok || at.Start != said.Start || at.End != said.End ||
		fits(at, src, b.pull.Changes[said.Path].Patch) != NoReason {
		return c, false
	}
	lines, _ := at.Suggestion()
	c.Suggestion = &Suggestion{Lines: lines}
	return c, true
}
