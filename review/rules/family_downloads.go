package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// fetchesToStdout reports whether the command downloads something and writes it to its output.
func fetchesToStdout(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if c.Name != "curl" && c.Name != "wget" {
		return false
	}
	call := shell.Read(in, c)
	if c.Name == "wget" {
		to := call.Flag("-O", "--output-document")
		return to != nil && isStdout(to.Value.Text)
	}
	return !slices.ContainsFunc(call.Flags, func(f shell.Flag) bool {
		switch f.Name {
		case "-o", "--output":
			return !isStdout(f.Value.Text)
		}
		return f.Name == "-O" || f.Name == "--remote-name"
	})
}

func isStdout(file string) bool { return file == "-" || file == "/dev/stdout" }

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
