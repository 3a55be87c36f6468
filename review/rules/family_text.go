package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// shellText is a command on one line.
func shellText(in *dockerfile.Instruction, c *dockerfile.Command) string {
	var words []string
	for _, w := range c.Words {
		words = append(words, in.File().Text(w.Span))
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// flat writes a command that may go over several lines on one.
func flat(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("\\\r\n", " ", "\\\n", " ").Replace(text)), " ")
}

// containsAny reports whether the text contains one of the words.
func containsAny(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}
