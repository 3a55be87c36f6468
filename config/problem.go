package config

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/invisible"
)

// Problem is one thing that is wrong with a configuration. It separates text from the file from dfbot's own words,
// because the code that shows a problem must escape that text.
type Problem struct {
	Line, Column int      // 1-based; the column counts characters
	Format       string   // dfbot's own words, with %s for each of Args
	Args         []string // text from the file: never show it without escaping
	Nearest      string   // a valid name that may be meant, or ""
}

// Message is what is wrong, without its place. quote makes text from the file safe to show, for example as a code span.
func (p Problem) Message(quote func(string) string) string {
	args := make([]any, len(p.Args))
	for i, a := range p.Args {
		args[i] = quote(a)
	}
	text := fmt.Sprintf(p.Format, args...)
	if p.Nearest != "" {
		text += "; did you mean " + quote(p.Nearest) + "?"
	}
	return text
}

// String is the problem on one line for logs and terminals: its line, then its message with text from the file in
// backticks.
func (p Problem) String() string {
	return fmt.Sprintf("line %d: %s", p.Line, p.Message(inBackticks))
}

// inBackticks shows s between backticks. It escapes backticks and everything that is not a plain printable character.
func inBackticks(s string) string {
	var b strings.Builder
	b.WriteByte('`')
	for _, r := range s {
		if unicode.IsPrint(r) && !invisible.Rune(r) && r != '`' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('`')
	return b.String()
}

// maxArg is the most characters of one text from the file that a problem repeats.
const maxArg = 80

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= maxArg {
		return s
	}
	return string([]rune(s)[:maxArg-1]) + "…"
}
