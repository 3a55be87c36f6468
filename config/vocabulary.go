package config

import (
	"slices"

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
