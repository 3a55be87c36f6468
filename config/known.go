package config

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Known is what a configuration may name: the rules and their options.
type Known struct {
	Rules []KnownRule
}

// KnownRule is one rule.
type KnownRule struct {
	Name     string
	Doc      string   // one line: what is wrong
	Severity Severity // its own, when the file says nothing
	Aliases  []string // codes by which people know it elsewhere; several rules may share one
	Options  []KnownOption
}

// KnownOption is one setting of a rule.
type KnownOption struct {
	Name    string
	Doc     string // one line: what it does
	Type    OptionType
	Enum    []string // for OptionString and OptionStrings: the only values, if not empty
	Default any      // for the schema: a bool, int, string or []string; nil is none
}

// OptionType says which values an option takes.
type OptionType int

// The types of options, each with its Go type in Rule.Options.
const (
	OptionBool    OptionType = iota // bool
	OptionInt                       // int
	OptionString                    // string
	OptionStrings                   // []string
)

// named gives the rules that a word of the file means: the rule of that name,
// else all that have it as an alias.
func (k Known) named(word string) []KnownRule {
	for _, r := range k.Rules {
		if r.Name == word {
			return []KnownRule{r}
		}
	}
	var rules []KnownRule
	for _, r := range k.Rules {
		if slices.Contains(r.Aliases, word) {
			rules = append(rules, r)
		}
	}
	return rules
}

// words are all names and aliases, sorted, each once.
func (k Known) words() []string {
	var words []string
	for _, r := range k.Rules {
		words = append(words, r.Name)
		words = append(words, r.Aliases...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// maxWord bounds what is compared with known names, since a comparison takes
// time with the product of both lengths.
const maxWord = 64

// nearest is the candidate closest to word, or empty where none is close
// enough to have been meant: at most a third of the word may differ, or one is
// the other cut short. Of several as close the first counts.
func nearest(word string, candidates []string) string {
	if len(word) > maxWord {
		return ""
	}
	best, least := "", max(len(word)/3, 1)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

func distance(a, b string) int {
	if min(len(a), len(b)) >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
		return min(1, max(len(a), len(b))-min(len(a), len(b)))
	}
	return levenshtein.Distance(a, b, nil)
}
