package shell

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
)

// Flag is one flag of a call.
type Flag struct {
	Name  string // without its value: --option, -y, which may be in a bundle
	Word  Word   // that it is in
	Value Word   // its value, in the same word or in the next; see Valued
	// Valued: a value is given. It may be unknown.
	Valued bool
}

// Call is a command line, read.
type Call struct {
	Program  string
	Sub      Word   // the subcommand, where the Spec knows of any; its Text is "" where there is none
	Flags    []Flag // before and after the subcommand
	Operands []Word // all words but the program, the subcommand, the flags and their values
	Unknown  []Word // words with a piece that is not known; they are among the others too
	First    int    // the index of the program's name among the command's words
}

// Has reports whether one of the flags is given.
func (c *Call) Has(names ...string) bool { return c.Flag(names...) != nil }

// Flag returns the first of the flags; nil where none of them is given.
func (c *Call) Flag(names ...string) *Flag {
	i := slices.IndexFunc(c.Flags, func(f Flag) bool { return slices.Contains(names, f.Name) })
	if i < 0 {
		return nil
	}
	return &c.Flags[i]
}

// Open reports whether the call may have flags that are not known, since an unknown word may hold some.
func (c *Call) Open() bool {
	return slices.ContainsFunc(c.Unknown, func(w Word) bool { return w.MayHoldFlags })
}

// Verb is what the call is to do: its subcommand, or the first operand of a program of which none are known; "" where
// there is none, or an unknown one.
func (c *Call) Verb() string {
	if c.Sub.Text == "" && len(c.Operands) > 0 && c.Operands[0].Known {
		return c.Operands[0].Text
	}
	return c.Sub.Text
}

// Program returns the name of the program that the command runs, and the index of the name among its words:
// `python3 -m pip` runs pip, `corepack yarn` runs yarn.
func Program(c *dockerfile.Command) (name string, first int) {
	switch w := c.Words; {
	case strings.HasPrefix(c.Name, "python") && len(w) > 2 && w[1].Text == "-m" && w[2].Literal:
		return w[2].Text, 2
	case c.Name == "corepack" && len(w) > 1 && slices.Contains([]string{"npm", "pnpm", "yarn"}, w[1].Text):
		return w[1].Text, 1
	}
	return c.Name, 0
}

// Read reads a command of the instruction as a call of its program (see Program), spelled as review/ecosystem says.
func Read(in *dockerfile.Instruction, c *dockerfile.Command) Call {
	name, _ := Program(c)
	return ReadAs(in, c, ecosystem.SpecOf(name))
}

// ReadAs reads a command of the instruction as a call that is spelled so. Variables that the Dockerfile or the code
// sets are expanded as the shell does it.
func ReadAs(in *dockerfile.Instruction, c *dockerfile.Command, spec ecosystem.Spec) Call {
	name, first := Program(c)
	call := Call{Program: name, First: first}
	in = in.Inner()
	words, total := make([]Word, 0, len(c.Words)), 0
	for i := first + 1; i < len(c.Words); i++ {
		if w := c.Words[i]; w.Literal {
			words = append(words, Word{ShellWord: w, At: i, Known: true})
		} else {
			words = append(words, expand(in, c, i, &total)...)
		}
	}
	call.read(words, spec)
	return call
}

// read sorts the words. The operands take the place of words that are read.
func (c *Call) read(words []Word, spec ecosystem.Spec) {
	c.Operands = words[:0]
	dashes := 0
	for _, w := range words {
		if strings.HasPrefix(w.Text, "-") {
			dashes++
		}
	}
	if dashes > 0 {
		c.Flags = make([]Flag, 0, dashes)
	}
	options := true // until --
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !w.Known {
			c.Unknown = append(c.Unknown, w)
		}
		switch {
		case options && w.Known && w.Text == "--":
			options = false
		case options && w.isFlag():
			if c.flag(w, spec) && i+1 < len(words) {
				i++
				c.value(words[i])
			}
		case spec.Sub && c.Sub.Node == nil && w.Known:
			c.Sub = w
		case !spec.Sub || c.Sub.Node != nil:
			c.Operands = append(c.Operands, w)
			options = options && !spec.Leading
		}
	}
}

// isFlag reports whether the word is a flag, or several; - alone is a file.
func (w Word) isFlag() bool { return strings.HasPrefix(w.Text, "-") && (len(w.Text) > 1 || !w.Known) }

// value takes in the word after a flag as its value.
func (c *Call) value(w Word) {
	f := &c.Flags[len(c.Flags)-1]
	f.Value, f.Valued = w, true
	if !w.Known {
		c.Unknown = append(c.Unknown, w)
	}
}

// flag takes in a word with a flag, or with several, and reports whether the last one takes the next word.
func (c *Call) flag(w Word, spec ecosystem.Spec) (next bool) {
	name, value, inline := strings.Cut(w.Text, "=")
	switch {
	case len(name) == 1:
		if w.Known { // else -$X, which may be any
			c.Flags = append(c.Flags, Flag{Name: w.Text, Word: w})
		}
		return false
	case inline && (len(name) == 2 || strings.HasPrefix(name, "--") || !short(spec, name)):
		c.Flags = append(c.Flags, Flag{Name: name, Word: w, Value: w.with(value), Valued: true})
		return false
	case strings.HasPrefix(name, "--") || !short(spec, name):
		if w.Known { // else --opt$X, which may be any
			c.Flags = append(c.Flags, Flag{Name: name, Word: w})
		}
		return w.Known && takesNext(spec, name)
	}
	return c.bundle(w, spec)
}

// short reports whether a word that begins with one dash is made of short flags.
func short(spec ecosystem.Spec, word string) bool {
	long := len(word) > 2 && slices.Contains(spec.Valued, word)
	return !long && (spec.Bundles || slices.Contains(spec.Valued, word[:2]))
}

// takesNext reports whether the flag's value is the next word.
func takesNext(spec ecosystem.Spec, name string) bool {
	if len(spec.Switches) > 0 {
		return !slices.Contains(spec.Switches, name)
	}
	return slices.Contains(spec.Valued, name)
}

// maxBundle is the most switches in one word: more than any program has.
const maxBundle = 64

// bundle takes in -qyofile: switches, and perhaps one flag with the rest of the word as its value. A word with anything
// but letters and digits before that, or with too many of them, is one flag.
func (c *Call) bundle(w Word, spec ecosystem.Spec) (next bool) {
	before := len(c.Flags)
	for i := 1; i < len(w.Text) && !next; i++ {
		f := Flag{Name: "-" + w.Text[i:i+1], Word: w}
		if !isAlnum(w.Text[i]) || i > maxBundle {
			c.Flags = append(c.Flags[:before], Flag{Name: w.Text, Word: w})
			break
		}
		rest := w.Text[i+1:]
		valued := slices.Contains(spec.Valued, f.Name)
		value, inline := strings.CutPrefix(rest, "=")
		if inline || valued && (rest != "" || !w.Known) {
			f.Value, f.Valued = w.with(value), true
			c.Flags = append(c.Flags, f)
			break
		}
		c.Flags, next = append(c.Flags, f), valued
	}
	return next
}

func isAlnum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// with is the word with another text: a part of it.
func (w Word) with(text string) Word {
	w.Text = text
	return w
}
