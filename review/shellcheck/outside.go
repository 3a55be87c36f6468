package shellcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/guard"
	"github.com/dfbot/dfbot/review/turns"
	"github.com/dfbot/dfbot/review/work"
)

// workShare is the part of a file's budget that finding the shell code in it may take.
const workShare = 8

// Program is the name by which a rule says that its findings come from here.
const Program = "shellcheck"

// Check runs ShellCheck on the shell code of the unit's RUNs, if one of the unit's rules has it as its Program. It
// reports what is reported by default, or has a code that u.Codes names. analysis applies directives in comments of the
// Dockerfile; ShellCheck those in the code itself, in a heredoc, unless u.NoIgnoreComments forbids them.
//
// The error is the cause of ctx. A nil Checks checks nothing.
func (c *Checks) Check(ctx context.Context, u analysis.Unit) (analysis.Answer, error) {
	var none analysis.Answer
	rules := u.RulesOf(Program)
	if c == nil || len(rules) == 0 || u.Parse() != nil {
		return none, nil
	}
	var scripts []script
	switch err := u.Budget.Within(u.Budget.Left()/workShare, func() { scripts = scriptsOf(&u) }); {
	case errors.Is(err, work.ErrSpent):
		return gap(analysis.Say("ShellCheck was not run: finding the shell code takes too much work")), nil
	case err != nil:
		return none, err
	case len(scripts) == 0:
		return none, nil
	}
	if why, ok := oversize(scripts); !ok {
		return gap(why), nil
	}
	remarks, err := c.run(ctx, u.Asker, scripts)
	switch {
	case ctx.Err() != nil:
		return none, context.Cause(ctx)
	case err != nil:
		return gap(gapOf(err)), nil
	}
	return answerOf(u, rules[0], scripts, remarks), nil
}

func gap(why analysis.Message) analysis.Answer {
	return analysis.Answer{Gaps: []analysis.Message{why}}
}

// oversize refuses what would take too long.
func oversize(scripts []script) (why analysis.Message, ok bool) {
	size := 0
	for _, s := range scripts {
		size += len(s.code.Text.String())
	}
	switch {
	case size > MaxSize:
		return analysis.Say("ShellCheck was not run: there are more than %d KB of shell code", MaxSize>>10), false
	case len(scripts) > MaxScripts:
		return analysis.Say("ShellCheck was not run: there are more than %d RUNs with shell code", MaxScripts), false
	}
	return analysis.Message{}, true
}

// gapOf is why there is no answer.
func gapOf(err error) analysis.Message {
	switch {
	case errors.Is(err, turns.ErrUsedUp):
		return analysis.Say("ShellCheck was not run: the other Dockerfiles of this pull request used up the time for " +
			"it")
	case errors.Is(err, guard.ErrOverran):
		return analysis.Say("ShellCheck was not run: it takes too long")
	case errors.Is(err, guard.ErrMemory):
		return analysis.Say("ShellCheck was not run: it needs more than %d MB of memory", maxMemory>>20)
	case errors.Is(err, guard.ErrOutput):
		return analysis.Say("ShellCheck was not run: it reports too much")
	}
	return analysis.Say("ShellCheck was not run: %s", err.Error())
}

// answerOf makes findings of the remarks. A remark that is made several times on one instruction is one finding, at its
// first place, with the number of the others.
func answerOf(u analysis.Unit, rule *analysis.Rule, scripts []script, remarks []remark) (a analysis.Answer) {
	type saying struct {
		in            *dockerfile.Instruction
		code, message string
	}
	first, more := map[saying]int{}, map[int]int{}
	unread := map[int]bool{}
	for _, r := range remarks {
		if r.Code == givesUp {
			unread[r.script] = true
		}
		s := scripts[r.script]
		found, ok := s.finding(u, r)
		if !ok {
			continue
		}
		key := saying{s.in, r.code(), r.Message}
		if at, again := first[key]; again {
			more[at]++
			continue
		}
		first[key] = len(a.Findings)
		a.Findings = append(a.Findings, analysis.Outside{Rule: rule, Code: r.code(), Finding: found})
	}
	for at, n := range more {
		a.Findings[at].Why = elsewhere(a.Findings[at].Why, n)
	}
	if len(unread) > 0 {
		runs := map[bool]string{true: "RUN", false: "RUNs"}[len(unread) == 1]
		a.Gaps = append(a.Gaps, analysis.Say("ShellCheck could not read the shell code of %d "+runs, len(unread)))
	}
	return a
}

func (r remark) code() string { return fmt.Sprintf("SC%04d", r.Code) }

// finding makes a finding of a remark. Where ok is false there is nothing to report, or another rule of the unit has
// the code as its alias.
func (s script) finding(u analysis.Unit, r remark) (f analysis.Finding, ok bool) {
	start, end, ok := s.place(r)
	named := u.Codes[r.code()] != analysis.Off
	ours := func(a analysis.Active) bool { return a.Rule.Goes(r.code()) }
	if !ok || slices.Contains(meaningless, r.code()) || slices.ContainsFunc(u.Rules, ours) {
		return f, false
	}
	f = analysis.Finding{Span: s.code.Text.Span(start, end), In: s.in, Because: s.by(r.Code)}
	words := shown(s.code.Text.String()[start:end])
	switch c := codeNamed(r.code()); {
	case c != nil && (named || c.sure == nil || c.sure(s.run, words)):
		f.Message, f.Why = c.message(words), analysis.Say(c.why)
	case named:
		f.Message = analysis.Say("ShellCheck says: %s", r.Message)
	default:
		return f, false
	}
	return f, true
}

// by lists what decides on the dialect in which the script is read, where the finding may be none in another: the
// SHELL, and for what dash does not know, the base image too.
func (s script) by(code int) []*dockerfile.Instruction {
	all := s.run.ShellBy()
	if all == nil && (code == 2039 || code/1000 == 3) {
		return s.run.Stage.Inherits(nil)
	}
	return all
}

// givesUp is the number of what ShellCheck says of code that it cannot read; it then says nothing else of it.
const givesUp = 1072

// elsewhere adds in how many more places the same applies.
func elsewhere(why analysis.Message, n int) analysis.Message {
	places := "places"
	if n == 1 {
		places = "place"
	}
	sentence := analysis.Say("The same applies to %d more "+places+" in this instruction.", n)
	if why.Empty() {
		return sentence
	}
	return analysis.Say(why.Format+" "+sentence.Format, append(slices.Clone(why.Args), sentence.Args...)...)
}

// maxWords is how many characters of the words in question a message repeats.
const maxWords = 60

// shown is the words as a message repeats them.
func shown(words string) string {
	for i := range words {
		if i >= maxWords || words[i] == '\n' {
			return words[:i] + "…"
		}
	}
	return words
}
