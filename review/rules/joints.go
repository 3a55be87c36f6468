package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// joints knows how the author strings commands together, and writes further ones the same way.
type joints struct {
	f    *dockerfile.File
	over string // the first joint of the file that goes over to a new line; see general
}

func newJoints(f *dockerfile.File) *joints { return &joints{f: f} }

// general is the joint that the file uses between lines: the first of its kind, or else
// an operator, a continuation and four blanks.
func (j *joints) general() string {
	if j.over != "" {
		return j.over
	}
	j.over = " && " + string(j.f.Escape) + j.f.EOL() + "    "
	for _, in := range j.f.Instructions() {
		if in.Name != "RUN" || in.Script == nil || len(in.Heredocs) > 0 {
			continue
		}
		for _, text := range j.of(in.Script, "&&") {
			if strings.Contains(text, "\n") {
				j.over = text
				return text
			}
		}
	}
	return j.over
}

// of returns what stands between the commands that a script strings together with the operator, from the
// end of one to the begin of the next, comments and blank lines left out.
func (j *joints) of(s *dockerfile.Script, operator string) []string {
	var all []string
	stmts := shell.Links(s)
	if operator == ";" && len(stmts) > 0 {
		stmts = s.Stmts()
	}
	for i := 1; i < len(stmts); i++ {
		text := j.f.Text(between(s, stmts[i-1], stmts[i]))
		if text = j.lines(withoutComments(text)); strings.Trim(text, " \t\r\n"+string(j.f.Escape)) == operator {
			all = append(all, text)
		}
	}
	return all
}

// lines ends the lines of a text as the file ends its own.
func (j *joints) lines(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", j.f.EOL())
}

// between is what stands between two statements, the operator included.
func between(s *dockerfile.Script, a, b *syntax.Stmt) dockerfile.Span {
	return dockerfile.Span{Start: stmtEnd(s, a), End: s.Span(b).Start}
}

// stmtEnd is the offset behind the statement, its semicolon left out.
func stmtEnd(s *dockerfile.Script, st *syntax.Stmt) int {
	end := s.Span(st).End
	if st.Semicolon.IsValid() {
		text := strings.TrimRight(s.Text.String()[:st.Semicolon.Offset()], " \t")
		end = s.Text.Pos(len(text))
	}
	return end
}

// withoutComments takes whole lines out of a joint that are comments or blank, and blanks off the
// ends of the others; the first keeps no more than one blank in a row.
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
		if text != "" && isBlank(text[0]) {
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

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// own is the joint to use at the end of a script: its own last one that goes over to a new line,
// its own last one where all of the RUN is on one line, else the file's.
func (j *joints) own(in *dockerfile.Instruction, operator string) string {
	all := j.of(in.Script, operator)
	for i := len(all) - 1; i >= 0; i-- {
		if strings.Contains(all[i], "\n") {
			return all[i]
		}
	}
	if first, last := in.Lines(); first == last && len(all) > 0 {
		return all[len(all)-1]
	}
	if operator == "&&" {
		return j.general()
	}
	return "; " + string(j.f.Escape) + j.f.EOL() + "    "
}

// join makes one RUN of RUNs that follow each other; false where they cannot be one.
func (j *joints) join(runs []*dockerfile.Instruction) ([]analysis.Edit, bool) {
	if len(runs) < 2 || !joinable(runs[0]) {
		return nil, false
	}
	joint := ""
	for _, in := range runs {
		for _, text := range j.of(in.Script, "&&") {
			if joint == "" && strings.Contains(text, "\n") {
				joint = text
			}
		}
	}
	if joint == "" {
		joint = j.general()
	}
	var edits []analysis.Edit
	for i := 1; i < len(runs); i++ {
		gap := dockerfile.Span{Start: runs[i-1].Span.End, End: runs[i].Args.Pos(0)}
		head, tail, _ := strings.Cut(joint, "\n")
		indent := tail[:len(tail)-len(strings.TrimLeft(tail, " \t"))]
		comments, ok := j.gap(runs[i-1], runs[i], gap, indent)
		if !ok || runs[i].Index != runs[i-1].Index+1 || runs[i].Stage != runs[i-1].Stage || !joinable(runs[i]) {
			return nil, false
		}
		edits = append(edits, analysis.Edit{Span: gap, New: head + "\n" + comments + tail})
	}
	return edits, true
}

// gap returns the comment lines that stand between two RUNs, indented; false where something else does that
// must stay where it is.
func (j *joints) gap(a, b *dockerfile.Instruction, gap dockerfile.Span, indent string) (string, bool) {
	if !blank(j.f.Src[b.Keyword.End:b.Args.Pos(0)]) {
		return "", false
	}
	var comments strings.Builder
	text := j.f.Text(dockerfile.Span{Start: gap.Start, End: b.Keyword.Start})
	first, rest, _ := strings.Cut(text, "\n")
	if strings.TrimSpace(first) != "" {
		return "", false // a continuation that leads to nothing
	}
	for _, line := range strings.SplitAfter(rest, "\n") {
		switch t := strings.TrimSpace(line); {
		case t == "":
		case t[0] != '#' || strings.Contains(t, "ignore=") || strings.Contains(t, "skip="):
			return "", false
		default:
			comments.WriteString(indent + strings.TrimLeft(line, " \t"))
		}
	}
	return j.lines(comments.String()), true
}

func blank(b []byte) bool { return strings.TrimSpace(string(b)) == "" }

// joinable reports whether a RUN may become part of another without a change of what it does.
func joinable(in *dockerfile.Instruction) bool {
	return in.Name == "RUN" && len(in.Flags) == 0 && !in.JSON && len(in.Heredocs) == 0 && in.Script.Chain() != nil
}

// add appends a command to a RUN, so that it runs when all else has succeeded; nil where that cannot be
// said with certainty.
func (j *joints) add(in *dockerfile.Instruction, command string) *analysis.Edit {
	run := in.Inner()
	s := run.Script
	if s == nil || s.File == nil || len(s.Stmts()) == 0 {
		return nil
	}
	last := s.Stmts()[len(s.Stmts())-1]
	if last.Background || last.Coprocess || leaves(s, last) {
		return nil
	}
	errexit := shell.ReadErrexit(s)
	strict := errexit.Always
	at := stmtEnd(s, last)
	if len(run.Heredocs) > 0 {
		return j.addLine(run, last, at, command, strict)
	}
	rest := strings.TrimSpace(s.Text.String()[offsetBehind(s, last):])
	switch {
	case strict && len(s.Stmts()) > 1 && rest == ";":
		head := strings.Replace(j.own(run, ";"), ";", "", 1)
		at = s.Text.Pos(int(last.Semicolon.Offset())) + 1
		return &analysis.Edit{Span: dockerfile.Span{Start: at, End: at}, New: head + command}
	case rest != "":
		return nil // a comment, or a semicolon behind which no && may stand
	case errexit.Ever && !plainChain(s, last):
		if len(s.Stmts()) == 1 || !strict {
			return nil // && would take errexit away from what stands before it
		}
		return &analysis.Edit{Span: dockerfile.Span{Start: at, End: at}, New: j.own(run, ";") + command}
	}
	return &analysis.Edit{Span: dockerfile.Span{Start: at, End: at}, New: j.own(run, "&&") + command}
}

// addLine appends a line to a heredoc that is a script.
func (j *joints) addLine(run *dockerfile.Instruction, last *syntax.Stmt, at int, command string, strict bool) *analysis.Edit {
	body := run.Heredocs[0].Body
	if !strict || len(run.Heredocs) > 1 || run.Script.Span(last).Start < body.Start || at > body.End {
		return nil
	}
	start := run.Script.Span(last).Start
	line := j.f.LineSpan(j.f.Line(start), j.f.Line(start))
	indent := j.f.Text(dockerfile.Span{Start: line.Start, End: start})
	end := j.f.LineSpan(j.f.Line(at-1), j.f.Line(at-1)).End
	if strings.HasSuffix(strings.TrimRight(string(j.f.Src[:end]), "\r\n"), `\`) {
		return nil // the last line goes on
	}
	if strings.TrimSpace(indent) != "" || strings.TrimSpace(j.f.Text(dockerfile.Span{Start: at, End: end})) != "" {
		return nil
	}
	return &analysis.Edit{Span: dockerfile.Span{Start: end, End: end}, New: indent + command + j.f.EOL()}
}

func offsetBehind(s *dockerfile.Script, st *syntax.Stmt) int {
	if st.Semicolon.IsValid() {
		return int(st.Semicolon.Offset())
	}
	return int(st.End().Offset())
}

// leaves reports whether the statement may end the shell, so that nothing behind it runs.
func leaves(s *dockerfile.Script, st *syntax.Stmt) bool {
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

// plainChain reports whether the statement is a chain of simple commands strung together with &&,
// or the script's only command.
func plainChain(s *dockerfile.Script, st *syntax.Stmt) bool {
	links := dockerfile.Links(st)
	for _, link := range links {
		if s.Command(link) == nil {
			return false
		}
	}
	return len(links) > 1 || len(s.Stmts()) == 1
}

// drop takes a command out of a RUN that strings commands together with &&, with one of its joints,
// or its line out of a script in a heredoc; nil where the RUN is another kind or would be left empty.
func (j *joints) drop(in *dockerfile.Instruction, c *dockerfile.Command) []analysis.Edit {
	if in.Script == nil || in.Script.File == nil {
		return nil
	}
	if len(in.Heredocs) > 0 {
		return j.dropLine(in, c)
	}
	if len(in.Script.Stmts()) != 1 {
		return nil
	}
	stmts := shell.Links(in.Script)
	for i, st := range stmts {
		if in.Script.Command(st) != c || len(stmts) == 1 {
			continue
		}
		span := dockerfile.Span{Start: stmtEnd(in.Script, st)}
		if i > 0 {
			span = dockerfile.Span{Start: stmtEnd(in.Script, stmts[i-1]), End: span.Start}
		} else {
			span = dockerfile.Span{Start: in.Script.Span(st).Start, End: in.Script.Span(stmts[1]).Start}
		}
		if j.commented(span) || span.Start > 0 && isBlank(j.f.Src[span.Start-1]) && i > 0 { // an escaped blank
			return nil
		}
		return []analysis.Edit{{Span: span}}
	}
	return nil
}

// dropLine takes a command that fills a line of a heredoc out of it.
func (j *joints) dropLine(in *dockerfile.Instruction, c *dockerfile.Command) []analysis.Edit {
	all := in.Script.Stmts()
	for _, st := range all {
		if in.Script.Command(st) != c || len(all) == 1 {
			continue
		}
		first, last := j.f.Lines(in.Script.Span(st))
		span := j.f.LineSpan(first, last)
		if in.Heredocs[0].Body.Contains(span) && strings.TrimSpace(j.f.Text(span)) == j.f.Text(in.Script.Span(st)) {
			return []analysis.Edit{{Span: span}}
		}
	}
	return nil
}

// commented reports whether a comment stands in the span.
func (j *joints) commented(span dockerfile.Span) bool {
	for _, line := range strings.Split(j.f.Text(span), "\n")[1:] {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			return true
		}
	}
	return false
}

// remove takes an instruction out of the file, with the comments that stand directly above it and
// one of the blank lines around it. It returns nil where a continuation leads on to nothing.
func (j *joints) remove(in *dockerfile.Instruction) []analysis.Edit {
	first, last := in.Lines()
	if !blank(j.f.Src[in.Span.End:j.f.LineSpan(last, last).End]) {
		return nil
	}
	first = j.f.Line(in.WithComments().Start)
	empty := func(n int) bool {
		return n < 1 || n > j.f.LineCount() || blank(j.f.Src[j.f.LineSpan(n, n).Start:j.f.LineSpan(n, n).End])
	}
	if last < j.f.LineCount() && empty(first-1) && empty(last+1) {
		last++
	}
	span := j.f.LineSpan(first, last)
	if span.End == len(j.f.Src) && span.Start > 0 { // the line before gives its end for the file's
		if before := strings.TrimRight(string(j.f.Src[:span.Start]), " \t\r\n"); len(before) < span.Start {
			tail := strings.TrimRight(j.f.Text(span), "\r\n")
			return []analysis.Edit{{Span: dockerfile.Span{Start: len(before), End: span.Start + len(tail)}}}
		}
	}
	return []analysis.Edit{{Span: span}}
}
