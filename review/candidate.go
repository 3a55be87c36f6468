package review

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
	"github.com/dfbot/dfbot/review/invisible"
)

// maxSuggestion is the most bytes of a suggestion: with what it replaces and the words around it,
// a comment has to stay under GitHub's 65,536 characters.
const maxSuggestion = 32 << 10

// maxGrouped is the most diagnostics of one Dockerfile that are grouped and get a patch: each
// costs a proof, and all fingerprints of a comment must fit into its marker. It is above the most
// comments of a review by far.
const maxGrouped = 200

// candidate is a group of diagnostics that may become a comment.
type candidate struct {
	res        *analysis.Result
	group      analysis.Group
	anchored   bool // a line of the diff takes a comment about it
	start, end int  // where anchored: the lines
	suggestion *Suggestion
	region     diff.Region      // where there is a patch: the lines that it replaces
	after      diff.Region      // the same in the file as the suggestions leave it
	because    Reason           // where there is a patch and no suggestion: why
	standings  []Standing       // of the group's diagnostics
	takenAway  bool             // the pull request deletes what the first lacks
	gone       []analysis.Place // on the base: instructions whose absence may be the mistake of the first
	silent     Reason           // where there is no comment: why
}

// candidatesOf groups the diagnostics of one Dockerfile that matter most, and finds lines for each group.
func (b *builder) candidatesOf(res *analysis.Result, ds []analysis.Diagnostic) []candidate {
	var all []candidate
	patch := b.pull.Changes[res.Unit.Path].Patch
	if len(ds) > maxGrouped {
		slices.SortStableFunc(ds, func(x, y analysis.Diagnostic) int { return cmp.Compare(y.Severity, x.Severity) })
		ds = ds[:maxGrouped]
	}
	elsewhere := newElsewhere(patch)
	for _, g := range res.Groups(ds) {
		first := b.compared[g.Diagnostics[0].Fingerprint]
		c := candidate{res: res, group: g, gone: first.Gone, takenAway: first.TakenAway}
		for _, d := range g.Diagnostics {
			c.standings = append(c.standings, b.compared[d.Fingerprint].Standing)
		}
		c.suggest(patch)
		c.anchor(patch)
		if !c.anchored && c.standings[0] == Introduced {
			elsewhere.anchor(&c)
		}
		if b.pull.Changes[res.Unit.Path].Untouched {
			c.untouched()
		}
		all = append(all, c)
	}
	return all
}

// untouched says why GitHub shows no diff of the file.
func (c *candidate) untouched() {
	for _, why := range []*Reason{&c.because, &c.silent} {
		if *why == NoDiff {
			*why = NotChanged
		}
	}
}

// suggest turns the group's patch into a suggestion, or notes why it cannot be one.
func (c *candidate) suggest(patch diff.Patch) {
	if c.group.Fix == nil {
		return
	}
	src := c.res.Unit.Src
	region, ok := diff.Between(src, c.group.Fix.After)
	if !ok {
		c.because = NoLine
		return
	}
	c.region, c.because = region, fits(region, src, patch)
	if at, ok := c.covering(patch); ok && c.because == NoReason {
		c.region = at
	} else if c.because == NoReason {
		c.because = OutsideDiff
	}
	if c.because == NoReason {
		lines, _ := c.region.Suggestion()
		c.suggestion = &Suggestion{Lines: lines}
	}
}

// fits is why GitHub cannot carry the region as a suggestion; NoReason where it can.
func fits(region diff.Region, src []byte, patch diff.Patch) Reason {
	_, exact := region.Suggestion()
	switch {
	case bytes.ContainsRune(src, '\r'):
		return LineEnds
	case invisible.In(region.New), strings.ContainsFunc(region.New, unshowable):
		return Unshowable
	case !exact:
		return FinalNewline
	case len(region.New) > maxSuggestion:
		return TooLong
	case len(patch.Hunks) == 0:
		return NoDiff
	case !patch.Commentable(region.Start, region.End):
		return OutsideDiff
	}
	return NoReason
}

// unshowable reports whether r does not survive the way through a comment: control characters, bytes that are not
// UTF-8.
func unshowable(r rune) bool {
	return r != '\t' && r != '\n' && unicode.IsControl(r) || r == utf8.RuneError
}

// covering returns the region of the suggestion, widened where it has no line of the instruction that the comment is
// about first: a comment is on the lines of its suggestion. It reports false where a comment cannot be on lines that
// are so wide.
func (c *candidate) covering(patch diff.Patch) (diff.Region, bool) {
	d := c.group.Diagnostics[0]
	said := d.Place
	if len(d.Related) > 0 {
		said = d.Related[0]
	}
	if c.region.Start <= said.EndLine && said.Line <= c.region.End {
		return c.region, true
	}
	src := c.res.Unit.Src
	at, ok := diff.Around(src, c.group.Fix.After, d.Place.Line, max(d.Place.EndLine, d.Place.Line))
	return at, ok && fits(at, src, patch) == NoReason
}

// anchor finds the lines of the comment: those of the suggestion, else those of the place, else those of an instruction
// that takes part, else what the pull request changes of one. Where there are none it notes why.
func (c *candidate) anchor(patch diff.Patch) {
	if c.suggestion != nil {
		c.start, c.end, c.anchored = c.region.Start, c.region.End, true
		return
	}
	primary := c.group.Diagnostics[0]
	for _, p := range append([]analysis.Place{primary.Place}, primary.Related...) {
		if patch.Commentable(p.Line, p.EndLine) {
			c.start, c.end, c.anchored = p.Line, p.EndLine, true
			return
		}
	}
	for _, p := range primary.Related {
		if start, end, ok := changedRun(patch, p); ok {
			c.start, c.end, c.anchored = start, end, true
			return
		}
	}
	c.silent = OutsideDiff
	if len(patch.Hunks) == 0 {
		c.silent = NoDiff
	}
}

// changedRun is the first run of lines of the place that the pull request changes.
func changedRun(patch diff.Patch, p analysis.Place) (start, end int, ok bool) {
	for _, h := range patch.Hunks {
		for _, l := range h.Lines {
			if l.Op != diff.Added || l.New < p.Line || l.New > p.EndLine {
				continue
			}
			switch {
			case start == 0:
				start, end = l.New, l.New
			case l.New == end+1:
				end = l.New
			}
		}
		if start > 0 {
			return start, end, true
		}
	}
	return 0, 0, false
}

// elsewhere finds lines for what the pull request introduces outside of its diff.
type elsewhere struct {
	patch   diff.Patch
	changes diff.Changes
	taken   map[int]bool // first lines, by causes
}

func newElsewhere(patch diff.Patch) elsewhere {
	return elsewhere{patch: patch, changes: patch.Changes(), taken: map[int]bool{}}
}

// anchor takes what the pull request changes of an instruction that the mistake depends on, such as an ARG: of many
// mistakes, one is reported there. Else it takes the line beside an instruction that the pull request deletes.
func (e elsewhere) anchor(c *candidate) {
	primary := c.group.Diagnostics[0]
	for _, p := range primary.Causes {
		if !e.changes.Touch(p.Line, p.EndLine) {
			continue
		}
		if start, end, ok := changedRun(e.patch, p); ok && !e.taken[start] {
			e.taken[start] = true
			c.start, c.end, c.anchored, c.silent = start, end, true, NoReason
			return
		}
	}
	if line := besideDeleted(e.patch, c.gone, primary.Place.Line); line > 0 {
		c.start, c.end, c.anchored, c.silent = line, line, true, NoReason
	}
}

// besideDeleted is the line after one that the pull request deletes in one of the places, or the one before it where
// none follows in the diff: of several, the nearest to a line of the head. It is 0 where there is none.
func besideDeleted(patch diff.Patch, places []analysis.Place, near int) (line int) {
	take := func(beside int) {
		if beside > 0 && (line == 0 || max(beside-near, near-beside) < max(line-near, near-line)) {
			line = beside
		}
	}
	for _, h := range patch.Hunks {
		before, deleted := 0, false
		for _, l := range h.Lines {
			switch {
			case l.Op == diff.Deleted:
				deleted = deleted || within(places, l.Old)
			case deleted:
				take(l.New)
				before, deleted = l.New, false
			default:
				before = l.New
			}
		}
		if deleted {
			take(before)
		}
	}
	return line
}

// within reports whether the line is in one of the places, which are in the order of their lines.
func within(places []analysis.Place, line int) bool {
	i := sort.Search(len(places), func(i int) bool { return places[i].EndLine >= line })
	return i < len(places) && places[i].Line <= line
}

// withdraw takes a suggestion back, where there is one; the comment stays where it is.
func (c *candidate) withdraw(because Reason) {
	if c.suggestion != nil {
		c.suggestion, c.because = nil, because
	}
}

// silence takes the comment back.
func (c *candidate) silence(because Reason) {
	c.silent = because
	c.withdraw(because)
}

// comment is what the candidate says on its lines.
func (c *candidate) comment() Comment {
	return Comment{Path: c.group.Path, Start: c.start, End: c.end, Diagnostics: c.group.Diagnostics,
		Fix: c.group.Fix, Suggestion: c.suggestion, Because: c.because, Sketch: c.sketch(),
		Marker: Marker{Findings: tracesOf(c.res, c.group.Diagnostics)}, Standings: c.standings}
}

// sketch is the first fix of the group that is only shown.
func (c *candidate) sketch() *Sketch {
	for _, d := range c.group.Diagnostics {
		if !d.Sketched() {
			continue
		}
		after, err := analysis.Apply(c.res.Unit.Src, d.Fix.Edits)
		if err != nil {
			continue // it is not proved, so its edits may be anywhere
		}
		return &Sketch{Title: d.Fix.Title, Diff: diff.Unified(d.Path, c.res.Unit.Src, after, 1)}
	}
	return nil
}

// part is the group's patch as a part of one that is shown.
func (c *candidate) part() Part {
	return Part{Line: c.region.Start, Fix: c.group.Fix, Because: c.because}
}

// say makes comments of the candidates that matter most, as many as the policy allows. Comments of earlier runs that
// are open take up room too. What an earlier run had no room for gets a comment only as far as all comments of the pull
// request, with those that are done, leave some: or each fix would be answered by the next complaint. What is left over
// becomes an annotation.
func (b *builder) say() {
	slices.SortStableFunc(b.candidates, rank)
	limit, held := b.policy.Comments.Limit(), b.prior.heldNow()
	room, roomForHeld := limit-len(b.confirmed), limit-len(b.prior.entries)
	var chosen, rest []candidate
	for _, c := range b.candidates {
		switch {
		case b.pull.Muted:
			c.silence(MayNotComment)
		case b.pull.Draft:
			c.silence(InDraft)
		case limit == 0:
			c.silence(CommentsOff)
		case !c.anchored:
		case len(chosen) < room && (!c.in(held) || len(chosen) < roomForHeld):
			chosen = append(chosen, c)
			continue
		default:
			c.silence(OverLimit)
			b.left = append(b.left, c)
		}
		rest = append(rest, c)
	}
	b.post(chosen)
	for _, c := range append(rest, b.quiet...) {
		b.withhold(c)
	}
}

// in reports whether all that the candidate is about is among the fingerprints.
func (c *candidate) in(fingerprints map[string]bool) bool {
	return !slices.ContainsFunc(c.group.Diagnostics,
		func(d analysis.Diagnostic) bool { return !fingerprints[d.Fingerprint] })
}

// keep notes what has to be remembered as found and without a comment.
func (b *builder) keep() {
	held := b.prior.heldNow()
	for _, c := range b.left {
		if !c.in(held) {
			b.review.Held = append(b.review.Held, tracesOf(c.res, c.group.Diagnostics)...)
		}
	}
	if len(b.review.Held) == 0 || len(b.review.Comments) > 0 {
		return
	}
	for _, t := range b.prior.entries {
		if t.said.ID > 0 && len(t.marker.Held) < maxHeld && (b.review.Keeper == nil || t.said.ID > b.review.Keeper.ID) {
			b.review.Keeper = t.said
		}
	}
}

// post adds the comments in the order of the files. Two suggestions may not replace the same line, so the later gives
// way. What GitHub has refused still takes its room and its lines: the others are on the pull request by now.
func (b *builder) post(chosen []candidate) {
	slices.SortStableFunc(chosen, func(x, y candidate) int {
		return cmp.Or(strings.Compare(x.group.Path, y.group.Path), cmp.Compare(x.start, y.start))
	})
	path, last := "", 0
	used := map[*Said]bool{}
	for _, c := range chosen {
		earlier := b.prior.revivable(&c, used, b.pull.Folded)
		used[earlier] = true
		if c.group.Path != path {
			path, last = c.group.Path, 0
		}
		if earlier != nil && !earlier.on(c.start, c.end) {
			c.withdraw(OtherLines)
		}
		if c.suggestion != nil && c.start <= last {
			c.withdraw(OtherSuggestion)
			c.anchor(b.pull.Changes[path].Patch)
		}
		if c.suggestion != nil {
			last = c.end
		}
		b.publish(c, earlier)
	}
}

// publish adds one comment: a new one, or in place of an earlier one that is revived.
func (b *builder) publish(c candidate, earlier *Said) {
	if b.pull.refused(c.group.Diagnostics) {
		c.silence(Refused)
		b.withhold(c)
		return
	}
	if c.suggestion != nil {
		b.suggested = append(b.suggested, c)
	} else if c.group.Fix != nil {
		b.withheld = append(b.withheld, c)
	}
	if earlier != nil {
		said := c.comment()
		said.Marker.Held = b.prior.entryOf(earlier).marker.Held
		b.review.Updates = append(b.review.Updates,
			Update{Said: *earlier, Marker: said.Marker, Comment: &said, Reopen: earlier.Resolved})
		b.place(c.group.Diagnostics, InOpenComment, NoReason, earlier)
		return
	}
	b.review.Comments = append(b.review.Comments, c.comment())
	b.place(c.group.Diagnostics, InComment, NoReason, nil)
	b.back(c.group.Diagnostics)
}

// back notes the comments that report the diagnostics as gone at the head.
func (b *builder) back(ds []analysis.Diagnostic) {
	for _, t := range b.prior.entries {
		if t.said.State == Closed && t.marker.Fixed != "" && t.marker.Fixed == b.pull.Head && t.about(ds) {
			b.review.Back = append(b.review.Back, *t.said)
		}
	}
}

// withhold notes a candidate without a comment: why, and its patch.
func (b *builder) withhold(c candidate) {
	b.place(c.group.Diagnostics, InAnnotation, c.silent, nil)
	if c.group.Fix != nil {
		b.withheld = append(b.withheld, c)
	}
}

// place notes where the findings are reported, or why not in a comment. earlier is the comment of an earlier run, if it
// is one.
func (b *builder) place(ds []analysis.Diagnostic, where Where, why Reason, earlier *Said) {
	for _, d := range ds {
		f := &b.review.Findings[b.index[d.Fingerprint]]
		f.Where, f.Because, f.Earlier = where, why, earlier.id()
	}
}
