package rules

import (
	"iter"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

// unescaped yields the offsets of the bytes of a word that are not escaped and are no quotes, each with the quotes that
// it is in: ', " or 0.
func unescaped(word string, escape byte) iter.Seq2[int, byte] {
	return func(yield func(int, byte) bool) {
		quote := byte(0)
		for i := 0; i < len(word); i++ {
			switch c := word[i]; {
			case c == escape && quote != '\'':
				i++
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote != 0 && c == quote:
				quote = 0
			case !yield(i, quote):
				return
			}
		}
	}
}

// references lists the variables that the builder puts into a word.
func references(word string, escape byte) []string {
	var names []string
	for i, quote := range unescaped(word, escape) {
		if word[i] != '$' || quote == '\'' {
			continue
		}
		rest := strings.TrimPrefix(word[i+1:], "{")
		if n := nameLength(rest); n > 0 {
			names = append(names, rest[:n])
		}
	}
	return names
}

// nameLength is the length of the variable's name with which the text begins.
func nameLength(s string) int {
	n := 0
	for n < len(s) && nameByte(s[n]) && (n > 0 || s[n] < '0' || s[n] > '9') {
		n++
	}
	return n
}

func nameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// variableUse is a place where the value of a variable is used without a default for one that is
// not set.
type variableUse struct {
	name string
	span dockerfile.Span
}

// variableUses lists the variables that the instruction uses while the image is built.
func variableUses(in *dockerfile.Instruction) []variableUse {
	switch in.Name {
	case "RUN":
		return scriptUses(in)
	case "COPY", "ADD", "ENV", "LABEL", "EXPOSE", "USER", "WORKDIR", "VOLUME", "STOPSIGNAL", "ARG":
		uses := textUses(in)
		own := map[string]bool{} // as in lengthens
		for _, pair := range in.Pairs {
			own[pair.Key] = true
		}
		return slices.DeleteFunc(uses, func(u variableUse) bool { return own[u.name] })
	}
	return nil
}

// textUses finds the plain variables in what the builder expands: $NAME and ${NAME}.
func textUses(in *dockerfile.Instruction) []variableUse {
	if in.JSON && in.Name != "COPY" && in.Name != "ADD" && in.Name != "VOLUME" {
		return nil
	}
	var uses []variableUse
	text, escape := in.Args.String(), in.File().Escape
	single := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == escape:
			i++
		case c == '\'' && !strings.Contains(text[:i], `"`):
			single = !single
		case c == '$' && !single:
			name, n := variableName(text[i+1:])
			if name != "" {
				uses = append(uses, variableUse{name, in.Args.Span(i, i+1+n)})
			}
			i += n
		}
	}
	return uses
}

// variableName reads NAME or {NAME}, and returns how many bytes it takes.
func variableName(s string) (string, int) {
	name, braced := strings.CutPrefix(s, "{")
	n := nameLength(name)
	switch {
	case n == 0:
		return "", 0
	case !braced:
		return name[:n], n
	case strings.HasPrefix(name[n:], "}"):
		return name[:n], n + len("{}")
	}
	return "", 0
}

// scriptUses finds the plain variables in the shell code of a RUN: those that it does not set
// itself, and none where it reads in code that may set any.
func scriptUses(in *dockerfile.Instruction) []variableUse {
	if in.Script == nil || in.Script.File == nil || !strings.Contains(in.Script.Text.String(), "$") {
		return nil
	}
	v := scriptVariables{script: in.Script, own: map[string]bool{}}
	in.Script.Walk(v.visit)
	if v.foreign {
		return nil
	}
	return slices.DeleteFunc(v.uses, func(u variableUse) bool { return v.own[u.name] })
}

// scriptVariables are the variables of a script.
type scriptVariables struct {
	script  *dockerfile.Script
	uses    []variableUse
	own     map[string]bool // set by the script, somewhere
	foreign bool            // it reads in code that may set any
}

func (v *scriptVariables) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Assign:
		if n.Name != nil {
			v.own[n.Name.Value] = true
		}
	case *syntax.WordIter:
		v.own[n.Name.Value] = true
	case *syntax.CallExpr:
		v.foreign = v.foreign || readsCode(n, v.own)
	case *syntax.ParamExp:
		if n.Param != nil && n.Exp == nil && n.Repl == nil && n.Slice == nil && n.Index == nil && !n.Excl {
			v.uses = append(v.uses, variableUse{n.Param.Value, v.script.Span(n)})
		}
	}
	return true
}

// readsCode reports whether the command brings in variables of which nothing is known, and notes
// those that it sets by name.
func readsCode(call *syntax.CallExpr, own map[string]bool) bool {
	if len(call.Args) == 0 {
		return false
	}
	switch call.Args[0].Lit() {
	case ".", "source", "eval":
		return true
	case "read", "getopts", "printf", "mapfile", "readarray":
		for _, w := range call.Args[1:] {
			own[w.Lit()] = true
		}
	}
	return false
}
