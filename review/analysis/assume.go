package analysis

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/buildcontext"
)

// Assume adds what must hold for the fix to keep the build and the image as they are, which completes "This assumes
// that ...". A safe fix is unsafe from then on.
func (x *Fix) Assume(format string, args ...any) {
	said := Say(format, args...)
	if !slices.ContainsFunc(x.Assumes, func(m Message) bool { return m.String() == said.String() }) {
		x.Assumes = append(x.Assumes, said)
	}
	x.Applicability = min(x.Applicability, Unsafe)
}

// maxAssumed is how many assumptions a sentence names; it counts the others.
const maxAssumed = 3

// Check is what to check before the fix is applied: the caveat, and one sentence with what the fix assumes. It is empty
// where there is neither.
func (x *Fix) Check() Message {
	if len(x.Assumes) == 0 {
		return x.Caveat
	}
	m := Message{}
	if !x.Caveat.Empty() {
		m = Message{x.Caveat.Format + " ", slices.Clone(x.Caveat.Args)}
	}
	shown := x.Assumes[:min(len(x.Assumes), maxAssumed)]
	var clauses []string
	for _, a := range shown {
		clauses = append(clauses, "that "+a.Format)
		m.Args = append(m.Args, a.Args...)
	}
	if more := len(x.Assumes) - len(shown); more > 0 {
		clauses = append(clauses, "%d more of the kind")
		m.Args = append(m.Args, more)
	}
	m.Format += "This assumes " + listed(clauses) + "."
	return m
}

// listed joins the clauses to a list.
func listed(clauses []string) string {
	n := len(clauses) - 1
	switch {
	case n == 0:
		return clauses[0]
	case n == 1 && !strings.Contains(clauses[0], ","):
		return clauses[0] + " and " + clauses[1]
	}
	return strings.Join(clauses[:n], ", ") + ", and " + clauses[n]
}

// assume takes back the safety of fixes that depend on what the build context holds, where it may be another one, and
// says which one they assume.
func assume(ctx *buildcontext.Context, all []Diagnostic) {
	fixes := func(d Diagnostic) bool { return d.Fix != nil && d.Fix.Applicability >= Unsafe }
	if !ctx.Known() || !slices.ContainsFunc(all, fixes) || ctx.Settled() {
		return
	}
	where, args := "the root of the repository", []any(nil)
	if ctx.Dir != "" {
		where, args = "%s", []any{ctx.Dir}
	}
	for i := range all {
		if d := &all[i]; fixes(*d) {
			fix := *d.Fix
			fix.Assumes = slices.Clone(fix.Assumes)
			fix.Assume("the build context is "+where, args...)
			d.Fix = &fix
		}
	}
}
