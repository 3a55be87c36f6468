package rules

import (
	"path"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// mode is the word that says which permissions a chmod or a --chmod gives.
type mode struct {
	in   *dockerfile.Instruction
	text string
	span dockerfile.Span
}

// modes returns the modes that an instruction sets: those of chmod and install -m in a RUN, and the
// --chmod of a COPY or ADD.
func modes(in *dockerfile.Instruction) []mode {
	var all []mode
	if f := in.Inner().Flag("chmod"); f != nil {
		value := f.Span
		value.Start += len("--chmod=")
		if in.File().Text(value) == f.Value {
			all = append(all, mode{in, f.Value, value})
		}
	}
	for _, c := range shell.Calls(in, "chmod", "install", "mkdir", "find", "xargs") {
		if w := modeWord(innerChmod(c)); w != nil && !removedLater(in, c) {
			m := mode{in, strings.TrimPrefix(strings.TrimPrefix(w.Text, "--mode="), "-m"), w.Span}
			if m.text != w.Text {
				m.span.Start = m.span.End - len(m.text)
			}
			if m.text == w.Text || in.File().Text(m.span) == m.text {
				all = append(all, m)
			}
		}
	}
	return all
}

// innerChmod is the chmod that find or xargs calls, or else the command itself.
func innerChmod(c *dockerfile.Command) *dockerfile.Command {
	if c.Name == "find" || c.Name == "xargs" {
		for i := 1; i < len(c.Words); i++ {
			if w := c.Words[i]; w.Literal && path.Base(w.Text) == "chmod" {
				return &dockerfile.Command{Name: "chmod", Words: c.Words[i:], Call: c.Call, Span: c.Span}
			}
		}
	}
	return c
}

// removedLater reports whether a later command of the same RUN removes what the command names last:
// it never comes into the image.
func removedLater(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	target := in.File().Text(c.Words[len(c.Words)-1].Span)
	for _, rm := range shell.Calls(in, "rm") {
		for _, w := range rm.Args() {
			if rm.Span.Start > c.Span.Start && in.File().Text(w.Span) == target {
				return true
			}
		}
	}
	return false
}

// modeWord is the word with the mode among a command's words, behind the flag where one stands in the
// same word; nil where it has none that is literal.
func modeWord(c *dockerfile.Command) *dockerfile.ShellWord {
	if c.Name == "install" || c.Name == "mkdir" {
		return flaggedMode(c)
	}
	for i := 1; c.Name == "chmod" && i < len(c.Words); i++ {
		w := &c.Words[i]
		switch {
		case !w.Literal:
			return nil
		case strings.HasPrefix(w.Text, "-") && strings.Trim(w.Text, "-cfvRrwxXst") == "" && !takesAway(w.Text), strings.HasPrefix(w.Text, "--"):
		default:
			return w
		}
	}
	return nil
}

// flaggedMode is the mode that install or mkdir is given by a flag.
func flaggedMode(c *dockerfile.Command) *dockerfile.ShellWord {
	for i := 1; i < len(c.Words); i++ {
		w := &c.Words[i]
		short := w.Literal && strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--")
		switch {
		case !w.Literal:
			return nil
		case short && strings.HasSuffix(w.Text, "m") || w.Text == "--mode":
			if i+1 < len(c.Words) && c.Words[i+1].Literal {
				return &c.Words[i+1]
			}
			return nil
		case strings.HasPrefix(w.Text, "--mode=") || short && strings.HasPrefix(w.Text, "-m"):
			return w
		}
	}
	return nil
}

// takesAway reports whether what looks like a flag of chmod is a mode: -x, -w.
func takesAway(word string) bool {
	return strings.Trim(word, "-rwxXst") == "" && strings.Trim(word, "-R") != "" && strings.ContainsAny(word, "rwxXst")
}

// numeric returns the digits of a numeric mode without leading zeros, three at least; false for
// another mode.
func numeric(text string) (string, bool) {
	if text == "" || strings.Trim(text, "01234567") != "" || len(text) > 5 {
		return "", false
	}
	text = strings.TrimLeft(text, "0")
	return strings.Repeat("0", max(0, 3-len(text))) + text, true
}

// clause is one part of a symbolic mode, such as ug+rw.
type clause struct {
	who, perms string
	op         byte
}

// clauses reads a symbolic mode; nil where it is none.
func clauses(text string) []clause {
	var all []clause
	for _, part := range strings.Split(text, ",") {
		at := strings.IndexAny(part, "+-=")
		if at < 0 || strings.Trim(part[:at], "ugoa") != "" || strings.Trim(part[at+1:], "rwxXstugo+-=") != "" {
			return nil
		}
		all = append(all, clause{part[:at], part[at+1:], part[at]})
	}
	return all
}
