package edit

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// Layout knows how the author of a file puts commands together, and writes further ones the same way. A joint is the
// text from the end of one command to the start of the next.
type Layout struct {
	f    *dockerfile.File
	over string // the first joint of the file that has a line break; see general
}

// NewLayout returns the layout of the file.
func NewLayout(f *dockerfile.File) *Layout { return &Layout{f: f} }

// general is the joint that the file uses between lines: the first of its kind, or else an operator, a continuation and
// four blanks.
func (l *Layout) general() string {
	if l.over != "" {
		return l.over
	}
	l.over = " && " + l.newLine()
	for _, in := range l.f.Instructions() {
		if in.Name != "RUN" || in.Script == nil || len(in.Heredocs) > 0 {
			continue
		}
		for _, text := range l.joints(in.Script, "&&") {
			if strings.Contains(text, "\n") {
				l.over = text
				return text
			}
		}
	}
	return l.over
}

// newLine is a continuation and the indentation of the next line.
func (l *Layout) newLine() string { return string(l.f.Escape) + l.f.EOL() + "    " }

// joints lists the joints of a script that have the operator, without their comments and blank lines.
func (l *Layout) joints(s *dockerfile.Script, operator string) []string {
	var all []string
	stmts := shell.Links(s)
	if operator == ";" && len(stmts) > 0 {
		stmts = s.Stmts()
	}
	for i := 1; i < len(stmts); i++ {
		text := l.f.Text(dockerfile.Span{Start: StmtEnd(s, stmts[i-1]), End: s.Span(stmts[i]).Start})
		text = fileLines(l.f, withoutComments(text))
		if strings.Trim(text, " \t\r\n"+string(l.f.Escape)) == operator {
			all = append(all, text)
		}
	}
	return all
}

// withoutComments takes the lines out of a joint that are comments or blank, and blanks off the ends of the others; the
// first keeps no more than one blank in a row.
func withoutComments(text string) string {
	lines := strings.SplitAfter(text, "\n")
	kept := lines[:1]
	for i, line := range lines[1:] {
		t := strings.TrimSpace(line)
		if last := i == len(lines)-2; last || t != "" && t[0] != '#' {
			kept = append(kept, line)
		}
	}
	if len(kept) > 1 { // no columns
		text := strings.TrimRight(kept[0], "\r\n")
		words := strings.Join(strings.Fields(text), " ")
		if text != "" && (text[0] == ' ' || text[0] == '\t') {
			words = " " + words
		}
		kept[0] = words + kept[0][len(text):]
	}
	for i, line := range kept[:len(kept)-1] {
		text := strings.TrimRight(line, "\r\n")
		kept[i] = strings.TrimRight(text, " \t") + line[len(text):]
	}
	return strings.Join(kept, "")
}

// own is the joint to use at the end of a RUN: its own last one that has a line break, its own last one where all of
// the RUN is on one line, else the file's.
func (l *Layout) own(run *dockerfile.Instruction, operator string) string {
	all := l.joints(run.Script, operator)
	for i := len(all) - 1; i >= 0; i-- {
		if strings.Contains(all[i], "\n") {
			return all[i]
		}
	}
	if first, last := run.Lines(); first == last && len(all) > 0 {
		return all[len(all)-1]
	}
	if operator == "&&" {
		return l.general()
	}
	return "; " + l.newLine()
}

// JoinRuns makes one RUN of RUNs that follow each other. The comments between them stay, between their commands.
func (l *Layout) JoinRuns(runs []*dockerfile.Instruction) *analysis.Fix {
	if len(runs) < 2 || !Joinable(runs[0]) {
		return nil
	}
	joint := ""
	for _, in := range runs {
		for _, text := range l.joints(in.Script, "&&") {
			if joint == "" && strings.Contains(text, "\n") {
				joint = text
			}
		}
	}
	if joint == "" {
		joint = l.general()
	}
	part := &analysis.Fix{Effect: analysis.Join}
	for i, in := range runs[1:] {
		before := runs[i]
		comments, ok := l.gap(before, in)
		if !ok || in.Index != before.Index+1 || in.Stage != before.Stage || !Joinable(in) {
			return nil
		}
		Add(part, replace(before.Span.End, in.Args.Pos(0), l.commented(joint, comments)))
	}
	return part
}

// Joinable reports whether a RUN may become part of another without a change of what it does.
func Joinable(in *dockerfile.Instruction) bool {
	return in.Name == "RUN" && len(in.Flags) == 0 && !in.JSON && len(in.Heredocs) == 0 && in.Script.Chain() != nil
}

// commented puts comments into a joint that has a line break.
func (l *Layout) commented(joint string, comments []string) string {
	head, tail, _ := strings.Cut(joint, "\n")
	indent := tail[:len(tail)-len(strings.TrimLeft(tail, " \t"))]
	return head + "\n" + commentLines(l.f, indent, comments) + tail
}

// gap returns the comments between two RUNs; false where something else is there that must stay where it is.
func (l *Layout) gap(a, b *dockerfile.Instruction) ([]string, bool) {
	if !isBlank(string(l.f.Src[b.Keyword.End:b.Args.Pos(0)])) {
		return nil, false
	}
	first, rest, _ := strings.Cut(l.f.Text(dockerfile.Span{Start: a.Span.End, End: b.Keyword.Start}), "\n")
	if !isBlank(first) {
		return nil, false // a continuation that leads to nothing
	}
	var comments []string
	for _, line := range strings.Split(rest, "\n") {
		switch t := strings.TrimSpace(line); {
		case t == "":
		case t[0] != '#' || strings.Contains(t, "ignore=") || strings.Contains(t, "skip="):
			return nil, false
		default:
			comments = append(comments, t)
		}
	}
	return comments, true
}

// AppendCommand appends a command to a RUN, so that it runs when all else has succeeded, with comments above it. It is
// nil where the command may run in another case, or not run.
func (l *Layout) AppendCommand(in *dockerfile.Instruction, command string, comments []string) *analysis.Fix {
	run, s := in.Inner(), shell.Script(in)
	if s == nil || len(s.Stmts()) == 0 {
		return nil
	}
	last := s.Stmts()[len(s.Stmts())-1]
	if last.Background || last.Coprocess || leaves(last) {
		return nil
	}
	if len(run.Heredocs) > 0 {
		errexit := shell.ReadErrexit(s)
		switch {
		case len(comments) > 0: // a line with # in there is not the file's comment
			return nil
		case errexit.Always:
			return l.appendLine(run, last, command, false)
		case !errexit.Ever: // in a line of its own the command would hide a failure of the last one
			return l.appendLine(run, last, command, true)
		}
		return nil
	}
	at, joint := l.end(run, last)
	switch {
	case joint == "":
		return nil
	case len(comments) > 0:
		if !strings.Contains(joint, "\n") {
			joint = strings.TrimRight(joint, " ") + " " + l.newLine()
		}
		joint = l.commented(joint, comments)
	}
	return replace(at, at, joint+command)
}

// end is where a further command goes at the end of a RUN, and the joint before it; "" where it may run in another case
// than the success of all before it.
func (l *Layout) end(run *dockerfile.Instruction, last *syntax.Stmt) (at int, joint string) {
	s := run.Script
	errexit, several := shell.ReadErrexit(s), len(s.Stmts()) > 1
	end := last.End()
	if last.Semicolon.IsValid() {
		end = last.Semicolon
	}
	rest := strings.TrimSpace(s.Text.String()[end.Offset():])
	at = StmtEnd(s, last)
	switch {
	case errexit.Always && several && rest == ";":
		return s.Text.Pos(int(end.Offset())) + 1, strings.Replace(l.own(run, ";"), ";", "", 1)
	case rest != "":
		return at, "" // a comment, or a semicolon, after which no && can be
	case !errexit.Ever || plainChain(s, last):
		return at, l.own(run, "&&")
	case several && errexit.Always:
		return at, l.own(run, ";")
	}
	return at, "" // && would take errexit away from what is before it
}

// appendLine appends a line to a heredoc that is a script, or a link to the last line of it.
func (l *Layout) appendLine(run *dockerfile.Instruction, last *syntax.Stmt, command string, link bool) *analysis.Fix {
	body, f := run.Heredocs[0].Body, l.f
	start, at := run.Script.Span(last).Start, StmtEnd(run.Script, last)
	if len(run.Heredocs) > 1 || start < body.Start || at > body.End {
		return nil
	}
	n := f.Line(start)
	indent := f.Text(dockerfile.Span{Start: f.LineSpan(n, n).Start, End: start})
	n = f.Line(at - 1)
	end := f.LineSpan(n, n).End
	if strings.HasSuffix(strings.TrimRight(string(f.Src[:end]), "\r\n"), `\`) {
		return nil // the last line goes on
	}
	switch rest := f.Text(dockerfile.Span{Start: at, End: end}); {
	case !isBlank(rest):
		return nil
	case link && !readsHeredoc(last):
		return replace(at, at, " && "+command)
	case !link && isBlank(indent):
		return replace(end, end, indent+command+f.EOL())
	}
	return nil
}

// leaves reports whether the statement may end the shell, so that nothing after it runs.
func leaves(st *syntax.Stmt) bool {
	found := false
	syntax.Walk(st, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			switch call.Args[0].Lit() {
			case "exec", "exit", "return":
				found = true
			}
		}
		return !found
	})
	return found
}

// plainChain reports whether the statement is a chain of simple commands, or the script's only command.
func plainChain(s *dockerfile.Script, st *syntax.Stmt) bool {
	links := dockerfile.Links(st)
	for _, link := range links {
		if s.Command(link) == nil {
			return false
		}
	}
	return len(links) > 1 || len(s.Stmts()) == 1
}
