package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// keepsComments checks that each comment of the old file is in the new one, perhaps elsewhere, unless it is at one of
// the places from which the fix says that comments go; and that those which tell BuildKit how to read the file, and
// those which silence rules, mean there what they meant before.
func keepsComments(old, new *dockerfile.File, gone []dockerfile.Span) error {
	goes := map[dockerfile.Span]bool{}
	for _, at := range gone {
		goes[at] = true
	}
	there := map[string]int{}
	for _, c := range new.Comments() {
		there[c.Text]++
	}
	for _, i := range new.Ignores {
		there[meaning(i)]++
	}
	for _, c := range old.Comments() {
		if there[c.Text]--; there[c.Text] < 0 && !goes[c.Span] {
			return fmt.Errorf("%w: %q", ErrComment, c.Text)
		}
	}
	for _, i := range old.Ignores {
		if key := meaning(i); !goes[i.Comment.Span] {
			if there[key]--; there[key] < 0 {
				return fmt.Errorf("%w: %q silences something else", ErrComment, i.Comment.Text)
			}
		}
	}
	if old.Escape != new.Escape || old.Syntax != new.Syntax && (old.Syntax != "" || becomesSyntax(old, new.Syntax)) {
		return fmt.Errorf("%w: a directive at the top of the file", ErrComment)
	}
	return nil
}

// becomesSyntax reports whether a comment of the old file, which was too far down to be a directive, names the
// frontend.
func becomesSyntax(old *dockerfile.File, syntax string) bool {
	return slices.ContainsFunc(old.Comments(), func(c dockerfile.CommentLine) bool {
		key, value, _ := strings.Cut(c.Text, "=")
		return strings.EqualFold(strings.TrimSpace(key), "syntax") && strings.TrimSpace(value) == syntax
	})
}

// becomes is what a fix may make of an instruction without a change of what a comment above it silences.
var becomes = map[string]string{"ADD": "COPY", "ENV": "ARG", "MAINTAINER": "LABEL", "RUN": "WORKDIR"}

// meaning is the same for comments that silence the same rules for as much of the file. It is not the text of a
// comment.
func meaning(i dockerfile.Ignore) string {
	what := ""
	switch {
	case i.Scope == dockerfile.ScopeInstruction && i.Instruction != nil:
		name := i.Instruction.Name
		what = fmt.Sprint(stageOf(i.Instruction), cmp.Or(becomes[name], name))
	case i.Scope == dockerfile.ScopeStage && i.Stage != nil:
		what = fmt.Sprint(i.Stage.Index)
	}
	return fmt.Sprint("\n", i.Scope, what, " ", strings.Join(i.Rules, ","))
}
