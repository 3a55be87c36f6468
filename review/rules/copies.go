package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// copyIn returns the COPY or ADD that the instruction is or, as an ONBUILD, holds; nil for any other.
// The words of a comment behind it are not among its words: they are never meant.
func copyIn(in *dockerfile.Instruction) *dockerfile.Instruction {
	in = in.Inner()
	if in.Name != "COPY" && in.Name != "ADD" {
		return nil
	}
	if at := commentIn(in); at > 0 {
		meant := *in
		end := slices.IndexFunc(in.Words, func(w dockerfile.Word) bool { return w.Span.Start >= in.Args.Pos(at) })
		meant.Words = in.Words[:max(end, 0)]
		in = &meant
	}
	if len(in.Words) < 2 {
		return nil
	}
	return in
}

// meantSources are the sources of a COPY or ADD without the words of a comment behind it.
func meantSources(in *dockerfile.Instruction) []buildcontext.Source {
	if c := copyIn(in); c != nil {
		return buildcontext.Sources(c)
	}
	return nil
}

// lastWord is the destination of a COPY or ADD.
func lastWord(in *dockerfile.Instruction) dockerfile.Word { return in.Words[len(in.Words)-1] }

// bare is a word without the quotes around it. It is for words that are looked at as written.
func bare(w dockerfile.Word) string { return strings.Trim(w.Text, `"'`) }

// windowsPath reports whether the word is a path of Windows, whose rules are others.
func windowsPath(w dockerfile.Word) bool {
	text := bare(w)
	return strings.Contains(text, `\`) || len(text) > 1 && text[1] == ':'
}

// appendTo is an edit that puts text behind the word, inside its quotes where it has any.
func appendTo(in *dockerfile.Instruction, w dockerfile.Word, text string) analysis.Edit {
	at := w.Span.End
	if c := in.File().Src[at-1]; c == '"' || c == '\'' {
		at--
	}
	return analysis.Edit{Span: dockerfile.Span{Start: at, End: at}, New: text}
}

// keyword writes a keyword in the case of the instruction's own.
func keyword(in *dockerfile.Instruction, name string) string {
	written := in.File().Text(in.Keyword)
	switch {
	case written == strings.ToLower(written):
		return strings.ToLower(name)
	case written == strings.ToUpper(written):
		return name
	}
	return name[:1] + strings.ToLower(name[1:])
}

// indent is the white space before the instruction on its first line.
func indent(in *dockerfile.Instruction) string {
	f := in.File()
	line := f.LineSpan(f.Line(in.Span.Start), f.Line(in.Span.Start))
	before := string(f.Src[line.Start:in.Span.Start])
	return before[len(strings.TrimRight(before, " \t")):]
}

// wholeLines are the lines of the instruction with the comments that stand directly above it: what
// goes when the instruction goes. The newline before them goes in the place of a missing last one.
func wholeLines(in *dockerfile.Instruction) dockerfile.Span {
	f, s := in.File(), in.WithComments()
	if s.End == len(f.Src) && s.Len() > 0 && f.Src[s.End-1] != '\n' && s.Start > 0 {
		s.Start -= len(f.EOL())
	}
	return s
}

// refText is the flag of the reference as people write it.
func refText(r dockerfile.Ref) string {
	if r.Mount {
		return "RUN --mount=from=" + r.Name
	}
	return "COPY --from=" + r.Name
}

// baseName is the last element of a path, of Windows' too.
func baseName(p string) string { return path.Base(strings.ReplaceAll(p, `\`, "/")) }

// wildcard reports whether a COPY source is a pattern.
func wildcard(p string) bool { return strings.ContainsAny(p, "*?[") }

// sameDepth reports whether the files are what the pattern itself matches, not what lies in folders.
func sameDepth(files []string, pattern string) bool {
	n := strings.Count(path.Clean(strings.TrimPrefix(pattern, "/")), "/")
	for _, f := range files {
		if strings.Count(f, "/") != n {
			return false
		}
	}
	return true
}
