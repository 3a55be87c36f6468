package analysis

import "sort"

// Group is what is said in one place: diagnostics that share an instruction, or whose fixes
// share lines, with one patch that mends as many of them as could be proved together.
type Group struct {
	Path        string
	Diagnostics []Diagnostic // most severe first
	Patch       *Patch       // nil where nothing could be proved
}

// Patch is a proved change of one file.
type Patch struct {
	Edits         []Edit
	Applicability Applicability // of the least trusted fix in it
	After         []byte        // the whole file with the edits made
	Mends         []Diagnostic
	LeftOut       []Diagnostic // have a fix of their own that could not join this one
}

// Groups sorts chosen diagnostics of r into groups and merges their fixes.
func (r *Result) Groups(chosen []Diagnostic) []Group {
	var groups []Group
	for _, cluster := range r.clusters(chosen) {
		sort.SliceStable(cluster, func(i, j int) bool { return cluster[i].Severity > cluster[j].Severity })
		groups = append(groups, Group{Path: r.Unit.Path, Diagnostics: cluster, Patch: r.merge(cluster)})
	}
	return groups
}

// clusters joins the diagnostics whose lines overlap, in the order of the file.
func (r *Result) clusters(ds []Diagnostic) [][]Diagnostic {
	type block struct {
		first, last int
		ds          []Diagnostic
	}
	var blocks []block
	for _, d := range ds {
		first, last := r.reach(d)
		blocks = append(blocks, block{first, last, []Diagnostic{d}})
	}
	sort.SliceStable(blocks, func(i, j int) bool { return blocks[i].first < blocks[j].first })
	var out [][]Diagnostic
	end := 0
	for _, b := range blocks {
		if len(out) > 0 && b.first <= end {
			out[len(out)-1] = append(out[len(out)-1], b.ds...)
		} else {
			out = append(out, b.ds)
		}
		end = max(end, b.last)
	}
	return out
}

// reach is the range of 1-based lines that the diagnostic speaks of or its fix rewrites.
func (r *Result) reach(d Diagnostic) (first, last int) {
	first, last = d.Place.Line, d.Place.EndLine
	if len(d.Related) > 0 {
		first, last = min(first, d.Related[0].Line), max(last, d.Related[0].EndLine)
	}
	if r.File == nil {
		return first, last
	}
	for _, fix := range d.Fixes {
		for _, e := range fix.Edits {
			a, b := r.File.Lines(e.Span)
			first, last = min(first, a), max(last, b)
		}
	}
	return first, last
}

// merge adds fix to fix as long as the sum is proved.
func (r *Result) merge(ds []Diagnostic) *Patch {
	p := &Patch{Applicability: Safe}
	var sum Change
	for i := range ds {
		d := &ds[i]
		if len(d.Fixes) == 0 || d.Fixes[0].Applicability == DisplayOnly {
			continue
		}
		next := sum.and(d.Fixes[0], d)
		after, err := r.Prove(next)
		if err != nil {
			p.LeftOut = append(p.LeftOut, *d)
			continue
		}
		sum, p.Edits, p.After = next, next.Edits, after
		p.Mends = append(p.Mends, *d)
		p.Applicability = min(p.Applicability, d.Fixes[0].Applicability)
	}
	if len(p.Mends) == 0 {
		return nil
	}
	return p
}

// FixAll makes as many of the fixes of at least the given applicability as can be proved
// together, and returns the file and what was mended. It returns the source itself where
// nothing can be.
func (r *Result) FixAll(least Applicability) ([]byte, []Diagnostic) {
	var fixable []Diagnostic
	for _, d := range r.Diagnostics {
		if len(d.Fixes) > 0 && d.Fixes[0].Applicability >= max(least, Unsafe) {
			fixable = append(fixable, d)
		}
	}
	p := r.merge(fixable)
	if p == nil {
		return r.Unit.Src, nil
	}
	return p.After, p.Mends
}
