package analysis

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Vocabulary is which words the fixes of a rule may write and take away, whatever their edits do. The proof refuses a
// fix that goes beyond: one that drops a package besides adding a flag, say, or that names another user.
type Vocabulary struct {
	In    []string       // the instructions whose words may be others, by keyword
	Adds  *regexp.Regexp // matches in full each word that a fix adds; nil for none
	Drops *regexp.Regexp // the same of those that it takes away
	Known bool           // it may also add words that the file has, and paths that the context has
	Moves bool           // words may come before others than they did
}

// word is one of an instruction.
type word struct {
	text string
	in   *dockerfile.Instruction
}

// Separators come between words, as blanks do. Operators of the shell are words.
const (
	separators = "()\"',[]"
	operators  = ";&|<>"
)

// words are those of all instructions in their order, without comments and the signs that continue a line.
func words(f *dockerfile.File) (all []word) {
	for _, in := range f.Instructions() {
		for line := range strings.Lines(f.Text(in.Span)) {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, part := range strings.FieldsFunc(line, func(r rune) bool {
				return r <= ' ' || strings.ContainsRune(separators, r)
			}) {
				for _, w := range pieces(part) {
					all = append(all, word{w, in})
				}
			}
		}
	}
	return all
}

// pieces cuts a text without blanks into words and operators. What continues a line is left out.
func pieces(text string) (all []string) {
	for text != "" && text != `\` && text != "`" {
		operator := strings.IndexByte(operators, text[0]) >= 0
		n := strings.IndexFunc(text, func(r rune) bool { return strings.ContainsRune(operators, r) != operator })
		if n < 0 {
			n = len(text)
		}
		all, text = append(all, text[:n]), text[n:]
	}
	return all
}

// keepsVocabulary holds the result to the words of the rules that are fixed. A rule without a vocabulary may write
// anything.
func (r *Result) keepsVocabulary(after *dockerfile.File, c Proposal) error {
	var may []Vocabulary
	for _, d := range c.Fixed {
		v, found := r.Unit.Vocabulary[d.Rule]
		if !found {
			return nil
		}
		may = append(may, v...)
	}
	r.Unit.File.Charge(len(r.Unit.Src) + len(after.Src))
	was, now := words(r.Unit.File), words(after)
	if text, ok := beyond(was, now, func(w word) bool { return allowed(may, w, -1) }); !ok {
		return fmt.Errorf("%w: it drops %q", ErrEffect, text)
	}
	known := r.knows(may, was)
	if text, ok := beyond(now, was, func(w word) bool { return allowed(may, w, 1) || known(w) }); !ok {
		return fmt.Errorf("%w: it adds %q", ErrEffect, text)
	}
	moves := slices.ContainsFunc(may, func(v Vocabulary) bool { return v.Moves })
	if same := unchanged(was, now); !moves && !holdsInOrder(others(same, now, c.Effect), others(same, was, c.Effect)) {
		return fmt.Errorf("%w: other words, or in another order", ErrEffect)
	}
	return nil
}

// holdsInOrder reports whether all words of part are in the list in their order, perhaps with others between them.
func holdsInOrder(list, part []string) bool {
	for _, w := range list {
		if len(part) > 0 && w == part[0] {
			part = part[1:]
		}
	}
	return len(part) == 0
}

// knows returns what reports whether a vocabulary with Known may add a word.
func (r *Result) knows(may []Vocabulary, was []word) func(word) bool {
	there := map[string]bool{}
	for _, w := range was {
		there[strings.Trim(w.text, "/")] = true
	}
	return func(w word) bool {
		in := func(v Vocabulary) bool { return v.Known && slices.Contains(v.In, w.in.Inner().Name) }
		return slices.ContainsFunc(may, in) && (there[strings.Trim(w.text, "/")] || r.hasPath(w.text, there))
	}
}

// hasPath reports whether the context has a file or a folder of the name, or one that a pattern matches; the name may
// be below a folder that is there among the words.
func (r *Result) hasPath(name string, there map[string]bool) bool {
	name = strings.Trim(path.Clean("/"+name), "/")
	if r.Unit.Tree == nil || name == "" {
		return r.Unit.Tree != nil
	}
	for i := range len(name) {
		if name[i] == '/' && there[name[:i]] && r.hasPath(name[i+1:], nil) {
			return true
		}
	}
	return slices.ContainsFunc(r.Unit.Tree.Paths, func(p string) bool {
		r.Unit.File.Charge(1)
		match, _ := path.Match(name, path.Base(p))
		return match || strings.Contains("/"+p+"/", "/"+name+"/")
	})
}

// beyond finds a word that is in one list more often than in the other, and more often than is allowed.
func beyond(one, other []word, allowed func(word) bool) (text string, ok bool) {
	count := map[string]int{}
	for _, w := range one {
		if !allowed(w) {
			count[w.text]++
		}
	}
	for _, w := range other {
		count[w.text]--
	}
	for _, w := range one {
		if count[w.text] > 0 {
			return w.text, false
		}
	}
	return "", true
}

// allowed reports whether one of the vocabularies has the word that is added, or for a negative sign dropped.
func allowed(may []Vocabulary, w word, sign int) bool {
	return slices.ContainsFunc(may, func(v Vocabulary) bool {
		of := v.Adds
		if sign < 0 {
			of = v.Drops
		}
		return of != nil && slices.Contains(v.In, w.in.Inner().Name) && of.MatchString(w.text)
	})
}

// unchanged are the words that are as often in one list as in the other.
func unchanged(was, now []word) map[string]bool {
	count := map[string]int{}
	for _, w := range was {
		count[w.text]--
	}
	for _, w := range now {
		count[w.text]++
	}
	same := map[string]bool{}
	for text, n := range count {
		same[text] = n == 0
	}
	return same
}

// others are the words that are unchanged, where an effect keeps their order: in place all, else those of commands.
func others(same map[string]bool, all []word, effect Effect) (rest []string) {
	for _, w := range all {
		keeps := effect == InPlace || w.in.Name == "RUN" && !strings.EqualFold(w.text, "RUN")
		if keeps && same[w.text] {
			rest = append(rest, w.text)
		}
	}
	return rest
}
