package analysis

import (
	"cmp"
	"slices"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// causes lists the instructions, besides In and With, that the finding depends on: Because, and all that give values to
// the words that matter in these. A FROM that names a stage depends on the FROM of that stage.
func (f Finding) causes() []*dockerfile.Instruction {
	if f.In == nil {
		return nil
	}
	c := causes{seen: map[*dockerfile.Instruction]bool{f.In: true}}
	for _, in := range f.With {
		c.seen[in] = true
	}
	c.of(f.In, f.Span)
	for _, in := range f.With {
		c.of(in, dockerfile.Span{})
		c.given(between(f.In.Stage, in.Stage))
	}
	for _, in := range f.Because {
		c.add(in)
	}
	for _, v := range f.Values {
		c.given(v.By())
	}
	f.In.File().Charge(len(c.all))
	return c.all
}

// maxCauses limits the causes of one diagnostic, because each is compared with each line of a patch.
const maxCauses = 64

// placesOf lists the places of the instructions, by line. If there are more than maxCauses, neighbours share one, so
// that none is left out.
func placesOf(file *dockerfile.File, all []*dockerfile.Instruction) []Place {
	slices.SortFunc(all, func(x, y *dockerfile.Instruction) int { return cmp.Compare(x.Index, y.Index) })
	var places []Place
	for group := range slices.Chunk(all, 1+(len(all)-1)/maxCauses) {
		place := PlaceOf(file, group[0].Span)
		last := PlaceOf(file, group[len(group)-1].Span)
		place.EndLine, place.EndColumn = last.EndLine, last.EndColumn
		places = append(places, place)
	}
	return places
}

// between lists the FROMs by which one of the stages is built on the other.
func between(a, b *dockerfile.Stage) []*dockerfile.Instruction {
	if a == nil || b == nil || a == b {
		return nil
	}
	if a.Index < b.Index {
		a, b = b, a
	}
	var all []*dockerfile.Instruction
	for ; a != nil && a != b; a = a.Parent {
		all = append(all, a.From)
	}
	if a == nil {
		return nil // neither is built on the other
	}
	return all
}

type causes struct {
	seen map[*dockerfile.Instruction]bool
	all  []*dockerfile.Instruction
}

// of adds what makes the words of the instruction under the span what they are.
func (c *causes) of(in *dockerfile.Instruction, at dockerfile.Span) {
	c.given(in.GivenBy(at))
	if in.OnImage(at) && in.Stage != nil {
		for _, from := range in.Stage.Inherits(nil) {
			c.add(from)
		}
	}
}

// add takes in an instruction as a whole.
func (c *causes) add(in *dockerfile.Instruction) {
	if in != nil && !c.seen[in] {
		c.given([]*dockerfile.Instruction{in})
		c.given(in.GivenBy(dockerfile.Span{}))
	}
}

// given takes in instructions of which all is known that gave them their values.
func (c *causes) given(by []*dockerfile.Instruction) {
	for _, in := range by {
		if !c.seen[in] {
			c.seen[in] = true
			c.all = append(c.all, in)
		}
	}
}
