package dockerfile

import (
	"slices"
	"strings"
)

// GivenBy lists the ARGs and ENVs that give values to those words of the instruction that touch the span, so that a
// change of one of them changes the instruction. These are the values that the builder puts in, and of shell code those
// with which a word of the command begins, up to the span: it may become a subcommand, flags or several words. For
// other values that a shell puts in, see Expand. An empty span, and one that is the keyword alone, is the whole
// instruction.
func (in *Instruction) GivenBy(at Span) []*Instruction {
	if in.Trigger != nil {
		return in.Trigger.GivenBy(at)
	}
	whole := at.Len() <= 0 || at == in.Keyword
	touches := func(s Span) bool { return whole || s.Overlaps(at) }
	var all Value
	in.expanded(func(w Word) {
		if touches(w.Span) && strings.Contains(w.Text, "$") {
			all.by = append(all.by, in.builderExpand(w.Text).by...)
		}
	})
	if in.Name == "RUN" && in.Script != nil {
		for _, c := range in.Script.Commands() {
			if touches(c.Span) {
				all.by = append(all.by, in.givenToCommand(c, whole, at).by...)
			}
		}
	}
	return all.By()
}

// givenToCommand returns the value of those words of a command, up to the span, that begin with an expansion, or with
// dashes before one.
func (in *Instruction) givenToCommand(c *Command, whole bool, at Span) (all Value) {
	for _, w := range c.Words {
		if w.Literal || !whole && w.Span.Start >= at.End {
			continue
		}
		if text := in.file.Text(w.Span); strings.HasPrefix(strings.TrimLeft(text, `"-`), "$") {
			all.by = append(all.by, in.Expand(text).by...)
		}
	}
	return all
}

// expanded calls visit for the words of the instruction into which the builder puts values
// (https://docs.docker.com/reference/dockerfile/#environment-replacement).
func (in *Instruction) expanded(visit func(Word)) {
	in.file.Work.Charge(len(in.Words) + 2*len(in.Pairs) + len(in.Flags))
	words := in.Words
	switch in.Name {
	case "ADD", "COPY", "EXPOSE", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR":
	case "FROM":
		words = words[:min(len(words), 1)]
	case "ARG", "ENV", "LABEL":
		words = nil
		for _, p := range in.Pairs {
			visit(Word{p.Key, p.Span})
			visit(Word{p.Value, p.Span})
		}
	case "RUN":
		words = nil
	default:
		return
	}
	for _, w := range words {
		visit(w)
	}
	for _, f := range in.Flags {
		visit(Word{f.Value, f.Span})
	}
}

// builderExpand expands a word of the instruction in the scope that the builder gives it: that of a FROM is the file's.
func (in *Instruction) builderExpand(word string) Value {
	if in.Name == "FROM" {
		return in.file.vars.expand(in.file, word)
	}
	return in.Expand(word)
}

// OnImage reports whether the span touches the image that a FROM names, as an empty span and the keyword alone do.
func (in *Instruction) OnImage(at Span) bool {
	return in.Name == "FROM" && len(in.Words) > 0 &&
		(at.Len() <= 0 || at == in.Keyword || in.Words[0].Span.Overlaps(at))
}

// ShellBy lists what chooses the shell that runs the instruction's code: the SHELL in force, and the FROMs by which the
// stage has it; nothing where it is the default.
func (in *Instruction) ShellBy() []*Instruction {
	if in.Script == nil || in.Script.SetBy == nil {
		return nil
	}
	return append([]*Instruction{in.Script.SetBy}, in.Stage.Inherits(in.Script.SetBy)...)
}

// Unclear reports whether it is not known what the instruction does: its shell code cannot be read, or the builder
// puts a variable without a known value into its words. What it sets, and its flags, do not count.
func (in *Instruction) Unclear() bool {
	switch in = in.Inner(); {
	case in.Script != nil:
		return in.Script.File == nil
	case len(in.Pairs) > 0:
		return false
	}
	unclear := false
	in.expanded(func(w Word) {
		flag := slices.ContainsFunc(in.Flags, func(f Flag) bool { return f.Span == w.Span })
		unclear = unclear || !flag && strings.Contains(w.Text, "$") && !in.builderExpand(w.Text).Known
	})
	return unclear
}
