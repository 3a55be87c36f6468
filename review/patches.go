package review

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
)

// around is how many unchanged lines a diff shows on each side of a change.
const around = 3

// showPatches turns what was withheld into diffs. A reader applies the suggestions and then the patches of the check
// run, so a diff begins with the file as it is after all suggestions that are on the pull request; one that changes
// their lines is not shown.
func (b *builder) showPatches() {
	files := map[string]*patched{}
	for _, c := range b.suggested {
		file(files, c).suggest(c)
	}
	for _, c := range b.withheld {
		file(files, c).add(c)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		b.review.Diffs = append(b.review.Diffs, files[path].patches()...)
	}
	slices.SortStableFunc(b.review.Diffs, func(x, y Diff) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), cmp.Compare(x.Parts[0].Line, y.Parts[0].Line))
	})
}

// patched is a Dockerfile to which suggestions and patches are made.
type patched struct {
	res         *analysis.Result
	suggestions []candidate // of disjoint lines
	diffs       []candidate
	others      []Diff // those of which no diff is shown
}

func file(files map[string]*patched, c candidate) *patched {
	f := files[c.group.Path]
	if f == nil {
		f = &patched{res: c.res}
		files[c.group.Path] = f
	}
	return f
}

// suggest notes a suggestion that someone may apply. Of two for the same lines only the first can be.
func (f *patched) suggest(c candidate) {
	if !overlaps(f.suggestions, c) {
		f.suggestions = append(f.suggestions, c)
	}
}

// add notes a patch that is no suggestion.
func (f *patched) add(c candidate) {
	if c.because == LineEnds {
		f.leaveOut(c, LineEnds)
		return
	}
	f.diffs = append(f.diffs, c)
}

func (f *patched) leaveOut(c candidate, why Reason) {
	f.others = append(f.others, Diff{Path: c.group.Path, Parts: []Part{c.part()}, Missing: why})
}

func overlaps(all []candidate, c candidate) bool {
	return slices.ContainsFunc(all, func(o candidate) bool {
		return c.region.Start <= o.region.End && o.region.Start <= c.region.End
	})
}

// patches are the diffs, and the patches without one.
func (f *patched) patches() []Diff {
	f.prove()
	before := f.with()
	for i := range f.diffs {
		f.diffs[i].after, _ = diff.Between(before, f.with(f.diffs[i]))
	}
	slices.SortFunc(f.diffs, func(x, y candidate) int { return cmp.Compare(x.after.Start, y.after.Start) })
	var all []Diff
	for _, near := range neighbours(f.diffs) {
		p := Diff{Path: f.res.Unit.Path, Text: diff.Unified(f.res.Unit.Path, before, f.with(near...), around),
			After: len(f.suggestions) > 0}
		for _, c := range near {
			p.Parts = append(p.Parts, c.part())
		}
		all = append(all, p)
	}
	return append(all, f.others...)
}

// mostSums is how many sums of patches of one file are proved, where all together cannot be.
const mostSums = 20

// prove leaves out the patches that cannot be proved together with the suggestions and the patches before them.
func (f *patched) prove() {
	if f.together(f.diffs) {
		return
	}
	var kept []candidate
	for i, c := range f.diffs {
		switch {
		case i < mostSums && f.together(append(slices.Clip(kept), c)):
			kept = append(kept, c)
		case overlaps(f.suggestions, c):
			f.leaveOut(c, OtherSuggestion)
		case overlaps(kept, c):
			f.leaveOut(c, OtherPatch)
		default:
			f.leaveOut(c, NotTogether)
		}
	}
	f.diffs = kept
}

func (f *patched) together(cs []candidate) bool {
	return len(cs) == 0 || f.res.Together(f.all(cs)...)
}

func (f *patched) all(cs []candidate) []*analysis.CombinedFix {
	var all []*analysis.CombinedFix
	for _, c := range slices.Concat(f.suggestions, cs) {
		all = append(all, c.group.Fix)
	}
	return all
}

// with is the file with all suggestions and these patches applied.
func (f *patched) with(cs ...candidate) []byte {
	after, err := f.res.All(f.all(cs)...)
	if err != nil {
		return f.res.Unit.Src // not with patches of disjoint lines, nor with those that are proved together
	}
	return after
}

// neighbours joins the patches of which one changes lines that the other shows around its own: apart they could not be
// applied one after the other.
func neighbours(cs []candidate) [][]candidate {
	var all [][]candidate
	last := 0
	for i, c := range cs {
		if i > 0 && c.after.Start-last <= around {
			all[len(all)-1] = append(all[len(all)-1], c)
		} else {
			all = append(all, []candidate{c})
		}
		last = max(last, c.after.End)
	}
	return all
}
