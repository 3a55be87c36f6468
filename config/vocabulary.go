package config

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/dfbot/dfbot/review/analysis"
)

// vocabulary is the rules that a file may name.
type vocabulary []*analysis.Rule

// named gives the rules that a word of the file means: the rule of that name, or else all that have it as an alias.
func (v vocabulary) named(word string) []*analysis.Rule {
	var aliased []*analysis.Rule
	for _, r := range v {
		if r.Name == word {
			return []*analysis.Rule{r}
		}
		if slices.Contains(r.Aliases, word) {
			aliased = append(aliased, r)
		}
	}
	return aliased
}

// words are all names and aliases, sorted, each once.
func (v vocabulary) words() []string {
	var all []string
	for _, r := range v {
		all = append(append(all, r.Name), r.Aliases...)
	}
	slices.Sort(all)
	return slices.Compact(all)
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
