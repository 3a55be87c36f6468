// Package edit computes the edits by which a fix changes a Dockerfile in the layout of its author: it drops, appends
// and joins commands, drops instructions, and replaces words. It never takes a comment away in silence, never decides
// whether a change is right, and never reads anything but the file.
//
// Its operators return the part of an analysis.Fix that they make: the edits, and what they take out of the file as
// Drops and Comments. They return nil where they cannot do it in this file.
//
// A comment stays. Where what it describes goes, it goes too, and the fix says so in Comments. Where what it describes
// goes on elsewhere, TakeComments moves it there. A comment that silences rules for an instruction or a command never
// moves.
package edit

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// All puts the parts of a fix together; nil where one of them is nil.
func All(parts ...*analysis.Fix) *analysis.Fix {
	sum := &analysis.Fix{}
	for _, part := range parts {
		if part == nil {
			return nil
		}
		Add(sum, part)
	}
	return sum
}

// Add adds a part to the fix.
func Add(fix, part *analysis.Fix) {
	fix.Edits = append(fix.Edits, part.Edits...)
	fix.Drops = append(fix.Drops, part.Drops...)
	fix.Comments = append(fix.Comments, part.Comments...)
}

// replace makes a part of one edit.
func replace(start, end int, text string) *analysis.Fix {
	return &analysis.Fix{Edits: []analysis.Edit{{Span: dockerfile.Span{Start: start, End: end}, New: text}}}
}

// Delete takes the bytes out; nil where a comment is among them.
func Delete(f *dockerfile.File, start, end int) *analysis.Fix {
	if f.CommentIn(dockerfile.Span{Start: start, End: end}) {
		return nil
	}
	return replace(start, end, "")
}

// commentsIn lists the places of the comments among the bytes.
func commentsIn(f *dockerfile.File, place dockerfile.Span) []dockerfile.Span {
	var all []dockerfile.Span
	if f.CommentIn(place) {
		for _, c := range f.Comments() {
			if place.Overlaps(c.Span) {
				all = append(all, c.Span)
			}
		}
	}
	return all
}

// TakeComments takes the comments that go out of the part and returns their text, for the place to which what they
// describe goes. Those that silence rules stay in the part.
func TakeComments(f *dockerfile.File, part *analysis.Fix) []string {
	var moved []string
	part.Comments = slices.DeleteFunc(slices.Clone(part.Comments), func(at dockerfile.Span) bool {
		moves := !slices.ContainsFunc(f.Ignores, func(i dockerfile.Ignore) bool { return i.Comment.Span == at })
		if moves {
			moved = append(moved, f.Text(at))
		}
		return moves
	})
	return moved
}

// isBlank reports whether nothing is in the text but white space.
func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

// AppendTo puts text at the end of the word, inside its quotes where it has any.
func AppendTo(f *dockerfile.File, w dockerfile.Word, text string) *analysis.Fix {
	at := w.Span.End
	if c := f.Src[at-1]; c == '"' || c == '\'' {
		at--
	}
	return replace(at, at, text)
}

// Keyword writes a keyword in the case of the instruction's own.
func Keyword(in *dockerfile.Instruction, name string) string {
	written := in.File().Text(in.Keyword)
	switch {
	case written == strings.ToLower(written):
		return strings.ToLower(name)
	case written == strings.ToUpper(written):
		return name
	}
	return name[:1] + strings.ToLower(name[1:])
}

// Indent returns the white space before the instruction.
func Indent(in *dockerfile.Instruction) string { return indentAt(in.File(), in.Span.Start) }

// indentAt returns the blanks directly before the offset on its line.
func indentAt(f *dockerfile.File, at int) string {
	n := f.Line(at)
	before := string(f.Src[f.LineSpan(n, n).Start:at])
	return before[len(strings.TrimRight(before, " \t")):]
}
