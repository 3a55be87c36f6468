// Package follow finds the instructions of a Dockerfile again in another version of it: on other lines, in
// another order, in renamed stages, in another layout or with some of their words changed.
//
// It must never go by line numbers, and never take time that grows with the square of a file's length.
package follow

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Trail knows what each instruction and stage of a file was in an earlier version of the file.
type Trail struct {
	stages       []*dockerfile.Stage       // by index of the stage now
	instructions []*dockerfile.Instruction // by index of the instruction now
	same         []bool                    // the text is the same too
	gone         []*dockerfile.Instruction // of the earlier version
}

// Stage returns what the stage was; nil where it is new. What comes before the first FROM, the nil Stage, was the same.
func (t *Trail) Stage(now *dockerfile.Stage) *dockerfile.Stage {
	if now == nil {
		return nil
	}
	return t.stages[now.Index]
}

// Instruction returns what the instruction was; nil where it is new. The trigger of an ONBUILD counts as the ONBUILD.
func (t *Trail) Instruction(now *dockerfile.Instruction) *dockerfile.Instruction {
	return t.instructions[now.Index]
}

// Same reports whether the instruction was there, with the same words.
func (t *Trail) Same(now *dockerfile.Instruction) bool { return t.same[now.Index] }

// Gone lists the instructions of the earlier version that the later one does not have, in the order of the file.
func (t *Trail) Gone() []*dockerfile.Instruction { return t.gone }

// From follows a file from its version before to the one after. It charges the budget of after.
func From(before, after *dockerfile.File) *Trail {
	t := &Trail{stages: make([]*dockerfile.Stage, after.StageCount()),
		instructions: make([]*dockerfile.Instruction, after.InstructionCount()),
		same:         make([]bool, after.InstructionCount())}
	m := matcher{trail: t, work: after.Charge, before: read(before), after: read(after)}
	m.alignStages(before, after)
	m.align()
	for _, x := range m.before.all {
		if !x.taken {
			t.gone = append(t.gone, x.in)
		}
	}
	return t
}

// line is one instruction with what it is known by.
type line struct {
	in    *dockerfile.Instruction
	stage int    // index of its stage; -1 before the first FROM
	text  string // all of it, in one layout
	words []string
	taken bool // it has its counterpart
	place int  // while the changed ones are compared: its place among those of its kind
}

// version is the lines of a file, by index.
type version struct {
	all    []*line
	stages [][]*line // of each stage, its FROM first; those before the first FROM come last
}

func read(f *dockerfile.File) version {
	v := version{stages: make([][]*line, f.StageCount()+1)}
	for _, in := range f.Instructions() {
		x := &line{in: in, stage: -1, text: textOf(f, in)}
		if in.Stage != nil {
			x.stage = in.Stage.Index
		}
		v.all = append(v.all, x)
		at := (x.stage + len(v.stages)) % len(v.stages)
		v.stages[at] = append(v.stages[at], x)
	}
	return v
}

// textOf is the instruction without its layout, with its heredocs.
func textOf(f *dockerfile.File, in *dockerfile.Instruction) string {
	f.Charge(2 * in.Span.Len())
	text := in.OneLine()
	for _, doc := range in.Heredocs {
		text += "\n" + f.Text(doc.Body)
	}
	return text
}

// maxWords is the most words of one instruction that are compared.
const maxWords = 400

// known are the words by which an instruction that has changed is known again, sorted. Those of ENV, ARG and LABEL are
// their keys, and what they set.
func (x *line) known(charge func(int)) []string {
	if x.words != nil {
		return x.words
	}
	charge(4 * len(x.text))
	x.words = []string{}
	if pairs := x.in.Inner().Pairs; len(pairs) > 0 {
		for _, p := range pairs[:min(len(pairs), maxWords/2)] {
			x.words = append(x.words, p.Key, p.Key+"="+p.Value)
		}
	} else {
		for _, w := range strings.Fields(x.text[len(x.in.Name):]) {
			if w = strings.Trim(w, punctuation); w != "" && len(x.words) < maxWords {
				x.words = append(x.words, w)
			}
		}
	}
	slices.Sort(x.words)
	return x.words
}

// punctuation is what shell code, JSON and lists have around words.
const punctuation = "&|;\\\"'`,[](){}"
