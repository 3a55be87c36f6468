package dockerfile

import (
	"bytes"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Instruction is one instruction with everything that belongs to it.
type Instruction struct {
	Index   int    // its place in File.Instructions; of a trigger, its ONBUILD's
	Name    string // the keyword in capitals: RUN, COPY, ...
	Keyword Span   // the keyword as written
	// Span runs from the keyword to the last byte of the instruction: its heredocs are inside,
	// the final newline, and comments after a dangling continuation, are not.
	Span  Span
	Stage *Stage // nil before the first FROM

	Flags    []Flag
	Args     Text         // what follows keyword and flags, joined
	JSON     bool         // written as a JSON array
	Words    []Word       // the arguments: JSON strings, or words between blanks; see Pairs for ENV, LABEL, ARG
	Pairs    []Pair       // of ENV, LABEL and ARG
	Heredocs []Heredoc    // in the order of their bodies
	Trigger  *Instruction // what an ONBUILD holds
	Script   *Script      // the shell code of a RUN, CMD, ENTRYPOINT or HEALTHCHECK CMD in shell form
	OnBuild  bool         // this is the trigger of an ONBUILD

	file    *File
	node    *parser.Node // BuildKit's; nil for a trigger
	workdir string
	dirBy   *Instruction // the WORKDIR in force; nil where it is the base image's
	kept    map[any]any  // see Keep
}

// Flag is a builder flag, such as --from=build.
type Flag struct {
	Name  string // without dashes
	Value string // quotes and escapes removed; "" if there is none
	Span  Span

	text Text // all of it, as written
}

// Word is one argument.
type Word struct {
	Text string // as written between blanks, variables and quotes untouched; of a JSON string, its value
	Span Span   // with quotes
}

// Pair is a name with its value, from ENV, LABEL or ARG.
type Pair struct {
	Key      string // as written
	Value    string // as written, quotes and variables untouched
	HasValue bool   // false for ARG NAME
	Span     Span
}

// Heredoc is one here-document of a RUN, COPY or ADD.
type Heredoc struct {
	Name   string
	Expand bool // the builder (COPY, ADD) or the shell expands variables in it
	Chomp  bool // <<-: leading tabs are removed
	Body   Span // whole lines, without the line of the terminator
}

// Flag returns the flag of that name, nil where the instruction has none.
func (in *Instruction) Flag(name string) *Flag {
	in.file.Work.Charge(len(in.Flags))
	for i := range in.Flags {
		if in.Flags[i].Name == name {
			return &in.Flags[i]
		}
	}
	return nil
}

// Inner returns the instruction that an ONBUILD holds; of any other it returns the instruction itself.
func (in *Instruction) Inner() *Instruction {
	if in.Trigger != nil {
		return in.Trigger
	}
	return in
}

// Lines returns the 1-based first and last line of the instruction.
func (in *Instruction) Lines() (first, last int) { return in.file.Lines(in.Span) }

// Head is what to point at where the instruction is meant as a whole: all of it, or its keyword where it
// has several lines.
func (in *Instruction) Head() Span {
	if first, last := in.Lines(); first < last {
		return in.Keyword
	}
	return in.Span
}

// File returns the file of the instruction.
func (in *Instruction) File() *File { return in.file }

// instruction makes an Instruction from BuildKit's node.
func (f *File) instruction(node *parser.Node) *Instruction {
	text, next := f.join(node.StartLine, node.EndLine)
	in := &Instruction{file: f, node: node}
	var bodies []Heredoc
	end := next
	docs := node.Heredocs
	for _, d := range docs {
		var h Heredoc
		h, end = f.heredoc(d, end, node.EndLine)
		bodies = append(bodies, h)
	}
	in.Heredocs = bodies
	in.fill(text, node)
	in.Span = Span{in.Keyword.Start, f.contentEnd(text, bodies, end)}
	if in.Trigger != nil {
		in.Trigger.Heredocs = bodies
		in.Trigger.Span.End = in.Span.End
		in.Trigger.readScript()
	} else {
		in.readScript()
	}
	return in
}

// contentEnd is the offset after the instruction's last byte.
func (f *File) contentEnd(text Text, bodies []Heredoc, nextLine int) int {
	if len(bodies) > 0 {
		s := f.LineSpan(nextLine-1, nextLine-1) // the last terminator
		return s.Start + len(bytes.TrimRight(f.Src[s.Start:s.End], "\r\n"))
	}
	trimmed := strings.TrimRight(text.s, " \t\r\v\f")
	return text.Pos(len(trimmed))
}

// join puts the lines of one instruction together as BuildKit's parser does. It returns the text
// and the 1-based line after the last one it used; heredocs begin there.
func (f *File) join(first, last int) (Text, int) {
	var b builder
	for n := first; n <= last; n++ {
		s := f.LineSpan(n, n)
		start, end := s.Start, s.Start+len(bytes.TrimRight(f.Src[s.Start:s.End], "\r\n"))
		if n == 1 {
			start += len(f.Src[start:end]) - len(bytes.TrimPrefix(f.Src[start:end], bom))
		}
		if n == first {
			start = end - len(trimSpaceLeft(f.Src[start:end]))
		} else if rest := trimSpaceLeft(f.Src[start:end]); len(rest) == 0 || rest[0] == '#' {
			continue
		}
		cut, more := f.continued(start, end)
		b.add(f.Src, start, cut)
		if !more {
			return b.text(), n + 1
		}
	}
	return b.text(), last + 1
}

var bom = []byte("\xef\xbb\xbf")

func trimSpaceLeft(b []byte) []byte { return bytes.TrimLeftFunc(b, isSpace) }

// continued returns where the line's own text ends and whether the next line continues it.
func (f *File) continued(start, end int) (int, bool) {
	i := end
	for i > start && (f.Src[i-1] == ' ' || f.Src[i-1] == '\t') {
		i--
	}
	if i == start || f.Src[i-1] != f.Escape {
		return end, false
	}
	if i-1 > start && f.Src[i-2] == f.Escape {
		return end, false // an escaped escape
	}
	return i - 1, true
}

// heredoc finds the body of d, which begins on line n, and returns it with the line after its
// terminator.
func (f *File) heredoc(d parser.Heredoc, n, last int) (Heredoc, int) {
	h := Heredoc{Name: d.Name, Expand: d.Expand, Chomp: d.Chomp}
	start := len(f.Src)
	if n <= len(f.lines) {
		start = f.lines[n-1]
	}
	h.Body = Span{start, start}
	for ; n <= last && n <= len(f.lines); n++ {
		s := f.LineSpan(n, n)
		line := bytes.TrimRight(f.Src[s.Start:s.End], "\r\n")
		if d.Chomp {
			line = bytes.TrimLeft(line, "\t")
		}
		if string(line) == d.Name {
			return h, n + 1
		}
		h.Body.End = s.End
	}
	return h, n
}

// fill reads keyword, flags and arguments out of the joined text.
func (in *Instruction) fill(text Text, node *parser.Node) {
	s := text.s
	trimmed := strings.TrimRightFunc(s, isSpace)
	kw := strings.IndexAny(trimmed, " \t\v\f\r")
	if kw < 0 {
		kw = len(trimmed)
	}
	in.Name = strings.ToUpper(trimmed[:kw])
	in.Keyword = text.Span(0, kw)
	in.Span = in.Keyword
	rest := len(trimmed) - len(strings.TrimLeft(trimmed[kw:], " \t\v\f\r"))
	at := in.readFlags(text.slice(0, len(trimmed)), rest)
	args := strings.TrimFunc(trimmed[at:], isSpace)
	at = len(trimmed) - len(strings.TrimLeftFunc(trimmed[at:], isSpace))
	in.Args = text.slice(at, at+len(args))
	in.JSON = node.Attributes["json"]
	switch in.Name {
	case "ENV", "LABEL", "ARG":
		in.Pairs = readPairs(in.Args, in.file.Escape, in.Name)
	case "ONBUILD":
		in.readTrigger(node)
	case "HEALTHCHECK":
		in.readHealthcheck()
	default:
		if in.JSON {
			in.Words = readJSON(in.Args)
		} else {
			in.Words = readWords(in.Args)
		}
	}
}

func (in *Instruction) readTrigger(node *parser.Node) {
	if node.Next == nil || len(node.Next.Children) == 0 {
		return
	}
	t := &Instruction{file: in.file, OnBuild: true}
	t.fill(in.Args, node.Next.Children[0])
	t.Span = Span{t.Keyword.Start, in.Args.Pos(len(in.Args.s))}
	in.Trigger = t
}

// readHealthcheck takes HEALTHCHECK's type as first word and its command, in either form, after it.
func (in *Instruction) readHealthcheck() {
	s := in.Args.s
	n := strings.IndexFunc(s, isSpace)
	if n < 0 {
		n = len(s)
	}
	in.Words = []Word{{s[:n], in.Args.Span(0, n)}}
	at := len(s) - len(strings.TrimLeftFunc(s[n:], isSpace))
	in.Args = in.Args.slice(at, len(s))
	if in.JSON {
		in.Words = append(in.Words, readJSON(in.Args)...)
	} else {
		in.Words = append(in.Words, readWords(in.Args)...)
	}
}

// OneLine is the instruction as people quote it: its words and flags with one blank between them.
func (in *Instruction) OneLine() string {
	words := []string{in.Name}
	for _, f := range in.Flags {
		words = append(words, in.file.Text(f.Span))
	}
	return strings.Join(append(words, strings.Fields(in.Args.String())...), " ")
}

// maxShort is the most bytes of a Short line.
const maxShort = 60

// Short is OneLine, cut where it is long.
func (in *Instruction) Short() string {
	s := in.OneLine()
	if len(s) > maxShort {
		s = strings.ToValidUTF8(s[:maxShort-3], "") + "..."
	}
	return s
}

// Keep returns what work makes of the instruction under the key, which it asks only once. No one may change what is
// kept. The key's type is the caller's own.
func (in *Instruction) Keep(key any, work func() any) any {
	value, ok := in.kept[key]
	if !ok {
		value = work()
		if in.kept == nil {
			in.kept = map[any]any{}
		}
		in.kept[key] = value
	}
	return value
}
