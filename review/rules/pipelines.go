package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// fetchesToStdout reports whether the command downloads something and writes it to its output, and
// which words of it are addresses.
func fetchesToStdout(c *dockerfile.Command) bool {
	out := c.Name == "curl"
	for i, w := range c.Args() {
		if !w.Literal {
			continue
		}
		flag := isFlag(w) && !strings.HasPrefix(w.Text, "--")
		switch {
		case c.Name == "curl" && (flag && strings.ContainsAny(w.Text[1:], "oO") && !headerFlag(w.Text) || w.Text == "--output" || w.Text == "--remote-name"):
			next := ""
			if i+2 < len(c.Words) {
				next = c.Words[i+2].Text
			}
			if next != "-" && next != "/dev/stdout" {
				return false
			}
		case c.Name == "wget" && flag && strings.HasSuffix(w.Text, "O-"), c.Name == "wget" && w.Text == "--output-document=-":
			out = true
		case c.Name == "wget" && (flag && strings.HasSuffix(w.Text, "O") || w.Text == "--output-document"):
			out = i+2 < len(c.Words) && (c.Words[i+2].Text == "-" || c.Words[i+2].Text == "/dev/stdout")
		}
	}
	return out && (c.Name == "curl" || c.Name == "wget")
}

// headerFlag reports whether a letter before the o in a bundle of curl's flags takes the rest of it.
func headerFlag(bundle string) bool {
	at := strings.IndexAny(bundle, "oO")
	return strings.ContainsAny(bundle[1:at], "AbcCdDeEFhHKmPQrtTuUwxXyYz")
}

// addresses returns the words of the command that are URLs, as written, without quotes.
func addresses(in *dockerfile.Instruction, c *dockerfile.Command) []string {
	var all []string
	for _, w := range c.Args() {
		text := w.Text
		if !w.Literal {
			text = strings.Trim(in.File().Text(w.Span), `"`)
			if v := in.Expand(text); v.Known {
				text = v.Text
			}
		}
		if strings.Contains(text, "://") {
			all = append(all, text)
		}
	}
	return all
}
