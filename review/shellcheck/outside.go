package shellcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/turns"
	"github.com/dfbot/dfbot/review/work"
)

// workShare is the part of a file's budget that finding the shell code in it may take.
const workShare = 8

// Look runs ShellCheck on the shell code of the unit's RUNs. It adds what it finds to u.Outside, under
// rules.ShellCheck, as far as that is said by default or u.Codes names its code, and what it could not judge to
// u.Gaps. Directives in comments of the Dockerfile are heeded by analysis; those in the code itself, in a
// heredoc, by ShellCheck, unless u.NoIgnoreComments says that nobody shall.
//
// The error is that of ctx. A nil Checks looks at nothing.
func (c *Checks) Look(ctx context.Context, u *analysis.Unit, who *turns.Asker) error {
	if c == nil || !slices.ContainsFunc(u.Rules, speaks) || u.Parse() != nil {
		return nil
	}
	var scripts []script
	switch err := u.Budget.Within(u.Budget.Left()/workShare, func() { scripts = scriptsOf(u) }); {
	case errors.Is(err, work.ErrSpent):
		u.Gaps = append(u.Gaps, analysis.Say("ShellCheck was not run: to find the shell code for it takes too much work"))
		return nil
	case err != nil:
		return err
	case len(scripts) == 0:
		return nil
	}
	if gap, ok := oversize(scripts); !ok {
		u.Gaps = append(u.Gaps, gap)
		return nil
	}
	remarks, err := c.run(ctx, who, scripts)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		u.Gaps = append(u.Gaps, gapOf(err))
		return nil
	}
	tell(u, scripts, remarks)
	return nil
}

func speaks(a analysis.Active) bool { return a.Rule == rules.ShellCheck && a.Severity != analysis.Off }

// oversize refuses what would take too long.
func oversize(scripts []script) (gap analysis.Message, ok bool) {
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

// gapOf says why there is no answer.
func gapOf(err error) analysis.Message {
	switch {
	case errors.Is(err, turns.ErrUsedUp):
		return analysis.Say("ShellCheck was not run: the other Dockerfiles of this pull request have taken all the time for it")
	case errors.Is(err, errOverran):
		return analysis.Say("ShellCheck was not run: it takes too long")
	case errors.Is(err, errMemory):
		return analysis.Say("ShellCheck was not run: it takes more than %d MB of memory", maxMemory>>20)
	case errors.Is(err, errTalks):
		return analysis.Say("ShellCheck was not run: it finds too much to be read")
	}
	return analysis.Say("ShellCheck was not run: %s", err.Error())
}

// tell adds the remarks to the unit. What is said several times of one instruction is said once, at its first
// place, with the number of the others.
func tell(u *analysis.Unit, scripts []script, remarks []remark) {
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
		start, end, ok := s.place(r)
		if !ok {
			continue
		}
		code := fmt.Sprintf("SC%04d", r.Code)
		message, why, ok := rules.ShellFinding(s.run, code, shown(s.code.Text.String()[start:end]), r.Message, u.Codes[code] != analysis.Off)
		if !ok {
			continue
		}
		key := saying{s.in, code, r.Message}
		if at, again := first[key]; again {
			more[at]++
			continue
		}
		first[key] = len(u.Outside)
		u.Outside = append(u.Outside, analysis.Outside{Rule: rules.ShellCheck, Code: code,
			Finding: analysis.Finding{Span: s.code.Text.Span(start, end), In: s.in, Because: s.by(r.Code), Message: message, Why: why}})
	}
	for at, n := range more {
		u.Outside[at].Why = elsewhere(u.Outside[at].Why, n)
	}
	if len(unread) > 0 {
		u.Gaps = append(u.Gaps, analysis.Say("ShellCheck cannot read the shell code of %d of its RUNs", len(unread)))
	}
}

// by lists what decides on the dialect in which the script is read, where the finding may be none in another: the SHELL, and for what dash does
// not know, the base image too.
func (s script) by(code int) []*dockerfile.Instruction {
	all := s.run.ShellBy()
	if all == nil && (code == 2039 || code/1000 == 3) {
		return s.run.Stage.Inherits(nil)
	}
	return all
}

// givesUp is the number of what ShellCheck says of code that it cannot read; it then says nothing else of it.
const givesUp = 1072

// elsewhere adds in how many further places the same is to be said.
func elsewhere(why analysis.Message, n int) analysis.Message {
	places := "places"
	if n == 1 {
		places = "place"
	}
	sentence := analysis.Say("The same goes for %d further "+places+" of the instruction.", n)
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
