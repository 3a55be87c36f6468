package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// mode is the word for the permissions that a chmod or a --chmod gives.
type mode struct {
	in   *dockerfile.Instruction
	text string
	span dockerfile.Span
	// paths are the files and directories that get it, as written; none where a program finds them.
	paths []string
}

// modes returns the modes that an instruction sets: those of chmod and install -m in a RUN, and the
// --chmod of a COPY or ADD.
func modes(in *dockerfile.Instruction) []mode {
	var all []mode
	if f := in.Inner().Flag("chmod"); f != nil {
		value := f.Span
		value.Start += len("--chmod=")
		if in.File().Text(value) == f.Value {
			all = append(all, mode{in, f.Value, value, []string{lastWord(in.Inner()).Text}})
		}
	}
	for _, c := range shell.Calls(in, "chmod", "install", "mkdir", "find", "xargs") {
		text, w, ok := modeOf(in, innerChmod(c))
		if !ok || removedLater(in, c) {
			continue
		}
		m := mode{in, text, w.Span, pathsOf(in, c, w)}
		if w.Text != text { // with its flag
			m.span.Start = m.span.End - len(text)
		}
		if w.Text == text || in.File().Text(m.span) == text {
			all = append(all, m)
		}
	}
	return all
}

// pathsOf are the operands of a chmod, mkdir or install -d but for the mode, as written.
func pathsOf(in *dockerfile.Instruction, c *dockerfile.Command, mode dockerfile.ShellWord) []string {
	var all []string
	for _, w := range c.Args() {
		if text := in.File().Text(w.Span); w.Span != mode.Span && !strings.HasPrefix(text, "-") {
			all = append(all, text)
		}
	}
	switch {
	case c.Name == "find" || c.Name == "xargs" || len(all) > maxModePaths:
		return nil
	case c.Name == "install" && !slices.ContainsFunc(c.Args(), isDirectoryFlag):
		return all[max(len(all)-1, 0):]
	}
	return all
}

// maxModePaths is how many paths of one command are kept.
const maxModePaths = 50

// innerChmod is the chmod that find or xargs calls, or else the command itself.
func innerChmod(c *dockerfile.Command) *dockerfile.Command {
	if c.Name != "find" && c.Name != "xargs" {
		return c
	}
	i := slices.IndexFunc(c.Words,
		func(w dockerfile.ShellWord) bool { return w.Literal && path.Base(w.Text) == "chmod" })
	if i < 0 {
		return c
	}
	return &dockerfile.Command{Name: "chmod", Words: c.Words[i:], Call: c.Call, Span: c.Span}
}

// removedLater reports whether a later command of the same RUN removes the last operand of the command,
// which then never gets into the image.
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

// modeOf is the literal mode that the command gives, and the word of the code that it is in; false where there is none.
func modeOf(in *dockerfile.Instruction, c *dockerfile.Command) (text string, word dockerfile.ShellWord, ok bool) {
	switch c.Name {
	case "install", "mkdir":
		call := shell.Read(in, c)
		f := call.Flag("-m", "--mode")
		if f == nil || !f.Valued {
			return "", word, false
		}
		w := c.Words[f.Value.At]
		return f.Value.Text, w, w.Literal
	case "chmod":
		i := slices.IndexFunc(c.Args(), func(w dockerfile.ShellWord) bool { return !w.Literal || !chmodFlag(w.Text) })
		if i < 0 {
			return "", word, false
		}
		w := c.Args()[i]
		return w.Text, w, w.Literal
	}
	return "", word, false
}

// chmodFlag reports whether a word of chmod's is a flag: others that begin with a dash are modes.
func chmodFlag(word string) bool {
	return strings.HasPrefix(word, "--") ||
		strings.HasPrefix(word, "-") && strings.Trim(word, "-cfvRrwxXst") == "" && !takesAway(word)
}

// takesAway reports whether a word that looks like a flag of chmod is a mode: -x, -w.
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

// action is one step of a symbolic mode: ug+rw,o=r has two.
type action struct {
	who   string // of ugo, all three for a; "" where the umask decides
	op    byte   // +, - or =
	perms string // of rwxXst, or of ugo for the permissions that one of these has
}

// actions reads a symbolic mode; nil for any other word
// (https://www.gnu.org/software/coreutils/manual/html_node/Symbolic-Modes.html).
func actions(text string) []action {
	var all []action
	for _, clause := range strings.Split(text, ",") {
		rest := strings.TrimLeft(clause, "ugoa")
		who := clause[:len(clause)-len(rest)]
		if strings.Contains(who, "a") {
			who = "ugo"
		}
		if rest == "" {
			return nil
		}
		for rest != "" {
			if !strings.ContainsRune("+-=", rune(rest[0])) {
				return nil
			}
			tail := strings.TrimLeft(rest[1:], "rwxXstugo")
			all = append(all, action{who, rest[0], rest[1 : len(rest)-len(tail)]})
			rest = tail
		}
	}
	return all
}

// gives reports whether a symbolic mode leaves a permission on that none of its steps takes away again, for one of
// those in who.
func gives(all []action, perm, who string) (on bool) {
	for _, a := range all {
		if !strings.ContainsAny(a.who, who) {
			continue
		}
		switch has := strings.Contains(a.perms, perm); {
		case a.op == '=':
			on = has
		case has:
			on = a.op == '+'
		}
	}
	return on
}
