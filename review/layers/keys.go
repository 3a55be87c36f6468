package layers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/dfbot/dfbot/review/work"
)

// Build is a graph over the files of its contexts.
type Build struct {
	Graph *Graph
	// Files are the folders, by the name of their Context step. One that is missing is not known.
	Files map[string]*Files

	keys   []keys
	budget *work.Budget
}

// keys identify a step: definite by all that decides over it, hopeful without what only running other steps can tell.
// Two steps with the same definite key give the same; two with different hopeful keys do not.
type keys struct{ definite, hopeful string }

// key works out the keys of all steps. unknown is put for what is not known, so that it equals nothing of another
// build.
func (b *Build) key(budget *work.Budget, unknown string) {
	b.budget, b.keys = budget, make([]keys, len(b.Graph.Steps))
	for _, f := range b.Files {
		f.budget = budget
	}
	for i := range b.Graph.Steps {
		s := &b.Graph.Steps[i]
		budget.Charge(10 + 5*len(s.Inputs))
		definite, hopeful := []string{s.Own}, []string{s.Own}
		for _, in := range s.Inputs {
			k := b.input(in, unknown)
			definite, hopeful = append(definite, k.definite), append(hopeful, k.hopeful)
		}
		b.keys[i] = keys{hash(definite...), hash(hopeful...)}
	}
}

// input is what an input adds to the keys.
func (b *Build) input(in Input, unknown string) keys {
	of := b.keys[in.Step]
	if !in.Content {
		return keys{of.definite + selectors(in.Takes), of.hopeful + selectors(in.Takes)}
	}
	switch s := &b.Graph.Steps[in.Step]; {
	case s.inline():
		return keys{s.Own, s.Own} // one file, whose contents are in what the step does
	case s.Kind != Context:
		return keys{of.definite + selectors(in.Takes), selectors(in.Takes)}
	}
	t := b.taken(in)
	known := t.digest()
	if t.unknown {
		return keys{known + unknown, known}
	}
	return keys{known, known}
}

// taken is what an input takes of a context.
func (b *Build) taken(in Input) taken {
	s := &b.Graph.Steps[in.Step]
	f := b.Files[s.Folder]
	if f == nil {
		return taken{unknown: true}
	}
	return f.take(s.Excludes, in.Takes)
}

// selectors identify what is taken of another step.
func selectors(all []Selector) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "\x00%q%v%v%q%q", s.Path, s.Wildcard, s.Follow, s.Include, s.Exclude)
	}
	return b.String()
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
