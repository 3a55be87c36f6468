package builds

import (
	"maps"
	"slices"

	"github.com/dfbot/dfbot/config"
)

// Configured returns the builds that the configuration at the path states.
func Configured(p string, stated []config.Build) (all []Build) {
	for _, b := range stated {
		at := func(there string) int {
			if there == "" {
				return 0
			}
			return b.Line
		}
		all = append(all, Build{Dockerfile: b.Dockerfile, Context: b.Context, Target: b.Target,
			Args: pairs(b.Args, b.Line), Contexts: pairs(b.Contexts, b.Line), Origin: Origin{p, b.Line, Configuration},
			Lines: Lines{Dockerfile: b.Line, Context: at(b.Context), Target: at(b.Target)}})
	}
	return all
}

func pairs(values map[string]string, line int) (all []Pair) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, Pair{name, values[name], true, line})
	}
	return all
}
