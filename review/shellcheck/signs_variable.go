package shellcheck

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// ampersand is one that ends a command right before the next word.
var ampersand = regexp.MustCompile(`[^&<>|]&[^&>\s;)]`)

func closeAmpersand(run *dockerfile.Instruction) bool {
	return strings.Contains(run.Script.Text.String(), "&") && ampersand.MatchString(run.Script.Text.String())
}

// unset reports whether the code uses a variable of its own, which have small letters, that no one sets. It
// does not where it cannot tell: code that is read from elsewhere may set it, an image that no one has looked
// into, an ARG of another scope.
func unset(run *dockerfile.Instruction) bool { return len(unsetIn(run)) > 0 }

func surelyUnset(run *dockerfile.Instruction, words string) bool {
	return slices.Contains(unsetIn(run), strings.Trim(words, "${}"))
}

func unsetIn(run *dockerfile.Instruction) []string {
	code := run.Script.Text.String()
	if !strings.Contains(code, "$") {
		return nil
	}
	ref, ok := base(run.Stage)
	if !ok || !ref.VariablesListed() || setsUnseen(run.Script) {
		return nil
	}
	set, used := map[string]bool{}, []string{}
	run.Script.Walk(func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				set[n.Name.Value] = true
			}
		case *syntax.WordIter:
			set[n.Name.Value] = true
		case *syntax.Word:
			set[n.Lit()] = true // of read, getopts, printf -v and the like
		case *syntax.ParamExp:
			if n.Param != nil && n.Exp == nil && strings.ToLower(n.Param.Value) == n.Param.Value &&
				nameLike.MatchString(n.Param.Value) {
				used = append(used, n.Param.Value)
			}
		}
		return true
	})
	return slices.DeleteFunc(used, func(name string) bool {
		return set[name] || dockerfile.Predefined(name) ||
			declaredAnywhere(run, name)
	})
}

var nameLike = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// setsUnseen reports whether the script may set variables that it does not name.
func setsUnseen(s *dockerfile.Script) bool {
	unseen := false
	s.Walk(func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DeclClause:
			unseen = unseen || slices.ContainsFunc(n.Args, func(a *syntax.Assign) bool { return a.Name == nil })
		case *syntax.CallExpr:
			if len(n.Args) > 0 {
				switch name := n.Args[0].Lit(); name {
				case ".", "source", "eval", "":
					unseen = true
				}
			}
		}
		return !unseen
	})
	return unseen
}

// declaredAnywhere reports whether some ARG or ENV of the file has the name: arg-scope says what there is to say
// of one that does not reach here.
func declaredAnywhere(run *dockerfile.Instruction, name string) bool {
	return slices.ContainsFunc(run.File().Instructions(), func(in *dockerfile.Instruction) bool {
		in = in.Inner()
		return (in.Name == "ARG" || in.Name == "ENV") &&
			slices.ContainsFunc(in.Pairs, func(p dockerfile.Pair) bool { return p.Key == name })
	})
}
