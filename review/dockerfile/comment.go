package dockerfile

import (
	"bytes"
	"regexp"
	"sort"
	"strings"
)

// CommentLine is one comment line. A line inside a heredoc is not a comment.
type CommentLine struct {
	Span        Span         // from the # to the end of the line
	Text        string       // without # and surrounding blanks
	Instruction *Instruction // whose continuation it is in; nil outside
	Next        *Instruction // the instruction that follows the comment block, nil at the end
	Attached    bool         // no blank line is between the comment and Next
}

// Scope is the reach of an Ignore.
type Scope uint8

const (
	ScopeInstruction Scope = iota
	ScopeStage
	ScopeFile
)

// Ignore is a directive in a comment that asks for silence.
type Ignore struct {
	Rules       []string // names or codes as written; "all" for every rule
	Reason      string
	Scope       Scope
	Instruction *Instruction // for ScopeInstruction
	Stage       *Stage       // for ScopeStage
	Comment     CommentLine
}

// readComments reads the comments between and inside the instructions, and the ignores in them.
func (f *File) readComments() {
	next := 0 // index of the instruction that begins on or after the line
	for n := 1; n <= len(f.lines); {
		if next < len(f.instructions) {
			in := f.instructions[next]
			first, _ := in.Lines()
			if n == first {
				n = f.commentsInside(in)
				next++
				continue
			}
		}
		if c, ok := f.commentOn(n); ok {
			if next < len(f.instructions) {
				c.Next = f.instructions[next]
			}
			f.comments = append(f.comments, c)
		}
		n++
	}
	f.attach()
	for _, c := range f.comments {
		f.readIgnores(c)
	}
}

// commentsInside adds the comments between an instruction's continued lines, and returns the
// line after the instruction.
func (f *File) commentsInside(in *Instruction) int {
	first, last := in.Lines()
	stop := last
	if len(in.Heredocs) > 0 {
		stop = f.Line(in.Heredocs[0].Body.Start) - 1
	}
	for n := first + 1; n <= stop; n++ {
		if c, ok := f.commentOn(n); ok {
			c.Instruction = in
			f.comments = append(f.comments, c)
		}
	}
	return last + 1
}

func (f *File) commentOn(n int) (CommentLine, bool) {
	s := f.LineSpan(n, n)
	line := bytes.TrimRight(f.Src[s.Start:s.End], "\r\n")
	if n == 1 {
		line = bytes.TrimPrefix(line, bom)
	}
	text := trimSpaceLeft(line)
	if len(text) == 0 || text[0] != '#' {
		return CommentLine{}, false
	}
	end := s.Start + len(bytes.TrimRight(f.Src[s.Start:s.End], "\r\n"))
	return CommentLine{Span: Span{end - len(text), end}, Text: strings.TrimSpace(string(text[1:]))}, true
}

// attach marks the comments directly above their instruction.
func (f *File) attach() {
	for i := len(f.comments) - 1; i >= 0; i-- {
		c := &f.comments[i]
		if c.Next == nil || c.Instruction != nil {
			continue
		}
		below, _ := c.Next.Lines()
		if i+1 < len(f.comments) && f.comments[i+1].Next == c.Next && f.comments[i+1].Instruction == nil {
			if !f.comments[i+1].Attached {
				continue
			}
			below = f.Line(f.comments[i+1].Span.Start)
		}
		c.Attached = f.Line(c.Span.Start) == below-1
	}
}

// Directive reports whether the comment is for BuildKit and about the whole file. It belongs to the top of the file,
// not to an instruction below it.
func (c CommentLine) Directive() bool {
	low := strings.ToLower(strings.ReplaceAll(c.Text, " ", ""))
	return strings.HasPrefix(low, "syntax=") || strings.HasPrefix(low, "escape=") || strings.HasPrefix(low, "check=")
}

// Leading lists the comment lines directly above the instruction, which belong to it; no directives.
func (in *Instruction) Leading() []CommentLine {
	all := in.file.comments
	end := sort.Search(len(all), func(i int) bool { return all[i].Span.Start > in.Span.Start })
	start := end
	for start > 0 && all[start-1].Attached && all[start-1].Next == in && !all[start-1].Directive() {
		start--
	}
	in.file.Work.Charge(lineCost + end - start)
	return all[start:end]
}

// WithComments returns the lines of the instruction and of the comments that belong to it.
func (in *Instruction) WithComments() Span {
	lines := in.file.LineSpan(in.Lines())
	if above := in.Leading(); len(above) > 0 {
		first := in.file.Line(above[0].Span.Start)
		lines.Start = in.file.LineSpan(first, first).Start
	}
	return lines
}

// CommentIn reports whether a comment is in the place, or a part of one.
func (f *File) CommentIn(place Span) bool {
	i := sort.Search(len(f.comments), func(i int) bool { return f.comments[i].Span.End > place.Start })
	f.Work.Charge(lineCost)
	return i < len(f.comments) && f.comments[i].Span.Overlaps(place)
}

var (
	ownIgnore  = regexp.MustCompile(`^dfbot\s+(global\s+|stage\s+)?ignore\s*=\s*([A-Za-z0-9*_/-]+(?:\s*,\s*[A-Za-z0-9*_/-]+)*)(.*)$`)
	hadolint   = regexp.MustCompile(`^hadolint\s+(global\s+|stage\s+)?ignore\s*=\s*([A-Z0-9]+(?:\s*,\s*[A-Z0-9]+)*)(.*)$`)
	tally      = regexp.MustCompile(`^tally\s+(global\s+)?ignore\s*=\s*([A-Za-z0-9/*_-]+(?:\s*,\s*[A-Za-z0-9/*_-]+)*)(.*)$`)
	checkovRe  = regexp.MustCompile(`^checkov:skip=([A-Z0-9_]+)(?::(.*))?$`)
	shellcheck = regexp.MustCompile(`^shellcheck\s+disable=([A-Z0-9]+(?:,[A-Z0-9]+)*)(.*)$`)
	checkSkip  = regexp.MustCompile(`^check\s*=\s*(.*)$`)
	ignoreList = regexp.MustCompile(`\s*,\s*`)
)

// readIgnores takes the directive, in any of the dialects that people use, out of a comment.
func (f *File) readIgnores(c CommentLine) {
	if !strings.Contains(c.Text, "ignore") && !strings.Contains(c.Text, "skip=") &&
		!strings.HasPrefix(c.Text, "shellcheck") {
		return
	}
	for _, re := range []*regexp.Regexp{ownIgnore, hadolint, tally} {
		if m := re.FindStringSubmatch(c.Text); m != nil {
			f.addIgnore(c, strings.TrimSpace(m[1]), ignoreList.Split(m[2], -1), m[3])
			return
		}
	}
	if m := checkovRe.FindStringSubmatch(c.Text); m != nil {
		f.addIgnore(c, "global", []string{m[1]}, m[2])
		return
	}
	if m := shellcheck.FindStringSubmatch(c.Text); m != nil {
		f.addIgnore(c, "", strings.Split(m[1], ","), m[2])
		return
	}
	if m := checkSkip.FindStringSubmatch(c.Text); m != nil {
		f.addCheck(c, m[1])
	}
}

// addCheck reads BuildKit's `# check=skip=A,B;error=true`. Among the directives at the top of the file it speaks for
// the file, elsewhere for the instruction below it.
func (f *File) addCheck(c CommentLine, value string) {
	value, reason, _ := strings.Cut(value, "//")
	scope := ""
	if (c.Next == nil || c.Next.Index == 0) && f.atTop(c) {
		scope = "global"
	}
	for _, part := range strings.Split(value, ";") {
		if names, ok := strings.CutPrefix(strings.TrimSpace(part), "skip="); ok {
			f.addIgnore(c, scope, ignoreList.Split(strings.TrimSpace(names), -1), reason)
		}
	}
}

// atTop reports whether nothing but directives is above the comment, not even an empty line: BuildKit reads no
// directive after anything else.
func (f *File) atTop(c CommentLine) bool {
	line := f.Line(c.Span.Start)
	if line > maxDirectives {
		return false
	}
	for n := 1; n < line; n++ {
		if above, ok := f.commentOn(n); !ok || !above.Directive() && !(n == 1 && strings.HasPrefix(above.Text, "!")) {
			return false
		}
	}
	return true
}

// maxDirectives is how many lines of directives a file can have: syntax, escape and check, and #! above them.
const maxDirectives = 4

func (f *File) addIgnore(c CommentLine, scope string, rules []string, reason string) {
	ig := Ignore{Rules: rules, Reason: strings.Trim(reason, " \t:;-"), Comment: c}
	switch {
	case scope == "global":
		ig.Scope = ScopeFile
	case scope == "stage" && c.Next != nil:
		ig.Scope, ig.Stage = ScopeStage, c.Next.Stage
	case c.Instruction != nil:
		ig.Instruction = c.Instruction
	case c.Attached:
		ig.Instruction = c.Next
	default:
		return // speaks of nothing
	}
	f.Ignores = append(f.Ignores, ig)
}
