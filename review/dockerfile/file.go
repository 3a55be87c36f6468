// Package dockerfile reads a Dockerfile once and gives the place of everything in it.
//
// BuildKit's own parser decides what a Dockerfile means; it only gives whole lines. This package
// adds exact byte spans: of instructions, flags, words, JSON strings, heredocs and of every word
// of the shell code in RUN, through continuation lines and comments between them. It checks
// itself against BuildKit: an instruction whose joined text differs from BuildKit's is a bug here.
//
// The package does no I/O, expands no variable beyond a fixed size, and never panics on any bytes.
package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/dfbot/dfbot/review/work"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Limits of what Parse takes. A Dockerfile beyond them is answered with an Error, unread.
const (
	MaxSize         = 1 << 20 // bytes of a Dockerfile
	MaxInstructions = 10_000  // instructions in one Dockerfile
)

// File is one Dockerfile, parsed. It is not changed after Parse, but for its budget.
type File struct {
	Path     string // slash-separated, from the repository's root
	Src      []byte // the bytes as they are in the repository
	Escape   byte   // the escape character: '\\', or '`' by directive
	EscapeAt Span   // the line of the directive that says so; empty if there is none
	Syntax   string // the value of the syntax directive, "" if there is none
	NewFlags bool   // it has flags that the BuildKit in here does not know, and perhaps the frontend of Syntax

	Args    []*Instruction // before the first FROM
	Ignores []Ignore

	// Work is the budget that what costs much here charges: a loop over instructions, the expansion of a word. Nil has
	// no bound.
	Work *work.Budget

	instructions []*Instruction
	stages       []*Stage
	comments     []CommentLine
	lines        []int // offset of each line's first byte
	vars         globals
	shell        int              // bytes of shell code so far
	named        map[string][]int // the stages of a name, folded, in order
	frontends    []string         // as given to Parse
	settled      bool             // the graph is made; nothing changes any more
	needs        []bool           // see needed; nil until someone asks
}

// Error says why a file could not be read as a Dockerfile.
type Error struct {
	Line     int    // 1-based; 0 where BuildKit names none
	EndLine  int    // 1-based, inclusive
	Message  string // BuildKit's own words where it has any; may quote the file
	Foreign  bool   // the file is for another frontend or a template: not wrong, only unknown
	Frontend string // the frontend that a foreign file is for, where it names one
	Limit    bool   // the file is beyond a limit of dfbot's: BuildKit may well take it; Message is all dfbot's own
	Crash    bool   // reading it panics, which is a bug; Message is what the panic says
}

func (e *Error) Error() string {
	if e.Crash {
		return "a parser crashes on this file: " + e.Message
	}
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}

// Parse reads src as the Dockerfile at path. What BuildKit's parser or its instructions refuse
// is refused here too, as an *Error with BuildKit's message and line. Files beyond MaxSize or
// MaxInstructions, files with NUL bytes, files for a frontend other than Docker's and templates are
// not read; the *Error says which of these it is.
//
// The frontends are images, without tag and digest, that are known to be copies of Docker's own frontend.
func Parse(path string, src []byte, frontends ...string) (*File, error) {
	return ParseWithin(nil, path, src, frontends...)
}

// ParseWithin is Parse for a file that may cost no more than the budget, which is the file's from then on. The caller
// surrounds it with the budget's Within.
func ParseWithin(budget *work.Budget, path string, src []byte, frontends ...string) (file *File, err error) {
	defer survive(&file, &err)
	if len(src) > MaxSize {
		return nil, &Error{Limit: true, Message: fmt.Sprintf("dfbot does not read files over %d KiB", MaxSize>>10)}
	}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		return nil, &Error{Line: 1, EndLine: 1, Message: "the text is UTF-16, but Docker reads UTF-8"}
	}
	if i := bytes.IndexByte(src, 0); i >= 0 {
		n := 1 + bytes.Count(src[:i], []byte{'\n'})
		return nil, &Error{Line: n, EndLine: n, Limit: true, Message: "dfbot does not read files with NUL bytes"}
	}
	budget.Charge(parseCost * len(src))
	f := &File{Path: path, Src: src, Work: budget, Escape: '\\', lines: lineStarts(src), frontends: frontends}
	if err := f.readSyntax(); err != nil {
		return nil, err
	}
	res, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, f.refused(err)
	}
	if n := len(res.AST.Children); n > MaxInstructions {
		return nil, &Error{Limit: true,
			Message: fmt.Sprintf("dfbot does not read files with more than %d instructions", MaxInstructions)}
	}
	f.Escape = byte(res.EscapeToken)
	f.readEscape()
	if tmpl := templateLine(res.AST.Children); tmpl > 0 {
		return nil, template(tmpl)
	}
	if err := f.checkInstructions(res.AST); err != nil {
		return nil, f.refused(err)
	}
	f.fill(res.AST.Children, nil)
	if len(f.stages) == 0 {
		return nil, piece()
	}
	return f, nil
}

// lineCost is what it costs to find a line, in units of work.
const lineCost = 5

// parseCost is what a byte costs BuildKit's parser and the reading of its instructions, in units of work.
const parseCost = 20

// readEscape notes the line of the escape directive, which decides how all lines of the file are read.
func (f *File) readEscape() {
	if _, _, at, ok := parser.ParseDirective("escape", f.Src); ok {
		f.EscapeAt = f.LineSpan(at[0].Start.Line, at[0].Start.Line)
	}
}

// survive makes an error of a panic of BuildKit's parser or of this package, on bytes that no one has tried yet.
func survive(file **File, err *error) {
	switch v := recover(); {
	case work.Stops(v):
		panic(v)
	case v != nil:
		*file, *err = nil, &Error{Crash: true, Message: fmt.Sprint(v)}
	}
}

// fill reads all that a File gives from BuildKit's nodes. Shell code that is known already, by its
// text, is not parsed again.
func (f *File) fill(nodes []*parser.Node, known map[string]*Script) {
	f.read(nodes)
	f.graph()
	f.readComments()
	f.parseScripts(known)
}

// asError takes line and message out of an error of BuildKit's parser.
func asError(err error) *Error {
	if own := new(Error); errors.As(err, &own) {
		return own
	}
	e := &Error{Message: err.Error()}
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		r := at.Locations[0]
		e.Line, e.EndLine = r[0].Start.Line, r[len(r)-1].End.Line
		e.Message = at.Unwrap().Error()
	}
	e.EndLine = max(e.Line, e.EndLine)
	return e
}

// longLine returns the first line that is longer than BuildKit's parser takes, which names the one before
// it; 0 where there is no such line.
func (f *File) longLine() int {
	for n := 1; n <= len(f.lines); n++ {
		if f.LineSpan(n, n).Len() > maxLine {
			return n
		}
	}
	return 0
}

// maxLine is how many bytes of a line BuildKit's parser takes.
const maxLine = 65535

// refused words BuildKit's error, unless the file is not meant to be built as it is: a
// template, or a piece of a Dockerfile without a FROM.
func (f *File) refused(err error) *Error {
	e := asError(err)
	if strings.Contains(e.Message, "max allowed size") {
		e.Line = f.longLine()
		e.EndLine = e.Line
	}
	for n := 1; n <= len(f.lines); n++ {
		line := f.Text(f.LineSpan(n, n))
		near := e.Line <= n && n <= e.EndLine
		if at := templateMark.FindStringIndex(line); at != nil && (near || strings.TrimSpace(line[:at[0]]) == "") {
			return template(n)
		}
	}
	if !fromLine.Match(f.Src) && len(bytes.TrimSpace(f.Src)) > 0 {
		return piece()
	}
	return e
}

// piece is the answer to a file without a FROM, which others are put together from.
func piece() *Error {
	return &Error{Line: 1, EndLine: 1, Foreign: true, Message: "a piece of a Dockerfile: it has no FROM"}
}

// fromLine is a FROM that BuildKit would take, apart from its flags, a comment after it, a name that
// is missing after AS, and characters that look blank but are not to BuildKit.
var fromLine = regexp.MustCompile(`(?mi)^\s*FROM([\s\x{a0}]+(--\S+\s+)*\S+(\s+AS(\s+\S+)?)?)?\s*(\s#.*)?$`)

// read makes the instructions from BuildKit's nodes.
func (f *File) read(nodes []*parser.Node) {
	for i, node := range nodes {
		in := f.instruction(node)
		in.Index = i
		f.instructions = append(f.instructions, in)
	}
}

func lineStarts(src []byte) []int {
	starts := make([]int, 1, bytes.Count(src, []byte{'\n'})+2)
	for i := 0; i < len(src); {
		n := bytes.IndexByte(src[i:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
		if i < len(src) {
			starts = append(starts, i)
		}
	}
	return starts
}

// Line returns the 1-based line of the byte at offset.
func (f *File) Line(offset int) int {
	f.Work.Charge(lineCost)
	return sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > offset })
}

// Lines returns the 1-based first and last line that the span touches.
func (f *File) Lines(s Span) (first, last int) {
	first = f.Line(s.Start)
	if s.End <= s.Start {
		return first, first
	}
	return first, f.Line(s.End - 1)
}

// LineCount is the number of lines of the file; a final newline begins no further one.
func (f *File) LineCount() int { return len(f.lines) }

// LineSpan returns the bytes of the lines first to last (1-based, inclusive) with their newlines.
func (f *File) LineSpan(first, last int) Span {
	end := len(f.Src)
	if last < len(f.lines) {
		end = f.lines[last]
	}
	return Span{f.lines[first-1], end}
}

// Column returns the 1-based byte column of offset in its line.
func (f *File) Column(offset int) int { return offset - f.lines[f.Line(offset)-1] + 1 }

// Text returns the bytes of the span.
func (f *File) Text(s Span) string {
	f.Work.Charge(s.Len() / 4)
	return string(f.Src[s.Start:s.End])
}

// EOL returns the line ending that the file uses: "\r\n" where its first line has it, else "\n".
func (f *File) EOL() string {
	if i := bytes.IndexByte(f.Src, '\n'); i > 0 && f.Src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
