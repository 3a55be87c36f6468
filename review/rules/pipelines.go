package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

// pipeline is a row of statements of which each reads what the one before it writes.
type pipeline struct {
	parts []*syntax.Stmt // at least two
	node  *syntax.BinaryCmd
	asked bool // the script looks at its failure: in `if`, `while`, before `||`
}

// pipelines returns every pipeline of the script, in the order of the source.
func pipelines(s *dockerfile.Script) []pipeline {
	if s == nil || s.File == nil || !strings.Contains(s.Text.String(), "|") {
		return nil
	}
	var all []pipeline
	inner := map[*syntax.BinaryCmd]bool{} // part of a longer one
	asked := map[*syntax.Stmt]bool{}
	var within []bool // for each node that is open: its failure is asked for
	s.Walk(func(n syntax.Node) bool {
		if n == nil {
			within = within[:len(within)-1]
			return true
		}
		now := len(within) > 0 && within[len(within)-1]
		switch n := n.(type) {
		case *syntax.IfClause:
			mark(asked, n.Cond...)
		case *syntax.WhileClause:
			mark(asked, n.Cond...)
		case *syntax.Stmt:
			now = now || asked[n] || n.Negated
		case *syntax.BinaryCmd:
			if n.Op == syntax.OrStmt {
				mark(asked, n.X)
			}
			if pipes(n) && !inner[n] {
				p := pipeline{node: n, asked: now}
				p.flatten(n, inner)
				all = append(all, p)
			}
		}
		within = append(within, now)
		return true
	})
	return all
}

func mark(set map[*syntax.Stmt]bool, stmts ...*syntax.Stmt) {
	for _, st := range stmts {
		set[st] = true
	}
}

func pipes(b *syntax.BinaryCmd) bool { return b.Op == syntax.Pipe || b.Op == syntax.PipeAll }

// flatten adds the parts of b from left to right.
func (p *pipeline) flatten(b *syntax.BinaryCmd, inner map[*syntax.BinaryCmd]bool) {
	for _, st := range []*syntax.Stmt{b.X, b.Y} {
		if x, ok := st.Cmd.(*syntax.BinaryCmd); ok && pipes(x) && !st.Negated && len(st.Redirs) == 0 {
			inner[x] = true
			p.flatten(x, inner)
			continue
		}
		p.parts = append(p.parts, st)
	}
}

// last is the part whose exit status is that of the whole.
func (p pipeline) last() *syntax.Stmt { return p.parts[len(p.parts)-1] }

// within returns the simple commands of a statement, its own and those nested in it.
func within(s *dockerfile.Script, n syntax.Node) []*dockerfile.Command {
	span := s.Span(n)
	var all []*dockerfile.Command
	for _, c := range s.Commands() {
		if span.Contains(c.Span) {
			all = append(all, c)
		}
	}
	return all
}

// fetchesToStdout reports whether the command downloads something and writes it to its output, and
// which words of it are addresses.
func fetchesToStdout(c *dockerfile.Command) bool {
	out := c.Name == "curl"
	for i, w := range c.Args() {
		if !w.Literal {
			continue
		}
		flag := isFlag(w) && !strings.HasPrefix(w.Text, "--")
		switch {
		case c.Name == "curl" && (flag && strings.ContainsAny(w.Text[1:], "oO") && !headerFlag(w.Text) || w.Text == "--output" || w.Text == "--remote-name"):
			next := ""
			if i+2 < len(c.Words) {
				next = c.Words[i+2].Text
			}
			if next != "-" && next != "/dev/stdout" {
				return false
			}
		case c.Name == "wget" && flag && strings.HasSuffix(w.Text, "O-"), c.Name == "wget" && w.Text == "--output-document=-":
			out = true
		case c.Name == "wget" && (flag && strings.HasSuffix(w.Text, "O") || w.Text == "--output-document"):
			out = i+2 < len(c.Words) && (c.Words[i+2].Text == "-" || c.Words[i+2].Text == "/dev/stdout")
		}
	}
	return out && (c.Name == "curl" || c.Name == "wget")
}

// headerFlag reports whether a letter before the o in a bundle of curl's flags takes the rest of it.
func headerFlag(bundle string) bool {
	at := strings.IndexAny(bundle, "oO")
	return strings.ContainsAny(bundle[1:at], "AbcCdDeEFhHKmPQrtTuUwxXyYz")
}

// addresses returns the words of the command that are URLs, as written, without quotes.
func addresses(in *dockerfile.Instruction, c *dockerfile.Command) []string {
	var all []string
	for _, w := range c.Args() {
		text := w.Text
		if !w.Literal {
			text = strings.Trim(in.File().Text(w.Span), `"`)
			if v := in.Expand(text); v.Known {
				text = v.Text
			}
		}
		if strings.Contains(text, "://") {
			all = append(all, text)
		}
	}
	return all
}
