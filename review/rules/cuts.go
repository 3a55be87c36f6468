package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

// cut takes a piece out of a Dockerfile: the edits, and the instructions that go with it whole.
type cut struct {
	edits []analysis.Edit
	drops []dockerfile.Span
}

// cutSpan takes the bytes out; nil where a comment stands among them.
func cutSpan(in *dockerfile.Instruction, start, end int) *cut {
	span := dockerfile.Span{Start: start, End: end}
	if in.File().CommentIn(span) {
		return nil
	}
	return &cut{edits: []analysis.Edit{{Span: span}}}
}

// cutWords takes the words i to j of the command out, together with the blanks before them. The
// command's name cannot go.
func cutWords(in *dockerfile.Instruction, c *dockerfile.Command, i, j int) *cut {
	if i == 0 {
		return nil
	}
	return cutSpan(in, c.Words[i-1].Span.End, c.Words[j].Span.End)
}

// cutStatement takes a statement out of a chain of && together with the operator, or the whole RUN
// where there is nothing else in it; nil where neither can be done.
func cutStatement(in *dockerfile.Instruction, st *syntax.Stmt) *cut {
	script := in.Inner().Script
	if script == nil || script.File == nil || st.Background || st.Negated || heredocs(st) {
		return nil
	}
	if len(script.Stmts()) == 1 && script.Stmts()[0] == st {
		return cutInstruction(in)
	}
	var out *cut
	script.Walk(func(n syntax.Node) bool {
		b, ok := n.(*syntax.BinaryCmd)
		if !ok || b.Op != syntax.AndStmt {
			return out == nil
		}
		switch st {
		case b.X:
			out = cutSpan(in, script.Span(b.X).Start, script.Span(b.Y).Start)
		case b.Y:
			out = cutSpan(in, script.Span(b.X).End, script.Span(b.Y).End)
		}
		return out == nil
	})
	return out
}

// heredocs reports whether text behind the statement's line belongs to it.
func heredocs(st *syntax.Stmt) bool {
	for _, r := range st.Redirs {
		if r.Hdoc != nil {
			return true
		}
	}
	return false
}

// cutInstruction takes the lines of an instruction out. It does not where the comment above speaks
// of it, and not for what an ONBUILD holds.
func cutInstruction(in *dockerfile.Instruction) *cut {
	f := in.File()
	first, last := in.Lines()
	if in.OnBuild || in.Trigger != nil || last == f.LineCount() {
		return nil
	}
	if f.CommentIn(in.WithComments()) {
		return nil
	}
	return &cut{edits: []analysis.Edit{{Span: f.LineSpan(first, last)}}, drops: []dockerfile.Span{in.Span}}
}

// cutPair takes one name with its value out of an ENV or ARG, or the whole instruction where it is
// the only one.
func cutPair(in *dockerfile.Instruction, i int) *cut {
	pairs := in.Pairs
	switch {
	case len(pairs) == 1:
		return cutInstruction(in)
	case i > 0:
		return cutSpan(in, pairs[i-1].Span.End, pairs[i].Span.End)
	}
	return cutSpan(in, pairs[0].Span.Start, pairs[1].Span.Start)
}

// and joins two cuts; nil where one of them cannot be made.
func (c *cut) and(other *cut) *cut {
	if c == nil || other == nil {
		return nil
	}
	return &cut{append(append([]analysis.Edit(nil), c.edits...), other.edits...), append(append([]dockerfile.Span(nil), c.drops...), other.drops...)}
}

// isFlag reports whether the word is a flag of its command.
func isFlag(w dockerfile.ShellWord) bool {
	return w.Literal && len(w.Text) > 1 && strings.HasPrefix(w.Text, "-")
}
