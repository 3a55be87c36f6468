package analysis

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/turns"
	"github.com/dfbot/dfbot/review/work"
)

// Active is a rule with what the configuration says of it.
type Active struct {
	Rule     *Rule
	Severity Severity
	Options  map[string]any
}

// Unit is one Dockerfile, with all that the rules need for it.
type Unit struct {
	Path  string
	Src   []byte
	File  *dockerfile.File // Src, parsed; Run parses it where this is nil
	Rules []Active
	Today time.Time // the day on which to check what is out of date; zero: nothing is
	// Tree is the repository, from which Run works out the Context; nil if unknown.
	Tree    *buildcontext.Tree
	Context *buildcontext.Context
	// Before is the repository on the base of a pull request, with the Dockerfile among what was read; BeforePath is
	// where it is there. Nil if unknown or if the Dockerfile is new.
	Before     *buildcontext.Tree
	BeforePath string
	Programs   []Program // that are asked about Src as well
	// Codes are the severities of single codes, of programs or as in Finding.Alias; the
	// rule's counts for the others.
	Codes map[string]Severity
	// Wants returns, once all diagnostics are known and before a fix is proved, which of them are shown with their
	// fixes. Other fixes are dropped, because a proof costs as much as an analysis. Nil wants all.
	Wants func(*Result) func(Diagnostic) bool
	// NoIgnoreComments turns off ignore comments in the file.
	NoIgnoreComments bool
	// Frontends are the images that are known to be copies of Docker's own frontend, as dockerfile.Parse takes them.
	Frontends []string
	// Asker is whose turn the programs use; nil may use all.
	Asker *turns.Asker
	// Budget is what the file may cost, with its proofs and groups; nil means FileWork.
	Budget *work.Budget
	// Overlaps says which of two rules reports an instruction: the key does not, where one of the values does.
	Overlaps map[*Rule][]*Rule
	// Vocabulary is which words the fixes of a rule may change; a rule that is not there may change any.
	Vocabulary map[*Rule][]Vocabulary

	known  map[string]*string    // see texts
	was    *buildcontext.Context // as Pass.Before
	others []buildcontext.Sides  // further contexts, where builds state several
	beyond int                   // contexts beyond those
	before *dockerfile.File      // as Pass.Was
}

// With returns the unit for other bytes of the same file. No program is asked about them.
func (u Unit) With(src []byte) Unit {
	u.Src, u.File, u.Programs = src, nil, nil
	return u
}

// Parse fills in File and Context, as far as they are missing. The error is that of dockerfile.Parse, or that of
// u.Budget's Within.
func (u *Unit) Parse() error {
	var err error
	if stopped := u.Budget.Within(work.Unbounded, func() { err = u.parse() }); stopped != nil {
		return stopped
	}
	return err
}

func (u *Unit) parse() error {
	if u.File == nil {
		f, err := dockerfile.ParseWithin(u.Budget, u.Path, u.Src, u.Frontends...)
		if err != nil {
			return err
		}
		u.File = f
	}
	u.File.Work = u.Budget
	if u.Context == nil && u.Tree != nil {
		u.before = u.fileBefore()
		u.contexts()
	}
	for _, sides := range slices.Concat([]buildcontext.Sides{{Before: u.was, Now: u.Context}}, u.others) {
		sides.Now.SetWork(u.Budget)
		sides.Before.SetWork(u.Budget)
	}
	return nil
}

// contexts works out the contexts on the head and, where they are known, on the base.
func (u *Unit) contexts() {
	all, beyond := buildcontext.Each(u.Before, u.Tree, u.before, u.File)
	for i := range all {
		if !all[i].Before.Known() {
			all[i].Before = nil
		}
	}
	u.Context, u.was, u.others, u.beyond = all[0].Now, all[0].Before, all[1:], beyond
}

// fileBefore is the Dockerfile on the base; nil where it is unknown or does not parse.
func (u *Unit) fileBefore() *dockerfile.File {
	if u.Before == nil {
		return nil
	}
	src, read := u.Before.Contents[u.BeforePath]
	switch {
	case !read:
		return nil
	case u.BeforePath == u.Path && bytes.Equal(src, u.Src):
		return u.File
	}
	f, err := dockerfile.ParseWithin(u.Budget, u.BeforePath, src, u.Frontends...)
	if err != nil {
		return nil
	}
	return f
}

// Result is what Run finds in a Unit.
type Result struct {
	Unit        Unit
	Diagnostics []Diagnostic // by place, then rule name
	Gaps        []Message    // what was not reviewed, and why: one sentence each, without full stop
	Ignored     []Ignored    // by comments in the file
	TurnedOff   []Diagnostic // by single codes that the configuration turns off, while their rule is on
	Unproved    []Unproved   // fixes that failed their proof; their diagnostics have none
	Crashed     []Crash      // rules that panicked; the others have run
	Foreign     Message      // why the file is not dfbot's to review; empty, or as it follows "not reviewed: "
	Unread      Message      // which limit of dfbot's the file exceeds; empty, or as it follows "not reviewed: "
	Unsaid      []Diagnostic // what another rule reports better

	unfinished []*Rule // stopped, because they spent their budget
	more       []*Rule // have more findings than are listed
	roll       *roll   // of the diagnostics, for proofs
	parsed     bool
	placed     bool // see Placed
	cut        bool // the work ended before all rules had run
	unanswered bool // a program could not review all that it was asked about
	beside     bool // see Beside
}

// Parsed reports whether the file could be read as a Dockerfile.
func (r *Result) Parsed() bool { return r.parsed }

// Placed reports whether the rules knew what the build can see of the repository.
func (r *Result) Placed() bool { return r.placed }

// Complete reports whether the rule has found all that there is to find for it.
func (r *Result) Complete(rule *Rule) bool {
	crashed := func(c Crash) bool { return c.Rule == rule }
	return r.parsed && !r.cut && !slices.Contains(r.unfinished, rule) && !slices.Contains(r.more, rule) &&
		!slices.ContainsFunc(r.Crashed, crashed) && (rule.Program == "" || !r.unanswered)
}

// Parse returns the parsed file, also of a result that has shrunk; nil for one that cannot be parsed.
func (r *Result) Parse() *dockerfile.File {
	u := r.Unit
	u.Tree = nil
	if !r.parsed || u.Parse() != nil {
		return nil
	}
	return u.File
}

// Shrink lets go of all that can be worked out again, such as File: a result may have to wait for those of many other
// files.
func (r *Result) Shrink() {
	u := &r.Unit
	u.known = map[string]*string{}
	for _, all := range [][]Diagnostic{r.Diagnostics, r.Unsaid} {
		for _, d := range all {
			if d.text != nil {
				u.known[*d.text] = d.text
			}
		}
	}
	r.roll, u.File, u.Context, u.was, u.before, u.others = nil, nil, nil, nil, nil, nil
}

// expand works out what Shrink has let go of, and reports whether it had.
func (r *Result) expand() bool {
	return r.Unit.File == nil && r.parsed && r.Unit.Parse() == nil
}

// Ignored is a diagnostic that a comment in the Dockerfile silences.
type Ignored struct {
	Diagnostic Diagnostic
	Reason     string // what the comment gives as reason; from the pull request
}

// Unproved is a fix that was dropped.
type Unproved struct {
	Rule *Rule
	Line int // 1-based line of the diagnostic
	Err  error
}

// Crash is a rule that panicked.
type Crash struct {
	Rule  *Rule
	Value string
	Stack string
}

// DoesNotParse is the rule of the one diagnostic of a file that BuildKit refuses.
var DoesNotParse = &Rule{
	Name:     "does-not-parse",
	Doc:      "Dockerfile that BuildKit cannot parse",
	Topic:    Syntax,
	Since:    "0.1",
	Severity: Error,
	Aliases:  []string{"DL1000", "DL3043", "DL3061"}, // what hadolint finds by these, BuildKit refuses
	Run:      func(*Pass) {},                         // the parser reports it
}

// Run parses the unit, asks its programs, runs its rules and proves their fixes. The error is ctx's cause, or that of
// the context of u.Budget.
//
// The result's Gaps say what a spent budget leaves out.
func Run(ctx context.Context, u Unit) (Result, error) {
	if u.Budget == nil {
		u.Budget = work.New(ctx, FileWork)
	}
	u.known = map[string]*string{}
	res := Result{Unit: u}
	if ctx.Err() != nil {
		return res, context.Cause(ctx)
	}
	answer, err := res.Unit.ask(ctx)
	if err != nil {
		return res, err
	}
	res.Gaps, res.unanswered = answer.Gaps, len(answer.Gaps) > 0
	err = u.Budget.Within(work.Unbounded, func() { res.run(answer.Findings) })
	if errors.Is(err, work.ErrSpent) {
		res.cut = true
		res.gap(Say("only part of it was reviewed: the rest takes too much work"))
		err = nil
	}
	return res, err
}

// run is Run within the budget, with the findings of programs.
func (r *Result) run(beside []Outside) {
	u := &r.Unit
	if err := u.Parse(); err != nil {
		refusal, ok := err.(*dockerfile.Error)
		if !ok {
			u.Budget.Stop(err) // nothing is known of the file
		}
		r.refused(refusal)
		return
	}
	r.parsed, r.placed = true, u.Context != nil && u.Context.Known()
	for _, unread := range slices.Concat(unreadShell(u.File), contextGaps(u)) {
		r.gap(unread)
	}
	found := u.find(u.File)
	r.Crashed = found.crashed
	r.unfinished, r.more = found.stopped, found.capped
	r.stopped(found.stopped)
	r.capped(found.capped)
	var all []Diagnostic
	outside, off := u.outside(beside, u.File, found.texts)
	all, r.Unsaid = u.inOrder(append(found.all, outside...))
	number(all)
	r.TurnedOff, _ = u.inOrder(append(found.off, off...))
	number(r.TurnedOff)
	silence := u.silence(u.File)
	for _, d := range all {
		if ig, ok := silence.of(d); ok {
			r.Ignored = append(r.Ignored, Ignored{d, ig.Reason})
			continue
		}
		r.Diagnostics = append(r.Diagnostics, d)
	}
	r.prove()
}

// guess is what BuildKit adds about a misspelled word. Of several words that are as near it names one at random.
var guess = regexp.MustCompile(` \(did you mean [^)]*\?\)`)

// refused turns a parse error into the file's one diagnostic.
func (r *Result) refused(e *dockerfile.Error) {
	switch {
	case e.Foreign:
		r.Foreign = foreign(e)
		return
	case e.Limit:
		r.Unread = Say(e.Message)
		return
	case e.Crash:
		r.Unread = Say("a parser crashes on it, which is a bug: %s", e.Message)
		return
	}
	severity := r.Unit.Severity(DoesNotParse)
	if severity == Off {
		r.Foreign = Say("BuildKit refuses it, and %s is off", DoesNotParse.Name)
		return
	}
	line := max(e.Line, 1)
	at, before := linesAt(r.Unit.Src, line)
	why := hint(e.Message, at, before)
	if mark := conflictBefore(r.Unit.Src, line); mark > 0 {
		line, why = mark, Say("This is an unresolved merge conflict.")
	}
	place := Place{line, 1, max(e.EndLine, line), 1}
	r.Diagnostics = []Diagnostic{{
		Rule: DoesNotParse, Path: r.Unit.Path, Place: place, Related: []Place{place}, Severity: severity,
		Message:     Say("Docker cannot build this file: %s", e.Message),
		Why:         Say(strings.TrimSpace(why.Format+" Nothing else in this file was reviewed."), why.Args...),
		Subject:     hashed(guess.ReplaceAllString(e.Message, "")),
		Fingerprint: fingerprint(DoesNotParse, r.Unit.Path, guess.ReplaceAllString(e.Message, "")),
	}}
}

// Severity is the severity of a rule in this unit: its own where the unit does not name it.
func (u Unit) Severity(r *Rule) Severity {
	for _, a := range u.Rules {
		if a.Rule == r {
			return a.Severity
		}
	}
	return r.Severity
}

// foreign says why dfbot does not read a file. Except for the name of a frontend, the words are dfbot's own.
func foreign(e *dockerfile.Error) Message {
	if e.Frontend == "" {
		return Say(e.Message)
	}
	return Say("written for the frontend %s, which is neither Docker's own nor named in `files.frontends`", e.Frontend)
}

// unreadShell names the shell code of the file that is beyond dfbot's limits, so no rule has seen it.
func unreadShell(f *dockerfile.File) []Message {
	var lines []string
	for _, in := range f.Instructions() {
		if script := in.Inner().Script; script != nil && script.Unread() {
			first, _ := in.Lines()
			lines = append(lines, fmt.Sprint(first))
		}
	}
	switch n := len(lines); {
	case n == 0:
		return nil
	case n == 1:
		return []Message{Say("the shell code in line " + lines[0] +
			" is too long or too deeply nested for dfbot to read")}
	default:
		return []Message{Say("the shell code in lines " + strings.Join(lines[:min(n, 10)], ", ") +
			map[bool]string{true: " and others"}[n > 10] +
			" is too long or too deeply nested for dfbot to read")}
	}
}

// linesAt returns the 1-based line, and the last one above it that is neither empty nor a comment.
func linesAt(src []byte, line int) (at, before string) {
	lines := strings.Split(string(src), "\n")
	at = strings.TrimSpace(lines[min(line, len(lines))-1])
	for n := min(line, len(lines)) - 2; n >= 0 && before == ""; n-- {
		if text := strings.TrimSpace(lines[n]); !strings.HasPrefix(text, "#") {
			before = text
		}
	}
	return at, before
}

// brokenOff is a line that a comment keeps from continuing: an escape character joins it to the next only
// at its end.
var brokenOff = regexp.MustCompile("[\\\\`]\\s+#")

// hint is the most likely cause of BuildKit's message about the line at; before is the last line of the
// instruction above.
func hint(message, at, before string) Message {
	if strings.HasPrefix(message, "FROM requires") && strings.Contains(at, " #") {
		return Say("A comment needs its own line.")
	}
	if message == "no build stage in current context" {
		return Say("Only %s may come before the first %s.", "ARG", "FROM")
	}
	word, ok := strings.CutPrefix(message, "unknown instruction: ")
	if !ok {
		return Message{}
	}
	if strings.Contains(word, "\u00a0") {
		return Say("It contains a no-break space, which Docker does not treat as a space.")
	}
	word, _, _ = strings.Cut(word, " ")
	switch {
	case brokenOff.MatchString(before):
		return Say("A comment after the %s of the line before keeps that line from continuing.",
			brokenOff.FindString(before)[:1])
	case strings.HasPrefix(word, "&&") || strings.HasPrefix(word, "|") || strings.HasPrefix(word, "-"):
		return Say("The line before seems to lack the %s that continues it.", `\`)
	}
	return Message{}
}

// conflictMark is what git writes around the two sides of a merge that has failed.
var conflictMark = regexp.MustCompile(`(?m)^(<{7}|>{7}) `)

// conflictBefore returns the 1-based line, at or before the given one, of the last such mark; 0 where
// there is none.
func conflictBefore(src []byte, line int) int {
	lines := bytes.SplitAfterN(src, []byte("\n"), line+1)
	above := bytes.Join(lines[:min(line, len(lines))], nil)
	marks := conflictMark.FindAllIndex(above, -1)
	if len(marks) == 0 {
		return 0
	}
	return 1 + bytes.Count(above[:marks[len(marks)-1][0]], []byte("\n"))
}

// findings are what the rules find in a file.
type findings struct {
	all     []Diagnostic
	off     []Diagnostic // by codes that are turned off; at most as many as one rule may find
	crashed []Crash
	stopped []*Rule // spent what they may; what they had found by then is in all
	capped  []*Rule // found more than is in all
	texts   *texts
}

// find runs the rules.
func (u Unit) find(f *dockerfile.File) findings {
	ctx := u.Context
	if ctx == nil {
		ctx = buildcontext.Unknown()
	}
	out := findings{texts: u.texts()}
	for _, a := range u.Rules {
		if a.Severity == Off || a.Rule.Run == nil {
			continue
		}
		p := &Pass{File: f, Context: ctx, Before: u.was, Was: u.before, Today: u.Today, options: a.Options,
			codes: u.Codes, rule: a.Rule, out: &out, sev: a.Severity}
		n := len(out.all)
		ctx.Used()
		ctx.Asked()
		out.run(p)
		switch used, asked := ctx.Used(), ctx.Asked(); {
		case used && len(u.others) > 0:
			u.everywhere(p, &out, n, asked)
		case asked:
			assume(ctx, out.all[n:])
		}
	}
	return out
}

// run runs one rule.
func (out *findings) run(p *Pass) {
	n := len(out.all)
	crash, err := guard(p)
	switch {
	case crash != nil:
		out.all = out.all[:n]
		out.crashed = append(out.crashed, *crash)
	case errors.Is(err, work.ErrSpent):
		out.stopped = append(out.stopped, p.rule)
	case err != nil:
		p.File.Work.Stop(err)
	}
	if p.more {
		out.cap(p.rule)
	}
}

// cap notes that a rule has found more than is listed.
func (out *findings) cap(rule *Rule) {
	if !slices.Contains(out.capped, rule) {
		out.capped = append(out.capped, rule)
	}
}

// outside makes diagnostics of the findings of programs whose rules are on. Those whose single code is turned off are
// in off.
func (u Unit) outside(found []Outside, f *dockerfile.File, of *texts) (all, off []Diagnostic) {
	for _, o := range found {
		for _, a := range u.Rules {
			if a.Rule != o.Rule || a.Severity == Off {
				continue
			}
			d := o.diagnostic(f, a.Rule, a.Severity, of)
			d.Code = o.Code
			if severity, single := u.Codes[o.Code]; single {
				d.Severity = severity
			}
			if d.Severity == Off {
				off = append(off, d)
			} else {
				all = append(all, d)
			}
		}
	}
	return all, off
}

// inOrder sorts the diagnostics, and separates those that another rule reports better.
func (u Unit) inOrder(all []Diagnostic) (said, unsaid []Diagnostic) {
	order := make([]int, len(all)) // a Diagnostic is too large to be moved about
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := &all[i], &all[j]
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), strings.Compare(a.Rule.Name, b.Rule.Name),
			cmp.Compare(i, j))
	})
	return u.withoutOverlaps(all, order)
}

// withoutOverlaps separates what another rule reports better of the same instruction, and puts all in the order.
func (u Unit) withoutOverlaps(all []Diagnostic, order []int) (said, unsaid []Diagnostic) {
	type at struct {
		rule *Rule
		line int
	}
	speaks := map[at]bool{}
	for _, d := range all {
		if len(d.Related) > 0 {
			speaks[at{d.Rule, d.Related[0].Line}] = true
		}
	}
	for _, i := range order {
		d, silent := all[i], false
		for _, better := range u.Overlaps[d.Rule] {
			silent = silent || len(d.Related) > 0 && speaks[at{better, d.Related[0].Line}]
		}
		for _, a := range u.Rules { // a rule that goes by the code that a program has for it
			silent = silent || d.Rule.Program != "" && len(d.Related) > 0 && a.Rule != d.Rule && a.Rule.Goes(d.Code) &&
				speaks[at{a.Rule, d.Related[0].Line}]
		}
		if silent {
			unsaid = append(unsaid, d)
		} else {
			said = append(said, d)
		}
	}
	return said, unsaid
}

// guard runs one rule within its share of the work; a panic loses only that rule.
func guard(p *Pass) (crash *Crash, err error) {
	defer func() {
		if v := recover(); v != nil && v != enough {
			crash = &Crash{Rule: p.rule, Value: fmt.Sprint(v), Stack: string(debug.Stack())}
		}
	}()
	return nil, p.File.Work.Within(p.File.Work.Left()/ruleShare, func() { p.rule.Run(p) })
}
