package buildcontext

import "github.com/dfbot/dfbot/review/work"

// Matcher returns what reports whether patterns of an ignore file match a path, relative to the folder that they are
// for, or hide it. It is to be asked in the order of a walk, folders before what is in them, and may be asked of both.
// It charges the budget. The error says that a pattern is malformed or that there are too many.
func Matcher(budget *work.Budget, lines []string) (func(path string) bool, error) {
	all, err := compilePatterns(lines)
	if err != nil {
		return nil, err
	}
	w, charged := all.walk(), 0
	return func(path string) bool {
		hidden := w.ignored(path)
		budget.Charge(w.cost - charged)
		charged = w.cost
		return hidden
	}, nil
}
