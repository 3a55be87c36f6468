package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// copyIn returns the COPY or ADD that the instruction is or, as an ONBUILD, holds; nil for any other.
// The words of a comment after it are not among its words: they are never meant.
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

// meantSources are the sources of a COPY or ADD without the words of a comment after it.
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

// refText is the flag of the reference as people write it.
func refText(r dockerfile.Ref) string {
	if r.Mount {
		return "RUN --mount=from=" + r.Name
	}
	return "COPY --from=" + r.Name
}

// wildcard reports whether a COPY source is a pattern.
func wildcard(p string) bool { return strings.ContainsAny(p, "*?[") }
