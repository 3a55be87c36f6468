package analysis

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

// keepsEffect holds the new file to what the change says it does. The edits that rewrite in place are checked first, on
// their own; what moves is checked against their result.
func (r *Result) keepsEffect(after *dockerfile.File, c Proposal) error {
	if c.Effect == InPlace {
		return keepsPlaces(r.Unit.File, after, c.inPlace)
	}
	between, err := r.rewritten(c)
	switch {
	case err != nil:
		return err
	case c.Effect == Join:
		return r.keepsSequence(between, after, c)
	}
	return r.keepsInstructions(between, after, c)
}

// rewritten is the file after those edits that rewrite in place, which keep what is around them.
func (r *Result) rewritten(c Proposal) (*dockerfile.File, error) {
	if len(c.inPlace.Edits) == 0 {
		return r.Unit.File, nil
	}
	src, err := Apply(r.Unit.Src, c.inPlace.Edits)
	if err != nil {
		return nil, err
	}
	f, err := r.Unit.File.Reparse(src)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrParse, err)
	}
	return f, keepsPlaces(r.Unit.File, f, c.inPlace)
}

// keepsInstructions checks a fix that moves COPYs: the other instructions are the same as before, but for what the fix
// adds and drops.
func (r *Result) keepsInstructions(between, after *dockerfile.File, c Proposal) error {
	a, b := fixed(between, c.Effect), fixed(after, c.Effect)
	for _, add := range c.adds {
		a = append(a, fmt.Sprint(add.Stage, " ", add.Text))
	}
	for _, d := range c.drops {
		i := slices.Index(a, dropped(r.Unit.File, d))
		if i < 0 {
			return fmt.Errorf("%w: %q is not there to be dropped", ErrEffect, r.Unit.File.Text(d))
		}
		a = slices.Delete(a, i, i+1)
	}
	if len(a) != len(b) {
		return fmt.Errorf("%w: %d instructions besides COPY become %d", ErrEffect, len(a), len(b))
	}
	sort.Strings(a)
	sort.Strings(b)
	for i := range a {
		if a[i] != b[i] {
			return fmt.Errorf("%w: %q", ErrEffect, b[i])
		}
	}
	return nil
}

// keepsSequence checks a fix that joins RUNs: read one after the other, the instructions and the
// commands of RUNs are the same as before, but for what the fix adds and drops.
func (r *Result) keepsSequence(old, new *dockerfile.File, c Proposal) error {
	a, b := sequence(old), sequence(new)
	adds, drops := tally{}, tally{}
	for _, add := range c.adds {
		adds[fmt.Sprint(add.Stage, " ", add.Text)]++
	}
	for _, d := range c.drops {
		for _, line := range droppedSequence(r.Unit.File, d) {
			drops[line]++
		}
	}
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			a, b = a[1:], b[1:]
		case len(a) > 0 && drops.take(a[0]):
			a = a[1:]
		case len(b) > 0 && adds.take(b[0]):
			b = b[1:]
		case len(b) > 0:
			return fmt.Errorf("%w: %q", ErrEffect, b[0])
		default:
			return fmt.Errorf("%w: %q is gone", ErrEffect, a[0])
		}
	}
	for _, left := range []tally{adds, drops} {
		for line := range left {
			return fmt.Errorf("%w: %q is not added or not dropped", ErrEffect, line)
		}
	}
	return nil
}

// tally counts lines that are still to be found; none of its counts is 0.
type tally map[string]int

// take takes one such line out, and reports whether there was one.
func (t tally) take(line string) bool {
	switch t[line] {
	case 0:
		return false
	case 1:
		delete(t, line)
	default:
		t[line]--
	}
	return true
}

// sequence lists the instructions in order. It lists the commands of a RUN instead, if they mean the same in separate
// RUNs.
func sequence(f *dockerfile.File) []string {
	var all []string
	for _, in := range f.Instructions() {
		all = append(all, commandsOf(in)...)
	}
	return all
}

// commandsOf is the instruction's part of a sequence.
func commandsOf(in *dockerfile.Instruction) []string {
	var chain []*syntax.Stmt
	if in.Name == "RUN" && len(in.Flags) == 0 && len(in.Heredocs) == 0 {
		chain = in.Script.Chain()
	}
	if chain == nil {
		return []string{listing(in)}
	}
	var all []string
	for _, st := range chain {
		all = append(all, fmt.Sprint(stageOf(in), " ", runCommand, in.File().Text(in.Script.Span(st))))
	}
	return all
}

// droppedSequence is how sequence lists the instruction or the command at the place.
func droppedSequence(f *dockerfile.File, at dockerfile.Span) []string {
	for _, in := range f.Instructions() {
		if in.Span == at {
			return commandsOf(in)
		}
	}
	return []string{dropped(f, at)}
}

// dropped is how fixed lists the instruction or the command at the place.
func dropped(f *dockerfile.File, at dockerfile.Span) string {
	for _, in := range f.Instructions() {
		switch {
		case in.Span == at:
			return listing(in)
		case in.Span.Contains(at) && in.Script != nil:
			for _, cmd := range in.Script.Commands() {
				if cmd.Span == at {
					return commandListing(in, cmd)
				}
			}
		}
	}
	return ""
}

// keepsPlaces checks a fix that rewrites in place: each instruction that it does not drop keeps its
// keyword and place, and those without an edit their text; nothing comes in but what it adds.
func keepsPlaces(old, new *dockerfile.File, fix Fix) error {
	after, adds := new.Instructions(), slices.Clone(fix.Adds)
	for i, in := range old.Instructions() {
		if slices.Contains(fix.Drops, in.Span) {
			continue
		}
		edited := touched(in, fix.Edits)
		if edited || len(after) == 0 || listing(in) != listing(after[0]) { // an addition may repeat what is there
			after, adds = withoutAdded(after, adds)
		}
		if len(after) == 0 {
			return fmt.Errorf("%w: instruction %d is gone", ErrEffect, i+1)
		}
		if other := after[0]; !(in.Name == other.Name || edited && in.Name == "ADD" && other.Name == "COPY") ||
			!edited && whole(in) != whole(other) {
			return fmt.Errorf("%w: instruction %d", ErrEffect, i+1)
		}
		after = after[1:]
	}
	if after, adds = withoutAdded(after, adds); len(after) > 0 || len(adds) > 0 {
		return fmt.Errorf("%w: %d instructions too many, %d too few", ErrEffect, len(after), len(adds))
	}
	return nil
}

// withoutAdded takes the instructions that are announced as added off the head of the list, and
// returns what is still to come.
func withoutAdded(after []*dockerfile.Instruction, adds []Addition) ([]*dockerfile.Instruction, []Addition) {
	for len(after) > 0 {
		i := slices.Index(adds, Addition{stageOf(after[0]), whole(after[0])})
		if i < 0 {
			break
		}
		after, adds = after[1:], slices.Delete(adds, i, i+1)
	}
	return after, adds
}

func touched(in *dockerfile.Instruction, edits []Edit) bool {
	for _, e := range edits {
		if e.Span.Start <= in.Span.End && in.Span.Start <= e.Span.End {
			return true
		}
	}
	return false
}

// fixed lists what a reordering must not change, each with its stage: everything but COPY and ADD. If RUNs may be cut,
// it lists their commands instead.
func fixed(f *dockerfile.File, effect Effect) []string {
	var all []string
	for _, in := range f.Instructions() {
		if in.Name == "COPY" || in.Name == "ADD" {
			continue
		}
		if effect == Split && in.Name == "RUN" && in.Script != nil && in.Script.File != nil {
			for _, cmd := range in.Script.Commands() {
				all = append(all, commandListing(in, cmd))
			}
			continue
		}
		all = append(all, listing(in))
	}
	return all
}

func listing(in *dockerfile.Instruction) string { return fmt.Sprint(stageOf(in), " ", whole(in)) }

func commandListing(in *dockerfile.Instruction, cmd *dockerfile.Command) string {
	return fmt.Sprint(stageOf(in), " ", runCommand, in.File().Text(cmd.Span))
}

// stageOf is the index of the instruction's stage, -1 before the first.
func stageOf(in *dockerfile.Instruction) int {
	if in.Stage == nil {
		return -1
	}
	return in.Stage.Index
}

// whole is all that BuildKit sees of an instruction.
func whole(in *dockerfile.Instruction) string {
	var b strings.Builder
	b.WriteString(in.Name)
	for _, f := range in.Flags {
		b.WriteString(" --" + f.Name + "=" + f.Value)
	}
	b.WriteString(" " + in.Args.String())
	for _, h := range in.Heredocs {
		b.WriteString("\n" + in.File().Text(h.Body))
	}
	if in.Trigger != nil {
		b.WriteString(" " + whole(in.Trigger))
	}
	return b.String()
}
