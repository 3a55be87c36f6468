package analysis

import (
	"reflect"
	"slices"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// This file runs rules in each of several build contexts of one Dockerfile.

// shared is one mistake with the contexts in which it was found, as indexes of a Unit's contexts.
type shared struct {
	Diagnostic
	same    []int // where the rule says the same of it
	similar []int // where it says it in other words
	fixed   bool  // all with the same fix
	asked   bool  // as Context.Asked
}

// sharing gathers the mistakes that one rule finds in several contexts.
type sharing struct {
	u    *Unit
	file *dockerfile.File
	all  []*shared
}

// everywhere runs a rule in the further contexts, and merges what it finds there with what it found in the first, which
// is out.all after so many. What is found in all of them is said once; of the rest the message names the contexts.
func (u *Unit) everywhere(first *Pass, out *findings, before int, asked bool) {
	s := &sharing{u: u, file: first.File}
	s.add(0, out.all[before:], asked)
	for i, sides := range u.others {
		p := *first
		p.Context, p.Before, p.said, p.more = sides.Now, sides.Before, 0, false
		n, off := len(out.all), len(out.off)
		out.run(&p)
		s.add(i+1, out.all[n:], p.Context.Asked())
		out.all, out.off = out.all[:n], out.off[:off]
	}
	if len(s.all) > maxFindings {
		s.all = s.all[:maxFindings]
		out.cap(first.rule)
	}
	out.all = out.all[:before]
	for _, m := range s.all {
		out.all = append(out.all, s.said(m))
	}
}

// context is the context of that index.
func (u *Unit) context(i int) *buildcontext.Context {
	if i == 0 {
		return u.Context
	}
	return u.others[i-1].Now
}

// add takes in what was found in a context, but for what no build makes there.
func (s *sharing) add(i int, found []Diagnostic, asked bool) {
	for _, d := range found {
		if s.made(i, d) {
			s.file.Charge(len(s.all))
			s.merge(i, d, asked)
		}
	}
}

// made reports whether a build in the context may get to the instruction, or none does in any.
func (s *sharing) made(i int, d Diagnostic) bool {
	if len(d.Related) == 0 {
		return true
	}
	in := s.file.At(d.Related[0].Line)
	makes := func(i int) bool { yes, _ := s.u.context(i).Makes(in.Stage); return yes }
	if in == nil || makes(i) {
		return true
	}
	for other := range 1 + len(s.u.others) {
		if makes(other) {
			return false
		}
	}
	return true
}

func (s *sharing) merge(i int, d Diagnostic, asked bool) {
	for _, m := range s.all {
		if m.Code != d.Code || m.Span != d.Span || m.Subject != d.Subject || m.Lacks != d.Lacks || m.in(i) {
			continue
		}
		m.fixed = m.fixed && reflect.DeepEqual(m.Fix, d.Fix)
		switch same := m.Message.String() == d.Message.String() && m.Why.String() == d.Why.String(); {
		case d.Severity > m.Severity:
			m.Diagnostic, m.asked, m.same, m.similar = d, asked, []int{i}, slices.Concat(m.same, m.similar)
		case same:
			m.same = append(m.same, i)
		default:
			m.similar = append(m.similar, i)
		}
		return
	}
	s.all = append(s.all, &shared{Diagnostic: d, same: []int{i}, fixed: true, asked: asked})
}

func (m *shared) in(i int) bool { return slices.Contains(m.same, i) || slices.Contains(m.similar, i) }

// said is the diagnostic of a mistake, which names the contexts where it is not the same in all.
func (s *sharing) said(m *shared) Diagnostic {
	d := m.Diagnostic
	for _, i := range slices.Concat(m.same, m.similar) {
		d.Contexts = append(d.Contexts, s.u.context(i).Dir)
	}
	whole := len(m.same) == 1+len(s.u.others) && s.u.beyond == 0
	if m.asked && !(whole && m.fixed) {
		of := []Diagnostic{d}
		assume(s.u.context(m.same[0]), of)
		d = of[0]
	}
	same, similar := s.names(m.same), s.names(m.similar)
	if whole || len(d.Contexts) == 1 && slices.Contains(d.Message.Args, same[0]) {
		return d
	}
	where := naming(" (build context: ", " (build contexts: ", same)
	if len(similar) > 0 {
		more := naming("; similar in ", "; similar in ", similar)
		where.Format, where.Args = where.Format+more.Format, append(where.Args, more.Args...)
	}
	d.Message = Say(d.Message.Format+where.Format+")", slices.Concat(d.Message.Args, where.Args)...)
	return d
}

// names are the folders of the contexts.
func (s *sharing) names(of []int) (all []any) {
	for _, i := range of {
		name := s.u.context(i).Dir
		if name == "" {
			name = "."
		}
		all = append(all, name)
	}
	return all
}

// naming is the names after the word for one or for several.
func naming(one, several string, names []any) Message {
	switch n := len(names); n {
	case 1:
		return Say(one+"%s", names...)
	case 2:
		return Say(several+"%s and %s", names...)
	case 3:
		return Say(several+"%s, %s and %s", names...)
	default:
		return Say(several+"%s, %s and %d more", names[0], names[1], n-2)
	}
}
