package review

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

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
	region     diff.Region // where there is a patch: the lines that it replaces
	because    string      // where there is a patch and no suggestion: why
}

// candidatesOf groups the diagnostics of one Dockerfile that matter most and finds a place for
// each group.
func (b *builder) candidatesOf(res *analysis.Result, ds []analysis.Diagnostic) []candidate {
	var all []candidate
	patch := b.pull.Changes[res.Unit.Path].Patch
	if len(ds) > maxGrouped {
		slices.SortStableFunc(ds, func(x, y analysis.Diagnostic) int { return cmp.Compare(y.Severity, x.Severity) })
		ds = ds[:maxGrouped]
	}
	for _, g := range res.Groups(ds) {
		c := candidate{res: res, group: g}
		c.suggest(patch)
		c.anchor(patch)
		all = append(all, c)
	}
	return all
}

// suggest turns the group's patch into a suggestion, or says why it cannot be one.
func (c *candidate) suggest(patch diff.Patch) {
	if c.group.Patch == nil {
		return
	}
	src := c.res.Unit.Src
	region, ok := diff.Between(src, c.group.Patch.After)
	c.region = region
	lines, exact := region.Suggestion()
	switch {
	case !ok:
		c.because = "there is no line that it could replace"
	case bytes.ContainsRune(src, '\r'):
		c.because = "the file has CRLF line ends, which GitHub may change when it applies a suggestion"
	case !exact || invisible.In(region.New):
		c.because = "a suggestion cannot carry every byte of it"
	case len(region.New) > maxSuggestion:
		c.because = "it is too long for a suggestion"
	case len(patch.Hunks) == 0:
		c.because = "GitHub shows no diff of the file"
	case !patch.Commentable(region.Start, region.End):
		c.because = "it changes lines outside of this pull request's diff"
	default:
		c.suggestion = &Suggestion{Lines: lines}
	}
}

// anchor finds the lines of the comment: those of the suggestion, else those of the place, else
// those of an instruction that takes part, else what the pull request changes of one.
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

// withdraw takes a suggestion back, where there is one; the comment stays where it is.
func (c *candidate) withdraw(because string) {
	if c.suggestion != nil {
		c.suggestion, c.because = nil, because
	}
}

// comment is what the candidate says on its lines.
func (c *candidate) comment() Comment {
	return Comment{Path: c.group.Path, Start: c.start, End: c.end, Diagnostics: c.group.Diagnostics,
		Patch: c.group.Patch, Suggestion: c.suggestion, Sketch: c.sketch()}
}

// sketch is the first fix of the group that is only shown.
func (c *candidate) sketch() *Sketch {
	for _, d := range c.group.Diagnostics {
		if len(d.Fixes) == 0 || d.Fixes[0].Applicability != analysis.DisplayOnly {
			continue
		}
		after, err := analysis.Apply(c.res.Unit.Src, d.Fixes[0].Edits)
		if err != nil {
			continue // nobody has proved it, so its edits may be anywhere
		}
		return &Sketch{Title: d.Fixes[0].Title, Diff: diff.Unified(d.Path, c.res.Unit.Src, after, 1)}
	}
	return nil
}

// patch is the group's patch as a diff.
func (c *candidate) patch() Patch {
	return Patch{Path: c.group.Path, Line: c.region.Start, Patch: c.group.Patch, Because: c.because,
		Diff: diff.Unified(c.group.Path, c.res.Unit.Src, c.group.Patch.After, 3)}
}

// rank orders candidates by how much they matter: severity, then a patch that is safe.
func rank(x, y candidate) int {
	return cmp.Or(cmp.Compare(y.group.Diagnostics[0].Severity, x.group.Diagnostics[0].Severity),
		cmp.Compare(safe(y), safe(x)))
}

func safe(c candidate) int {
	if c.group.Patch != nil && c.group.Patch.Applicability == analysis.Safe {
		return 1
	}
	return 0
}

// say makes comments of the candidates that matter most, as many as the policy allows. Comments
// of earlier runs that stand open take up room too: a pull request does not get the next few
// with each push. What is left over becomes an annotation.
func (b *builder) say() {
	slices.SortStableFunc(b.candidates, rank)
	room := b.policy.Comments.Limit() - len(b.standing)
	var chosen, rest []candidate
	for _, c := range b.candidates {
		if c.anchored && len(chosen) < room {
			chosen = append(chosen, c)
		} else {
			rest = append(rest, c)
		}
	}
	b.post(chosen)
	for i := range rest {
		rest[i].withdraw("there are more findings than comments")
	}
	b.showPatches(rest)
	slices.SortStableFunc(b.review.Patches, func(x, y Patch) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), cmp.Compare(x.Line, y.Line))
	})
}

// post adds the comments in the order of the files. Two suggestions may not replace the same
// line, so the later gives way.
func (b *builder) post(chosen []candidate) {
	slices.SortStableFunc(chosen, func(x, y candidate) int {
		return cmp.Or(strings.Compare(x.group.Path, y.group.Path), cmp.Compare(x.start, y.start))
	})
	path, last := "", 0
	for i := range chosen {
		c := &chosen[i]
		if c.group.Path != path {
			path, last = c.group.Path, 0
		}
		if c.suggestion != nil && c.start <= last {
			c.withdraw("it touches the lines of another suggestion")
			c.anchor(b.pull.Changes[path].Patch)
		}
		if c.suggestion != nil {
			last = c.end
		} else {
			b.showPatches([]candidate{*c})
		}
		b.review.Comments = append(b.review.Comments, c.comment())
		b.told(c.group.Diagnostics)
	}
}

// told marks the findings as being in a comment.
func (b *builder) told(ds []analysis.Diagnostic) {
	for _, d := range ds {
		for i := range b.review.Findings {
			f := &b.review.Findings[i]
			if f.Diagnostic.Fingerprint == d.Fingerprint && f.Diagnostic.Path == d.Path {
				f.Where = InComment
			}
		}
	}
}

// showPatches adds the patches of the candidates to those that are shown as diffs.
func (b *builder) showPatches(cs []candidate) {
	for _, c := range cs {
		if c.group.Patch != nil {
			b.review.Patches = append(b.review.Patches, c.patch())
		}
	}
}
