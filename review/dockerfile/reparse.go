package dockerfile

import (
	"bytes"
	"sort"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"mvdan.cc/sh/v3/syntax"
)

// Reparse returns what Parse(f.Path, src) returns, at a fraction of its cost where src differs from
// f.Src in few instructions next to each other.
//
// BuildKit reads line by line, and carries nothing from one instruction to the next but what the
// directives at the head of the file say and whether a FROM has come. So it is given only the
// instructions that differ, between two FROMs of which the second shows that the last of them ends
// where it should. Whatever is not plain there is left to Parse.
func (f *File) Reparse(src []byte) (file *File, err error) {
	defer survive(&file, &err)
	f.Work.Charge(reparseCost * len(src))
	nodes, ok := f.differing(src).splice(f.instructions)
	if !ok || len(nodes) > MaxInstructions || templateLine(nodes) > 0 {
		return ParseWithin(f.Work, f.Path, src, f.frontends...)
	}
	g := &File{Path: f.Path, Src: src, Work: f.Work, Escape: f.Escape, Syntax: f.Syntax, lines: lineStarts(src),
		frontends: f.frontends}
	g.readEscape()
	g.fill(nodes, f.scripts())
	return g, nil
}

// reparseCost is what a byte costs Reparse, in units of work, where not all has to be parsed again.
const reparseCost = 5

// difference is where two Dockerfiles differ, in whole instructions.
type difference struct {
	first, last int    // the old file's instructions of these indexes, the last not among them
	line        int    // 1-based, on which the first begins in both files
	moved       int    // lines by which those after move
	text        []byte // what replaces them in the new file
	closed      bool   // something comes after
}

// differing finds the instructions that differ. The zero difference is one that Reparse cannot use.
func (f *File) differing(src []byte) difference {
	if f.Escape != '\\' || f.NewFlags || len(src) > MaxSize {
		return difference{}
	}
	start, same := common(f.Src, src)
	begins := func(i int) int { return f.lines[f.instructions[i].node.StartLine-1] }
	all := len(f.instructions)
	d := difference{
		first: sort.Search(all, func(i int) bool { return begins(i) > start }) - 1,
		last:  sort.Search(all, func(i int) bool { return begins(i) > len(f.Src)-same }),
	}
	if len(f.stages) == 0 || d.first <= f.stages[0].From.Index {
		return difference{} // the directives, or what may come before a FROM
	}
	old, end := f.Src[begins(d.first):], len(src)
	if d.closed = d.last < all; d.closed {
		old, end = f.Src[begins(d.first):begins(d.last)], begins(d.last)+len(src)-len(f.Src)
	}
	d.line, d.text = f.instructions[d.first].node.StartLine, src[begins(d.first):end]
	d.moved = bytes.Count(d.text, newline) - bytes.Count(old, newline)
	return d
}

// common counts the bytes that are the same at the begin of two texts, and at the end of what is left.
func common(a, b []byte) (begin, end int) {
	n := min(len(a), len(b))
	for begin < n && a[begin] == b[begin] {
		begin++
	}
	for end < n-begin && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return begin, end
}

var (
	newline = []byte("\n")
	fence   = []byte("FROM scratch\n")
)

// splice returns BuildKit's nodes of the new file: those of the old one's instructions, and in the
// place of those that differ what BuildKit makes of the text.
func (d difference) splice(old []*Instruction) (nodes []*parser.Node, ok bool) {
	if d.line == 0 || bytes.IndexByte(d.text, 0) >= 0 {
		return nil, false
	}
	piece := bytes.Join([][]byte{fence, d.text}, nil)
	if d.closed {
		piece = append(piece, fence...)
	}
	res, err := parser.Parse(bytes.NewReader(piece))
	if err != nil {
		return nil, false
	}
	if _, _, err := instructions.Parse(res.AST, linter.New(&linter.Config{SkipAll: true})); err != nil {
		return nil, false
	}
	fresh := res.AST.Children[1:]
	if d.closed {
		n := len(fresh) - 1
		if n < 0 || fresh[n].StartLine != 2+bytes.Count(d.text, newline) {
			return nil, false // the text runs into what comes after
		}
		fresh = fresh[:n]
	}
	for _, in := range old[:d.first] {
		nodes = append(nodes, in.node)
	}
	for _, n := range fresh {
		nodes = append(nodes, moved(n, d.line-2))
	}
	for _, in := range old[d.last:] {
		nodes = append(nodes, moved(in.node, d.moved))
	}
	return nodes, true
}

// moved is the node as it is so many lines further down.
func moved(n *parser.Node, lines int) *parser.Node {
	other := *n
	other.StartLine += lines
	other.EndLine += lines
	return &other
}

// scripts lists the shell code of the file by its text.
func (f *File) scripts() map[string]*Script {
	all := make(map[string]*Script, len(f.instructions))
	for _, in := range f.instructions {
		in = in.Inner()
		if in.Script != nil && in.Script.File != nil {
			all[in.Script.Text.s] = in.Script
		}
	}
	return all
}

// as takes over what is known of the same text in another place.
func (s *Script) as(other *Script) {
	s.File, s.settings = other.File, other.settings
	s.commands = make([]*Command, 0, len(other.commands))
	s.calls = make(map[*syntax.CallExpr]*Command, len(other.commands))
	for _, known := range other.commands {
		c := *known
		c.Span, c.Words = s.Span(c.Call), append([]ShellWord(nil), known.Words...)
		for i := range c.Words {
			c.Words[i].Span = s.Span(c.Words[i].Node)
		}
		s.commands = append(s.commands, &c)
		s.calls[c.Call] = &c
	}
}
