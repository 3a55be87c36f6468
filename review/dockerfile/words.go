package dockerfile

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

func isSpace(r rune) bool { return unicode.IsSpace(r) }

// readFlags reads the builder flags from offset at of text on, and returns where the arguments
// begin. It follows BuildKit's extractBuilderFlags: bytes, not runes; quotes and escapes removed.
func (in *Instruction) readFlags(text Text, at int) int {
	s := text.s
	for {
		for at < len(s) && unicode.IsSpace(rune(s[at])) {
			at++
		}
		if !strings.HasPrefix(s[at:], "--") {
			return at
		}
		value, end := flagWord(s, at, in.file.Escape, nil)
		if value == "--" {
			return end
		}
		name, val, _ := strings.Cut(strings.TrimPrefix(value, "--"), "=")
		in.Flags = append(in.Flags, Flag{Name: name, Value: val, Span: text.Span(at, end), text: text.slice(at, end)})
		at = end
	}
}

// flagWord reads one flag from s[at:]: its value, and the offset after it. Into from, where it is given, it writes the
// offset of each byte of the value.
func flagWord(s string, at int, escape byte, from *[]int) (string, int) {
	var b strings.Builder
	var quote byte
	write := func(c byte) {
		b.WriteRune(rune(c))
		for from != nil && len(*from) < b.Len() {
			*from = append(*from, at)
		}
	}
	for ; at < len(s); at++ {
		c := s[at]
		switch {
		case quote == 0 && unicode.IsSpace(rune(c)):
			return b.String(), at
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case c == escape:
			at++
			if at < len(s) {
				write(s[at])
			}
		default:
			write(c)
		}
	}
	return b.String(), len(s)
}

// readWords splits at blanks, as BuildKit does for COPY, FROM, EXPOSE and the like: quotes do
// not hold words together there.
func readWords(t Text) []Word {
	var words []Word
	s := t.s
	for i := 0; i < len(s); {
		if isBlank(s[i]) {
			i++
			continue
		}
		j := i
		for j < len(s) && !isBlank(s[j]) {
			j++
		}
		words = append(words, Word{s[i:j], t.Span(i, j)})
		i = j
	}
	return words
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r' }

// readJSON returns the strings of a JSON array. The text is known to be one.
func readJSON(t Text) []Word {
	var words []Word
	s := t.s
	for i := 0; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		j := i + 1
		for j < len(s) && s[j] != '"' {
			if s[j] == '\\' {
				j++
			}
			j++
		}
		j = min(j+1, len(s))
		var v string
		if json.Unmarshal([]byte(s[i:j]), &v) == nil {
			words = append(words, Word{v, t.Span(i, j)})
		}
		i = j - 1
	}
	return words
}

// readPairs reads the names and values of ENV, LABEL and ARG. ENV and LABEL know an old form,
// NAME value, in which all that follows the name is the value.
func readPairs(t Text, escape byte, keyword string) []Pair {
	words := quotedWords(t.s, escape)
	if len(words) == 0 {
		return nil
	}
	if keyword != "ARG" && !strings.Contains(t.s[words[0].Start:words[0].End], "=") {
		key := strings.IndexAny(t.s, " \t\v\f\r")
		if key < 0 {
			return nil
		}
		at := len(t.s) - len(strings.TrimLeft(t.s[key:], " \t\v\f\r"))
		return []Pair{{Key: t.s[:key], Value: t.s[at:], HasValue: true, Span: t.Span(0, len(t.s))}}
	}
	var pairs []Pair
	for _, w := range words {
		key, value, has := strings.Cut(t.s[w.Start:w.End], "=")
		pairs = append(pairs, Pair{Key: key, Value: value, HasValue: has, Span: t.Span(w.Start, w.End)})
	}
	return pairs
}

// quotedWords splits s at white space outside quotes, as BuildKit's parseWords. The spans are
// offsets in s.
func quotedWords(s string, escape byte) []Span {
	var words []Span
	start, quote := -1, rune(0)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if start < 0 {
			if isSpace(r) {
				i += n
				continue
			}
			start = i
		}
		switch {
		case quote == 0 && isSpace(r):
			words = append(words, Span{start, i})
			start = -1
		case r == rune(escape) && quote != '\'' && i+n < len(s):
			i += n
			_, n = utf8.DecodeRuneInString(s[i:])
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote != 0 && r == quote:
			quote = 0
		}
		i += n
	}
	if start >= 0 {
		words = append(words, Span{start, len(s)})
	}
	return words
}
