package edit

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// DropInstruction takes the instruction out of the file, with the comments that belong to it, and with one of the blank
// lines that it is between. It is nil for the trigger of an ONBUILD, and where a continuation leads to nothing.
func DropInstruction(in *dockerfile.Instruction) *analysis.Fix {
	f := in.File()
	_, last := in.Lines()
	if in.OnBuild || in.Trigger != nil || !isBlank(string(f.Src[in.Span.End:f.LineSpan(last, last).End])) {
		return nil
	}
	span := in.WithComments()
	part := &analysis.Fix{Drops: []dockerfile.Span{in.Span}, Comments: commentsIn(f, span)}
	span = WithBlankLine(f, span)
	if span.End == len(f.Src) && span.Start > 0 { // the line before ends the file as this one does
		if before := strings.TrimRight(string(f.Src[:span.Start]), " \t\r\n"); len(before) < span.Start {
			tail := strings.TrimRight(f.Text(span), "\r\n")
			span = dockerfile.Span{Start: len(before), End: span.Start + len(tail)}
		}
	}
	part.Edits = []analysis.Edit{{Span: span}}
	return part
}

// WithBlankLine adds the blank line after whole lines that are between two.
func WithBlankLine(f *dockerfile.File, lines dockerfile.Span) dockerfile.Span {
	first, last := f.Lines(lines)
	if last < f.LineCount() && BlankLine(f, first-1) && BlankLine(f, last+1) {
		lines.End = f.LineSpan(last+1, last+1).End
	}
	return lines
}

// BlankLine reports whether the line is blank, or outside of the file.
func BlankLine(f *dockerfile.File, n int) bool {
	return n < 1 || n > f.LineCount() || isBlank(f.Text(f.LineSpan(n, n)))
}

// InsertAbove puts lines above the instruction and the comments that belong to it. The last line comes without its end.
func InsertAbove(in *dockerfile.Instruction, lines string) *analysis.Fix {
	at := in.WithComments().Start
	return replace(at, at, fileLines(in.File(), lines)+in.File().EOL())
}

// InsertBelow puts lines below the instruction. The last line comes without its end.
func InsertBelow(in *dockerfile.Instruction, lines string) *analysis.Fix {
	f := in.File()
	_, last := in.Lines()
	at := f.LineSpan(last, last).End
	if f.Src[at-1] != '\n' { // the file ends here
		return replace(at, at, f.EOL()+fileLines(f, lines))
	}
	return replace(at, at, fileLines(f, lines)+f.EOL())
}

// fileLines ends the lines of a text as the file ends its own.
func fileLines(f *dockerfile.File, text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", f.EOL())
}

// MoveBelow moves instructions of a stage, in the order of the file, below a later one, with the comments that belong
// to them, and sets them apart by a blank line where the author does.
func MoveBelow(all []*dockerfile.Instruction, last *dockerfile.Instruction) *analysis.Fix {
	f := last.File()
	part := &analysis.Fix{Effect: analysis.Reorder}
	var moved []string
	var blocks []dockerfile.Span
	for _, in := range all {
		block := in.WithComments()
		moved = append(moved, strings.TrimRight(f.Text(block), "\r\n"))
		if n := len(blocks) - 1; n >= 0 && blocks[n].End == block.Start {
			blocks[n].End = block.End
		} else {
			blocks = append(blocks, block)
		}
	}
	for _, block := range blocks {
		part.Edits = append(part.Edits, analysis.Edit{Span: WithBlankLine(f, block)})
	}
	text := strings.Join(moved, "\n")
	if first, _ := all[0].Lines(); BlankLine(f, first-1) {
		text = "\n" + text
	}
	Add(part, InsertBelow(last, text))
	return part
}

// CommentAbove puts comments above the instruction, below those that it has.
func CommentAbove(in *dockerfile.Instruction, comments []string) *analysis.Fix {
	if len(comments) == 0 {
		return &analysis.Fix{}
	}
	at := in.Span.Start - len(Indent(in))
	return replace(at, at, CommentLines(in, comments))
}

// CommentLines writes comments as lines with the indentation of the instruction.
func CommentLines(in *dockerfile.Instruction, comments []string) string {
	return commentLines(in.File(), Indent(in), comments)
}

// commentLines writes comments as lines.
func commentLines(f *dockerfile.File, indent string, comments []string) string {
	var b strings.Builder
	for _, c := range comments {
		b.WriteString(indent + strings.TrimRight(c, " \t") + f.EOL())
	}
	return b.String()
}

// DropPair takes one name with its value out of an ENV or ARG, or the whole instruction where it is the only one.
func DropPair(in *dockerfile.Instruction, i int) *analysis.Fix {
	pairs := in.Pairs
	switch {
	case len(pairs) == 1:
		return DropInstruction(in)
	case i > 0:
		return Delete(in.File(), pairs[i-1].Span.End, pairs[i].Span.End)
	}
	return Delete(in.File(), pairs[0].Span.Start, pairs[1].Span.Start)
}
