package analysis

import (
	"context"
	"slices"
	"strings"
)

// Program asks a program beside the rules, such as ShellCheck, what it finds in a unit. It finds the rules under which
// its findings are reported in the unit: those that name it. The error is the cause of ctx.
type Program func(ctx context.Context, u Unit) (Answer, error)

// Answer is what a program finds in a unit.
type Answer struct {
	Findings []Outside
	Gaps     []Message // what it could not review, and why: one sentence each, without full stop
}

// Outside is a finding of a program. Run gives it severity and fingerprint, groups it with the findings of rules, and
// applies directives to it. No fix is proved against it: no one asks the program again.
type Outside struct {
	Finding
	Rule *Rule  // under which it is reported
	Code string // what the program itself calls it, such as SC2086: directives may name it too
}

// RulesOf returns the rules of the unit that are on and whose findings the program makes.
func (u Unit) RulesOf(program string) []*Rule {
	var all []*Rule
	for _, a := range u.Rules {
		if a.Rule.Program == program && a.Severity != Off {
			all = append(all, a.Rule)
		}
	}
	return all
}

// Goes reports whether the rule goes by the name or, with another tool's code, by the alias.
func (r *Rule) Goes(name string) bool {
	same := func(alias string) bool { return strings.EqualFold(alias, name) }
	return same(r.Name) || slices.ContainsFunc(r.Aliases, same)
}

// ask asks the unit's programs. A file that does not parse is left to the parser.
func (u *Unit) ask(ctx context.Context) (all Answer, err error) {
	if len(u.Programs) == 0 || u.Parse() != nil {
		return Answer{}, nil
	}
	for _, program := range u.Programs {
		a, err := program(ctx, *u)
		if err != nil {
			return Answer{}, err
		}
		all.Findings, all.Gaps = append(all.Findings, a.Findings...), append(all.Gaps, a.Gaps...)
	}
	return all, nil
}
