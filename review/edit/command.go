package edit

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// DropWords takes the words i to j of the command out, together with the blanks before them. The command's name cannot
// go.
func DropWords(f *dockerfile.File, c *dockerfile.Command, i, j int) *analysis.Fix {
	if i == 0 {
		return nil
	}
	return Delete(f, c.Words[i-1].Span.End, c.Words[j].Span.End)
}

// DropCommand is DropStatement for the statement that consists of the command.
func DropCommand(in *dockerfile.Instruction, c *dockerfile.Command) *analysis.Fix {
	if s := shell.Script(in); s != nil {
		if st := shell.Statement(s, c); st != nil {
			return DropStatement(in, st)
		}
	}
	return nil
}

// DropStatement takes a statement of a RUN out of a chain of && together with the operator, or its lines out of a
// script in a heredoc, or the whole RUN where it does nothing else. Comments above the statement go with it.
func DropStatement(in *dockerfile.Instruction, st *syntax.Stmt) *analysis.Fix {
	s := shell.Script(in)
	if s == nil || st.Background || st.Negated || readsHeredoc(st) {
		return nil
	}
	top := s.Stmts()
	if len(top) == 1 && top[0] == st {
		return DropInstruction(in)
	}
	var part *analysis.Fix
	s.Walk(func(n syntax.Node) bool {
		if b, ok := n.(*syntax.BinaryCmd); ok && b.Op == syntax.AndStmt {
			switch st {
			case b.X:
				part = dropBefore(s, st, b.Y, in.File())
			case b.Y:
				part = dropAfter(s, b.X, st, in.File())
			}
		}
		return part == nil
	})
	if run := in.Inner(); part == nil && len(run.Heredocs) > 0 {
		return dropLines(run, st)
	}
	return part
}

// readsHeredoc reports whether text below the statement's line belongs to it.
func readsHeredoc(st *syntax.Stmt) bool {
	for _, r := range st.Redirs {
		if r.Hdoc != nil {
			return true
		}
	}
	return false
}

// dropBefore takes a statement out that another follows. The comments between the two belong to the other and stay.
func dropBefore(s *dockerfile.Script, st, next *syntax.Stmt, f *dockerfile.File) *analysis.Fix {
	start, end := s.Span(st).Start, s.Span(next).Start
	comments := commentsIn(f, dockerfile.Span{Start: start, End: end})
	if len(comments) == 0 {
		return replace(start, end, "")
	}
	if commentsIn(f, s.Span(st)) != nil {
		return nil // inside of the statement
	}
	n := f.Line(end)
	line := f.Text(f.LineSpan(n, n))
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	var texts []string
	for _, at := range comments {
		texts = append(texts, f.Text(at))
	}
	lines := commentLines(f, indent, texts) + indent
	if before := indentAt(f, start); f.Column(start) == len(before)+1 { // it begins its line
		return replace(start-len(before), end, lines)
	}
	return replace(start, end, string(f.Escape)+f.EOL()+lines)
}

// dropAfter takes a statement out that follows another, with the comments between the two.
func dropAfter(s *dockerfile.Script, before, st *syntax.Stmt, f *dockerfile.File) *analysis.Fix {
	span := dockerfile.Span{Start: StmtEnd(s, before), End: StmtEnd(s, st)}
	if c := f.Src[span.Start-1]; c == ' ' || c == '\t' {
		return nil // an escaped blank
	}
	part := replace(span.Start, span.End, "")
	part.Comments = commentsIn(f, span)
	return part
}

// dropLines takes a statement that fills lines of a heredoc out of it; nil where it is the only one.
func dropLines(run *dockerfile.Instruction, st *syntax.Stmt) *analysis.Fix {
	f, at := run.File(), run.Script.Span(st)
	span := f.LineSpan(f.Lines(at))
	if len(run.Script.Stmts()) < 2 || !run.Heredocs[0].Body.Contains(span) ||
		strings.TrimSpace(f.Text(span)) != f.Text(at) {
		return nil
	}
	return replace(span.Start, span.End, "")
}

// StmtEnd is the offset after the statement, without its semicolon.
func StmtEnd(s *dockerfile.Script, st *syntax.Stmt) int {
	end := s.Span(st).End
	if st.Semicolon.IsValid() {
		text := strings.TrimRight(s.Text.String()[:st.Semicolon.Offset()], " \t")
		end = s.Text.Pos(len(text))
	}
	return end
}
