package analysis

import (
	"slices"
	"sort"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// silence finds the directives that silence a diagnostic by what they name, not by asking one after the other: both
// come by the thousand.
type silence struct {
	file   *dockerfile.File
	stages []*dockerfile.Stage
	by     map[directive]int // the first of them in file.Ignores
}

// directive is one word of a directive, with its reach: an instruction, a stage, or neither for the file.
type directive struct {
	instruction *dockerfile.Instruction
	stage       *dockerfile.Stage
	word        string // in small letters
	code        bool   // the word as a code: tally writes hadolint/DL3015
}

// silence reads the file's directives.
func (u Unit) silence(f *dockerfile.File) silence {
	s := silence{file: f, stages: f.Stages(), by: map[directive]int{}}
	if u.NoIgnoreComments {
		return s
	}
	for i, ig := range f.Ignores {
		d := directive{}
		switch ig.Scope {
		case dockerfile.ScopeStage:
			d.stage = ig.Stage
		case dockerfile.ScopeInstruction:
			d.instruction = ig.Instruction
		}
		if ig.Scope != dockerfile.ScopeFile && d.stage == nil && d.instruction == nil {
			continue // it speaks of nothing
		}
		for _, w := range ig.Rules {
			d.word, d.code = strings.ToLower(w), false
			s.add(d, i)
			d.word, d.code = d.word[strings.LastIndex(d.word, "/")+1:], true
			s.add(d, i)
		}
	}
	return s
}

func (s silence) add(d directive, i int) {
	s.file.Charge(directiveCost)
	if _, ok := s.by[d]; !ok {
		s.by[d] = i
	}
}

// of returns the first directive that asks for silence on the diagnostic.
func (s silence) of(d Diagnostic) (dockerfile.Ignore, bool) {
	if len(s.by) == 0 {
		return dockerfile.Ignore{}, false
	}
	first, found := 0, false
	stage, instruction := s.stage(d), s.file.At(d.Place.Line)
	look := func(word string, code bool) {
		word = strings.ToLower(word)
		for _, key := range []directive{
			{word: word, code: code},
			{word: word, code: code, stage: stage},
			{word: word, code: code, instruction: instruction},
		} {
			if i, ok := s.by[key]; ok && (!found || i < first) {
				first, found = i, true
			}
		}
	}
	for _, w := range []string{"all", "*", d.Rule.Name} {
		look(w, false)
	}
	if d.Code != "" {
		look(d.Code, true)
	}
	for _, a := range d.Rule.Aliases {
		if !meansOther(a, d) {
			look(a, true)
		}
	}
	if !found {
		return dockerfile.Ignore{}, false
	}
	return s.file.Ignores[first], true
}

// Silence puts a comment above the one instruction that the diagnostics are in, which silences their rules for the
// reason, in dfbot's own words. It returns the file with it, and reports whether it is proved that these diagnostics
// are silenced, and that nothing else changes.
func (r *Result) Silence(ds []Diagnostic, reason string) ([]byte, bool) {
	if len(ds) > 0 && r.expand() {
		defer r.Shrink()
	}
	at := r.instruction(ds)
	if at == nil {
		return nil, false
	}
	var names []string
	proposal := Proposal{}
	for i := range ds {
		proposal.Fixed = append(proposal.Fixed, &ds[i])
		if name := ds[i].Rule.Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	first, _ := at.Lines()
	comment := "# dfbot ignore=" + strings.Join(names, ",") + " " + reason + "\n"
	proposal.Edits = []Edit{Insert(r.Unit.File.LineSpan(first, first).Start, comment)}
	after, err := r.Prove(proposal)
	return after, err == nil && r.silences(after, ds)
}

// instruction is the one that all of the diagnostics are in; nil where there is none.
func (r *Result) instruction(ds []Diagnostic) (in *dockerfile.Instruction) {
	if r.Unit.File == nil {
		return nil
	}
	for i, d := range ds {
		at := r.Unit.File.At(d.Place.Line)
		if at == nil || i > 0 && at != in {
			return nil
		}
		in = at
	}
	return in
}

// silences reports whether the file silences the diagnostics, each a line further down. The proof does not see that of
// another program's, which it does not ask again.
func (r *Result) silences(after []byte, ds []Diagnostic) bool {
	f, err := r.Unit.File.Reparse(after)
	if err != nil {
		return false
	}
	silence := r.Unit.silence(f)
	return !slices.ContainsFunc(ds, func(d Diagnostic) bool {
		d.Place.Line++
		d.Related = nil
		_, ok := silence.of(d)
		return !ok
	})
}

// stage is the stage of the diagnostic's instruction; nil where it has none.
func (s silence) stage(d Diagnostic) *dockerfile.Stage {
	if len(d.Related) == 0 {
		return nil
	}
	i := sort.Search(len(s.stages), func(i int) bool {
		first, _ := s.stages[i].From.Lines()
		return first > d.Related[0].Line
	})
	if i == 0 {
		return nil
	}
	return s.stages[i-1]
}

// meansOther reports whether the alias means other findings of the rule than this one.
func meansOther(alias string, d Diagnostic) bool {
	return d.Code != alias && slices.Contains(d.Rule.Aliases, d.Code)
}

// Goes reports whether people may mean the diagnostic by the name: that of its rule or, with another tool's code, its
// own.
func (d Diagnostic) Goes(name string) bool {
	if strings.EqualFold(name, d.Rule.Name) || strings.EqualFold(name, d.Code) {
		return true
	}
	return slices.ContainsFunc(d.Rule.Aliases, func(a string) bool {
		return strings.EqualFold(a, name) && !meansOther(a, d)
	})
}
