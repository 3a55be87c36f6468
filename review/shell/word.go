package shell

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

// Word is a word of a command line as the program gets it: variables are expanded, so one word of the code may be
// several, or none.
type Word struct {
	dockerfile.ShellWord      // as written, but for Text, which is expanded
	At                   int  // which of the command's words it comes from
	Known                bool // Text is all of it; else what comes before the first unknown piece
	// MayHoldFlags: it is not known, and it may become any number of words with flags among them.
	MayHoldFlags bool
}

// Bounds of what is expanded.
const (
	maxDepth   = 4           // variables that are set to variables of the code
	maxText    = 4096        // bytes that a word may become, as of a variable in the Dockerfile
	maxCall    = 4 * maxText // bytes of values in all words of a command line
	expandCost = 20          // units of work for a variable, besides its bytes
	wordCost   = 40          // units of work for a word that comes of one
)

// expansion makes a command's words of a word of the code.
type expansion struct {
	in     *dockerfile.Instruction
	before int // offset in the script before which a variable must be set
	depth  int
	size   int  // bytes of values so far
	total  *int // the same of all words of the command line

	done []string        // the words that are complete
	text strings.Builder // the word that is being made
	open bool            // there is one, even if it is empty: "" is a word
	// unknown is set at the first piece that is not known; nothing is added after it.
	unknown      bool
	mayHoldFlags bool
}

// expand returns the words that the i-th word of the command becomes, which is not literal. It adds the bytes of its
// values to the total.
func expand(in *dockerfile.Instruction, c *dockerfile.Command, i int, total *int) []Word {
	w := c.Words[i]
	e := &expansion{in: in, before: int(c.Call.Pos().Offset()), total: total}
	e.parts(w.Node.Parts, false)
	if e.unknown {
		w.Text = ""
		if len(e.done) == 0 {
			w.Text = e.text.String()
		}
		return []Word{{ShellWord: w, At: i, MayHoldFlags: e.mayHoldFlags}}
	}
	e.end()
	words := make([]Word, len(e.done))
	for n, text := range e.done {
		w.Text = text
		words[n] = Word{ShellWord: w, At: i, Known: true}
	}
	return words
}

// end completes the word that is being made.
func (e *expansion) end() {
	if e.open {
		e.done = append(e.done, e.text.String())
		e.text.Reset()
		e.open = false
	}
}

// parts expands the parts of a word, or of a quoted piece of one.
func (e *expansion) parts(parts []syntax.WordPart, quoted bool) {
	for _, p := range parts {
		if e.unknown {
			return
		}
		switch p := p.(type) {
		case *syntax.DblQuoted:
			e.open = true
			if text, ok := literal(p); ok {
				e.text.WriteString(text)
			} else {
				e.parts(p.Parts, true)
			}
		case *syntax.ParamExp:
			e.variable(p, quoted)
		case *syntax.CmdSubst:
			e.unknown, e.mayHoldFlags = true, !quoted
		case *syntax.ExtGlob:
			e.open = true
			e.text.WriteString(e.raw(p))
		default:
			text, ok := literal(p)
			e.open = e.open || ok
			e.unknown = !ok
			e.text.WriteString(text)
		}
	}
}

func literal(p syntax.WordPart) (string, bool) {
	return dockerfile.Literal(&syntax.Word{Parts: []syntax.WordPart{p}})
}

// raw is the piece as written.
func (e *expansion) raw(n syntax.Node) string { return e.in.File().Text(e.in.Script.Span(n)) }

// variable expands $NAME and ${NAME...}.
func (e *expansion) variable(p *syntax.ParamExp, quoted bool) {
	if p.Param == nil {
		e.unknown, e.mayHoldFlags = true, !quoted
		return
	}
	name := p.Param.Value
	if several := name == "@" || name == "*" || p.Index != nil; several {
		e.unknown, e.mayHoldFlags = true, name != "*" || !quoted
		return
	}
	if sets := e.in.Script.Settings(name); len(sets) > 0 {
		e.set(p, sets, quoted)
		return
	}
	v := e.outer(p)
	if !v.Known {
		e.unknown, e.mayHoldFlags = true, namesFlags(name)
		return
	}
	e.add(v.Text, quoted)
}

// outer is the value of a variable that the Dockerfile sets.
func (e *expansion) outer(p *syntax.ParamExp) dockerfile.Value {
	if plain(p) {
		return e.in.Var(p.Param.Value)
	}
	return e.in.Expand(e.raw(p))
}

// plain reports whether it is $NAME or ${NAME}.
func plain(p *syntax.ParamExp) bool {
	return p.Exp == nil && p.Slice == nil && p.Repl == nil && !p.Length && !p.Excl
}

// set expands a variable that the code itself sets.
func (e *expansion) set(p *syntax.ParamExp, sets []dockerfile.Setting, quoted bool) {
	only := sets[0]
	if certain := len(sets) == 1 && !only.Unknown && only.Plain && only.At < e.before; !certain || !plain(p) {
		e.unknown, e.mayHoldFlags = true, namesFlags(p.Param.Value) || slices.ContainsFunc(sets, beginsWithFlag)
		return
	}
	if only.Value == nil {
		e.add("", quoted)
		return
	}
	inner := &expansion{in: e.in, before: only.At, depth: e.depth + 1, total: e.total}
	if inner.depth > maxDepth {
		e.unknown, e.mayHoldFlags = true, true
		return
	}
	inner.parts(only.Value.Parts, true) // an assignment splits nothing
	if inner.unknown {
		e.unknown, e.mayHoldFlags = true, inner.mayHoldFlags || namesFlags(p.Param.Value)
		return
	}
	e.add(inner.text.String(), quoted)
}

// beginsWithFlag reports whether the value of a setting begins with a flag, as far as it is literal.
func beginsWithFlag(s dockerfile.Setting) bool {
	if s.Value == nil || len(s.Value.Parts) == 0 {
		return false
	}
	text, _ := literal(s.Value.Parts[0])
	return strings.HasPrefix(strings.TrimSpace(text), "-")
}

// add puts the value of a variable in, split at blanks where it is not quoted (POSIX shell, 2.6.5 Field Splitting).
func (e *expansion) add(text string, quoted bool) {
	e.in.File().Charge(expandCost + len(text))
	*e.total += len(text)
	if e.size += len(text); e.size > maxText || *e.total > maxCall {
		e.unknown, e.mayHoldFlags = true, true
		return
	}
	if quoted {
		e.text.WriteString(text)
		return
	}
	fields := strings.Fields(text)
	e.in.File().Charge(wordCost * len(fields))
	if text != "" && (len(fields) == 0 || isBlank(text[0])) {
		e.end()
	}
	for i, f := range fields {
		if i > 0 {
			e.end()
		}
		e.text.WriteString(f)
		e.open = true
	}
	if len(fields) > 0 && isBlank(text[len(text)-1]) {
		e.end()
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// namesFlags reports whether the name of a variable says that flags are in it.
func namesFlags(name string) bool {
	name = strings.ToUpper(name)
	for _, part := range []string{"OPT", "FLAG", "ARG", "PARAM", "RECOMMEND"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
