package analysis

import (
	"cmp"
	"context"
	"slices"
)

// Group is what is reported in one place: diagnostics that share an instruction, or whose fixes share lines, with one
// fix for as many of them as could be proved together.
type Group struct {
	Path        string
	Diagnostics []Diagnostic // most severe first
	Fix         *CombinedFix // nil if nothing could be proved
}

// CombinedFix is the fixes of several diagnostics of one file, proved together.
type CombinedFix struct {
	Edits         []Edit
	Applicability Applicability // of its least trusted fix
	Effect        Effect        // of all its fixes together
	After         []byte        // the whole file with the edits made
	Fixed         []Diagnostic
	LeftOut       []Diagnostic // their fixes could not join this one
}

// Groups sorts chosen diagnostics of r into groups and merges their fixes.
func (r *Result) Groups(chosen []Diagnostic) []Group {
	if len(chosen) > 0 && r.expand() {
		defer r.Shrink()
	}
	var groups []Group
	for _, cluster := range r.clusters(chosen) {
		mostSevereFirst(cluster)
		groups = append(groups, Group{Path: r.Unit.Path, Diagnostics: cluster, Fix: r.merge(cluster)})
	}
	return groups
}

// clusters joins the diagnostics whose lines overlap, in the order of the file.
func (r *Result) clusters(ds []Diagnostic) [][]Diagnostic {
	type stretch struct {
		first, last int
		ds          []Diagnostic
	}
	var stretches []stretch
	for _, d := range ds {
		first, last := r.reach(d)
		stretches = append(stretches, stretch{first, last, []Diagnostic{d}})
	}
	slices.SortStableFunc(stretches, func(a, b stretch) int { return cmp.Compare(a.first, b.first) })
	var out [][]Diagnostic
	end := 0
	for _, b := range stretches {
		if len(out) > 0 && b.first <= end {
			out[len(out)-1] = append(out[len(out)-1], b.ds...)
		} else {
			out = append(out, b.ds)
		}
		end = max(end, b.last)
	}
	return out
}

// reach is the range of 1-based lines that the diagnostic is about or its fix rewrites. A sketch does not count,
// because no one applies it.
func (r *Result) reach(d Diagnostic) (first, last int) {
	first, last = d.Place.Line, d.Place.EndLine
	if len(d.Related) > 0 {
		first, last = min(first, d.Related[0].Line), max(last, d.Related[0].EndLine)
	}
	if r.Unit.File == nil || !d.Fixable(Unsafe) {
		return first, last
	}
	for _, e := range d.Fix.Edits {
		a, b := r.Unit.File.Lines(e.Span)
		first, last = min(first, a), max(last, b)
	}
	return first, last
}

// Combine merges the fixes of chosen diagnostics of r, wherever they are in the file: all of them if the sum is proved,
// else as many as can be, the most severe first. It returns nil if there is none.
func (r *Result) Combine(chosen []Diagnostic) *CombinedFix {
	if len(chosen) > 1 && r.expand() {
		defer r.Shrink()
	}
	chosen = slices.Clone(chosen)
	mostSevereFirst(chosen)
	return r.merge(chosen)
}

// merge puts the fixes of the diagnostics together: all of them where the sum is proved, else as
// many as can be, first come first served.
func (r *Result) merge(ds []Diagnostic) *CombinedFix {
	var fixable []*Diagnostic
	for i := range ds {
		if ds[i].Fixable(Unsafe) {
			fixable = append(fixable, &ds[i])
		}
	}
	if len(fixable) == 0 {
		return nil
	}
	var sum Proposal
	for _, d := range fixable {
		sum = sum.and(*d.Fix, d)
	}
	if len(fixable) == 1 { // proved when it was found
		after, _ := Apply(r.Unit.Src, sum.Edits)
		return newCombinedFix(sum, after, nil)
	}
	if after, err := r.Prove(sum); err == nil {
		return newCombinedFix(sum, after, nil)
	}
	var left []Diagnostic
	var after []byte
	sum = Proposal{}
	for _, d := range fixable {
		next := sum.and(*d.Fix, d)
		proved, err := r.Prove(next)
		if err != nil {
			left = append(left, *d)
			continue
		}
		sum, after = next, proved
	}
	return newCombinedFix(sum, after, left)
}

// Together reports whether the patches, which are for the file of r, can be proved as one change.
func (r *Result) Together(patches ...*CombinedFix) bool {
	if len(patches) < 2 {
		return true // proved when it was made
	}
	if r.expand() {
		defer r.Shrink()
	}
	var sum Proposal
	for _, p := range patches {
		for i := range p.Fixed {
			sum = sum.and(*p.Fixed[i].Fix, &p.Fixed[i])
		}
	}
	_, err := r.Prove(sum)
	return err == nil
}

// All is the file of r with all of the patches made. The error is that of [Apply].
func (r *Result) All(patches ...*CombinedFix) ([]byte, error) {
	var edits []Edit
	for _, p := range patches {
		edits = union(edits, p.Edits)
	}
	return Apply(r.Unit.Src, edits)
}

// newCombinedFix makes a CombinedFix of a proved proposal, or nil if that fixes nothing.
func newCombinedFix(c Proposal, after []byte, left []Diagnostic) *CombinedFix {
	if len(c.Fixed) == 0 {
		return nil
	}
	p := &CombinedFix{Edits: c.Edits, Applicability: Safe, Effect: c.Effect, After: after, LeftOut: left}
	for _, d := range c.Fixed {
		p.Fixed = append(p.Fixed, *d)
		p.Applicability = min(p.Applicability, d.Fix.Applicability)
	}
	return p
}

// maxRounds limits how often FixAll looks at its own result.
const maxRounds = 10

// FixAll makes the fixes of at least the given applicability: all that can be proved together, the most severe first,
// then those that the result still offers, until there is none. Only diagnostics for which chosen reports true are
// fixed; nil chooses all. It returns the file, which is the source itself where nothing can be fixed, and the fixed
// diagnostics, each with its place in the file of its round.
func (r *Result) FixAll(least Applicability, chosen func(Diagnostic) bool) ([]byte, []Diagnostic) {
	var all []Diagnostic
	for range maxRounds {
		p := r.merge(r.fixable(max(least, Unsafe), chosen))
		if p == nil {
			break
		}
		all = append(all, p.Fixed...)
		next, err := Run(context.Background(), r.Unit.With(p.After)) // the Budget has the caller's context
		if err != nil {
			return p.After, all
		}
		r = &next
	}
	return r.Unit.Src, all
}

// fixable lists the chosen diagnostics with a fix that may be trusted that far, the most severe first.
func (r *Result) fixable(least Applicability, chosen func(Diagnostic) bool) []Diagnostic {
	var all []Diagnostic
	for _, d := range r.Diagnostics {
		if d.Fixable(least) && (chosen == nil || chosen(d)) {
			all = append(all, d)
		}
	}
	mostSevereFirst(all)
	return all
}

// mostSevereFirst sorts the diagnostics by severity, those of one severity as they are.
func mostSevereFirst(ds []Diagnostic) {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int { return cmp.Compare(b.Severity, a.Severity) })
}
