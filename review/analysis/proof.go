package analysis

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/work"
)

// Why a fix was dropped. Every error of a proof wraps one of these.
var (
	ErrEdits   = errors.New("its edits are not disjoint places inside the file")
	ErrNothing = errors.New("it changes nothing")
	ErrStyle   = errors.New("it breaks the file's style")
	ErrParse   = errors.New("its result does not parse")
	ErrStill   = errors.New("its rule still finds the mistake in the result")
	ErrNew     = errors.New("the result has a mistake that was not there")
	ErrEffect  = errors.New("it changes more than it says")
	ErrComment = errors.New("it takes a comment away, or changes what one silences, and does not say so")
)

// Apply makes the edits to src. It returns ErrEdits, wrapped, unless they are disjoint and inside.
// Whole words and whole lines may be inserted in one place, in the order of the edits.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	edits = append([]Edit(nil), edits...)
	sort.SliceStable(edits, func(i, j int) bool {
		a, b := edits[i].Span, edits[j].Span
		return a.Start < b.Start || a.Start == b.Start && a.Len() == 0 && b.Len() > 0
	})
	var out bytes.Buffer
	at := 0
	for i, e := range edits {
		if e.Span.Start < at || e.Span.End < e.Span.Start || e.Span.End > len(src) {
			return nil, fmt.Errorf("edit of bytes %d to %d: %w", e.Span.Start, e.Span.End, ErrEdits)
		}
		if i > 0 && e.Span == edits[i-1].Span && e.Span.Len() == 0 && !(apart(e.New) && apart(edits[i-1].New)) {
			return nil, fmt.Errorf("two insertions at byte %d: %w", e.Span.Start, ErrEdits)
		}
		out.Write(src[at:e.Span.Start])
		out.WriteString(e.New)
		at = e.Span.End
	}
	out.Write(src[at:])
	return out.Bytes(), nil
}

// apart reports whether an inserted text stays separate from another before or after it: words after a blank, or whole
// lines.
func apart(text string) bool {
	return strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t") || strings.HasSuffix(text, "\n")
}

// ErrBudget says that the file is too large for all of its fixes to be proved.
var ErrBudget = errors.New("the file is too large to prove all of its fixes")

// NoFixes is what a Unit wants of which no fix is shown.
func NoFixes(*Result) func(Diagnostic) bool { return func(Diagnostic) bool { return false } }

// prove drops the fixes that are not wanted and those that fail their proof. It leaves half of the budget for the
// proofs of combined fixes.
func (r *Result) prove() {
	wants := func(Diagnostic) bool { return true }
	if r.Unit.Wants != nil && slices.ContainsFunc(r.Diagnostics, func(d Diagnostic) bool { return d.Fix != nil }) {
		wants = r.Unit.Wants(r)
	}
	budget := r.Unit.Budget.Left() / 2
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		if d.Fix == nil {
			continue
		}
		if !wants(*d) {
			d.Fix = nil
			continue
		}
		before := r.Unit.Budget.Used()
		if err := r.proveFix(budget, d); err != nil {
			r.Unproved = append(r.Unproved, Unproved{d.Rule, d.Place.Line, err})
			d.Fix = nil
		}
		budget -= r.Unit.Budget.Used() - before
	}
}

// proveFix proves the fix of a diagnostic within so many units of work. A sketch needs no proof.
func (r *Result) proveFix(units int, d *Diagnostic) error {
	switch {
	case len(d.Fix.Edits) > maxEdits:
		return ErrBudget
	case d.Sketched():
		return nil
	}
	_, err := r.proveWithin(units, d.Fix.proposal(d))
	return err
}

// proveWithin is Prove for at most so many units of work. Nothing can be proved if a rule did not finish the file
// itself, and no fix of a rule with more findings than are listed: the next of them would count as new.
func (r *Result) proveWithin(units int, c Proposal) (after []byte, err error) {
	unlisted := func(d *Diagnostic) bool { return slices.Contains(r.more, d.Rule) }
	if units <= 0 || r.Unit.File == nil || len(r.unfinished) > 0 || slices.ContainsFunc(c.Fixed, unlisted) {
		return nil, ErrBudget
	}
	switch stopped := r.Unit.Budget.Within(units, func() { after, err = r.proof(c) }); {
	case errors.Is(stopped, work.ErrSpent):
		return nil, ErrBudget
	case stopped != nil:
		r.Unit.Budget.Stop(stopped)
		return nil, stopped
	}
	return after, err
}

// Proposal is what is proved at once: the edits of one fix, or of several together.
type Proposal struct {
	Edits  []Edit
	Effect Effect
	Fixed  []*Diagnostic

	inPlace Fix // the fixes that move nothing, as one
	adds    []Addition
	drops   []dockerfile.Span

	comments []dockerfile.Span // that go
}

// change is the fix as the only one.
func (fix Fix) proposal(d *Diagnostic) Proposal { return Proposal{}.and(fix, d) }

// and returns the change with a further fix in it.
func (c Proposal) and(fix Fix, d *Diagnostic) Proposal {
	out := Proposal{Effect: c.Effect.and(fix.Effect)}
	out.Edits, out.comments = union(c.Edits, fix.Edits), union(c.comments, fix.Comments)
	out.Fixed = append(append(out.Fixed, c.Fixed...), d)
	out.inPlace, out.adds, out.drops = c.inPlace.and(Fix{}), c.adds, c.drops
	if fix.Effect == InPlace {
		out.inPlace = c.inPlace.and(fix)
		return out
	}
	out.adds, out.drops = c.adds, c.drops
	if len(out.Edits) > len(c.Edits) { // else all of it is in the change already
		out.adds = append(append([]Addition(nil), c.adds...), fix.Adds...)
		out.drops = union(c.drops, fix.Drops)
	}
	return out
}

// and is the effect of two fixes together.
func (e Effect) and(other Effect) Effect {
	if min(e, other) == Join && max(e, other) == Reorder {
		return Split // neither of the two allows what the other does
	}
	return max(e, other)
}

// union joins two lists without duplicates: two fixes may begin with the same step.
func union[T comparable](a, b []T) []T {
	all := slices.Clone(a)
	if len(a) == 0 || len(b) == 0 {
		return append(all, b...)
	}
	there := make(map[T]bool, len(a))
	for _, x := range a {
		there[x] = true
	}
	for _, x := range b {
		if !there[x] {
			all = append(all, x)
		}
	}
	return all
}

// and joins what two fixes edit, add and drop.
func (fix Fix) and(other Fix) Fix {
	return Fix{
		Edits: union(fix.Edits, other.Edits),
		Adds:  append(append([]Addition(nil), fix.Adds...), other.Adds...),
		Drops: union(fix.Drops, other.Drops),
	}
}

// ProveFix is Prove for the fix, as if it were that of the diagnostic.
func (r *Result) ProveFix(d *Diagnostic, fix Fix) ([]byte, error) { return r.Prove(fix.proposal(d)) }

// Prove checks a proposal for r's file: its edits are disjoint and keep the file's style, the result parses, the fixed
// diagnostics are gone, nothing new is found, and the result differs from the file only as the effect says, and in
// words that the rules may change. It returns the result.
func (r *Result) Prove(c Proposal) ([]byte, error) { return r.proveWithin(work.Unbounded, c) }

func (r *Result) proof(c Proposal) ([]byte, error) {
	each := effectCost + len(c.Edits) + len(c.drops)
	r.Unit.File.Charge(applyCost*len(r.Unit.Src) + each*r.Unit.File.InstructionCount())
	after, err := Apply(r.Unit.Src, c.Edits)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(after, r.Unit.Src) {
		return nil, ErrNothing
	}
	if err := keepsStyle(r.Unit.File, after); err != nil {
		return nil, err
	}
	f, err := r.Unit.File.Reparse(after)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrParse, err)
	}
	if err := keepsShellCode(r.Unit.File, f); err != nil {
		return nil, err
	}
	if err := keepsComments(r.Unit.File, f, c.comments); err != nil {
		return nil, err
	}
	if err := r.keepsEffect(f, c); err != nil {
		return nil, err
	}
	if err := r.keepsVocabulary(f, c); err != nil {
		return nil, err
	}
	return after, r.compare(f, c)
}

// keepsShellCode checks that a shell can read as much of the new file as of the old one.
func keepsShellCode(old, new *dockerfile.File) error {
	before, _ := unreadable(old)
	if after, err := unreadable(new); after > before {
		return fmt.Errorf("%w: its shell code: %v", ErrParse, err)
	}
	return nil
}

// unreadable counts the instructions whose shell code does not parse, and says why the last does not.
func unreadable(f *dockerfile.File) (n int, why error) {
	for _, in := range f.Instructions() {
		in = in.Inner()
		if in.Script != nil && in.Script.Err != nil {
			n, why = n+1, in.Script.Err
		}
	}
	return n, why
}

// compare runs the rules on the fixed file: the fixed diagnostics must be gone, and there must be no new ones, except
// those of rules that yield to the fixed ones.
func (r *Result) compare(f *dockerfile.File, c Proposal) error {
	rules := map[*Rule]bool{}
	gone := map[string]bool{}
	for _, d := range c.Fixed {
		rules[d.Rule] = true
		gone[d.Fingerprint] = true
	}
	old := r.ledger(gone, c.Edits)
	u := r.Unit
	u.Src = f.Src
	found := u.find(f)
	if len(found.stopped) > 0 {
		return ErrBudget
	}
	if len(found.crashed) > len(r.Crashed) {
		return fmt.Errorf("%w: rule %s crashes on it", ErrNew, found.crashed[0].Rule.Name)
	}
	silence, silenced := u.silence(f), r.silenced()
	said, _ := u.inOrder(found.all)
	for _, d := range said {
		if _, ok := silence.of(d); ok {
			if silenced[d.Rule]--; silenced[d.Rule] < 0 && old.crossOff(d) {
				return fmt.Errorf("%w: line %d is silenced now: %s", ErrComment, d.Place.Line, d.Message)
			}
			continue
		}
		if old.crossOff(d) || d.Rule.Yields && !rules[d.Rule] {
			continue
		}
		if rules[d.Rule] {
			return fmt.Errorf("%w: line %d: %s", ErrStill, d.Place.Line, d.Message)
		}
		return fmt.Errorf("%w: %s: line %d: %s", ErrNew, d.Rule.Name, d.Place.Line, d.Message)
	}
	return nil
}

// silenced counts the diagnostics of each rule that comments silence.
func (r *Result) silenced() map[*Rule]int {
	n := map[*Rule]int{}
	for _, g := range r.Ignored {
		n[g.Diagnostic.Rule]++
	}
	return n
}

// keepsStyle holds the result to the author's line endings, final newline and byte order mark.
func keepsStyle(f *dockerfile.File, after []byte) error {
	src := f.Src
	lf := func(b []byte) int { return bytes.Count(b, []byte("\n")) - bytes.Count(b, []byte("\r\n")) }
	crlf := func(b []byte) int { return bytes.Count(b, []byte("\r\n")) }
	if f.EOL() == "\r\n" && lf(after) > lf(src) || f.EOL() == "\n" && crlf(after) > crlf(src) {
		return fmt.Errorf("%w: line endings", ErrStyle)
	}
	if bytes.HasSuffix(src, []byte("\n")) != bytes.HasSuffix(after, []byte("\n")) {
		return fmt.Errorf("%w: final newline", ErrStyle)
	}
	if trailing(after) > trailing(src) {
		return fmt.Errorf("%w: blanks at the end of a line", ErrStyle)
	}
	return nil
}

// trailing counts the lines that end in a blank.
func trailing(b []byte) int {
	n := 0
	for _, eol := range []string{" \n", "\t\n", " \r\n", "\t\r\n"} {
		n += bytes.Count(b, []byte(eol))
	}
	if len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		n++
	}
	return n
}
