package shell

import (
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

// Pipeline is a row of statements of which each reads what the one before it writes.
type Pipeline struct {
	Parts []*syntax.Stmt // at least two
	Node  *syntax.BinaryCmd
	Asked bool // the script looks at its failure: in `if`, `while`, before `||`
}

// Pipelines returns every pipeline of the script, in the order of the source.
func Pipelines(s *dockerfile.Script) []Pipeline {
	if s == nil || s.File == nil || !strings.Contains(s.Text.String(), "|") {
		return nil
	}
	var all []Pipeline
	inner := map[*syntax.BinaryCmd]bool{} // part of a longer one
	asked := map[*syntax.Stmt]bool{}
	var within []bool // for each node that is open: its failure is asked for
	s.Walk(func(n syntax.Node) bool {
		if n == nil {
			within = within[:len(within)-1]
			return true
		}
		now := len(within) > 0 && within[len(within)-1]
		for _, st := range asks(n) {
			asked[st] = true
		}
		switch n := n.(type) {
		case *syntax.Stmt:
			now = now || asked[n] || n.Negated
		case *syntax.BinaryCmd:
			if pipes(n) && !inner[n] {
				p := Pipeline{Node: n, Asked: now}
				p.flatten(n, inner)
				all = append(all, p)
			}
		}
		within = append(within, now)
		return true
	})
	return all
}

// asks returns the statements whose failure a node asks for.
func asks(n syntax.Node) []*syntax.Stmt {
	switch n := n.(type) {
	case *syntax.IfClause:
		return n.Cond
	case *syntax.WhileClause:
		return n.Cond
	case *syntax.BinaryCmd:
		if n.Op == syntax.OrStmt {
			return []*syntax.Stmt{n.X}
		}
	}
	return nil
}

func pipes(b *syntax.BinaryCmd) bool { return b.Op == syntax.Pipe || b.Op == syntax.PipeAll }

// flatten adds the parts of b from left to right.
func (p *Pipeline) flatten(b *syntax.BinaryCmd, inner map[*syntax.BinaryCmd]bool) {
	for _, st := range []*syntax.Stmt{b.X, b.Y} {
		if x, ok := st.Cmd.(*syntax.BinaryCmd); ok && pipes(x) && !st.Negated && len(st.Redirs) == 0 {
			inner[x] = true
			p.flatten(x, inner)
			continue
		}
		p.Parts = append(p.Parts, st)
	}
}

// Last is the part whose exit status is that of the whole.
func (p Pipeline) Last() *syntax.Stmt { return p.Parts[len(p.Parts)-1] }
