package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

// segment returns the RUNs from the one that fetches the supply to the last that installs from it,
// if they follow each other with nothing in between; nil for any other.
func (s *supply) segment() []*dockerfile.Instruction {
	runs := []*dockerfile.Instruction{s.run}
	for _, call := range s.later {
		last := runs[len(runs)-1]
		if call.in == last {
			continue
		}
		if call.in.Index != last.Index+1 || call.in.Stage != last.Stage || call.in.Trigger != nil {
			return nil
		}
		runs = append(runs, call.in)
	}
	return runs
}

// emptying is the command that empties the supply's folders at the end of a RUN.
func (s *supply) emptying() string {
	call := s.made[len(s.made)-1]
	command := call.cmd.Name + " clean all"
	switch s.pm {
	case ecosystem.Apt:
		command = "rm -rf /var/lib/apt/lists/*"
	case ecosystem.Zypper:
		command = "zypper clean --all"
	}
	if slices.Contains(call.cmd.Wrapper, "sudo") {
		command = "sudo " + command
	}
	return command
}

// keepNone fixes a supply that stays in the image: its folders are emptied where the last RUN that needs them
// ends. RUNs are joined for it where more than one needs them. It is nil where that cannot be done.
func (s *supply) keepNone(j *edit.Layout) *analysis.Fix {
	fix := s.together(j)
	if fix == nil {
		return nil
	}
	runs := s.segment()
	part := j.AppendCommand(runs[len(runs)-1], s.emptying(), nil)
	if part == nil {
		return nil
	}
	edit.Add(fix, part)
	if len(runs) > 1 {
		fix.Adds = append(fix.Adds, analysis.AddedCommand(s.run.Stage.Index, s.emptying()))
	}
	s.assume(fix)
	return fix
}

// together joins the RUNs of the segment. The fix is empty where it is only one, nil where they
// cannot be joined.
func (s *supply) together(j *edit.Layout) *analysis.Fix {
	runs := s.segment()
	if len(runs) == 1 {
		return &analysis.Fix{Applicability: analysis.Safe}
	}
	return joinedRuns(j, runs)
}

// assume takes the trust out of a fix that empties the folders before later steps: no list of programs tells all that
// may call the package manager, or read what it keeps.
func (s *supply) assume(fix *analysis.Fix) {
	fix.Applicability = analysis.Unsafe
	fix.Assume("no later step or script needs what %s has cached", s.made[0].cmd.Name)
}

// fixLate fixes a cleaning that comes too late: the RUNs become one, or the cleaning moves to the
// RUNs that fill the folders. It is nil where neither can be done.
func fixLate(j *edit.Layout, c *cleaning, of []*supply) *analysis.Fix {
	if c.in.Trigger != nil {
		return nil
	}
	older, last := of[:len(of)-1], of[len(of)-1]
	fix := last.joinCleaning(j)
	if fix == nil {
		fix = last.takeOut()
		if fix == nil {
			return nil
		}
		comments := edit.TakeComments(c.in.File(), fix)
		if !last.cleanAtOnce(j, fix, last.cleaningCommand(), comments) {
			return nil
		}
	}
	fix.Title = "Clean up in the RUN that creates the files"
	for _, s := range older {
		if !s.cleanAtOnce(j, fix, s.emptying(), nil) {
			return nil
		}
	}
	return fix
}

// cleanAtOnce appends a cleaning to the RUN that makes the supply. It reports false where later
// RUNs need the supply or the command cannot be appended.
func (s *supply) cleanAtOnce(j *edit.Layout, fix *analysis.Fix, command string, comments []string) bool {
	if len(s.later) > 0 || s.run.Trigger != nil {
		return false
	}
	part := j.AppendCommand(s.run, command, comments)
	if part == nil {
		return false
	}
	edit.Add(fix, part)
	if fix.Effect == analysis.Join {
		fix.Adds = append(fix.Adds, analysis.AddedCommand(s.run.Stage.Index, command))
	}
	s.assume(fix)
	return true
}

// joinCleaning makes one RUN of those that need the supply and the one that cleans, where they
// follow each other and the latter does nothing else; nil where that is not so.
func (s *supply) joinCleaning(j *edit.Layout) *analysis.Fix {
	runs := s.segment()
	if runs == nil || s.run.Trigger != nil {
		return nil
	}
	if last := runs[len(runs)-1]; last != s.late.in {
		if !s.onlyCleans(s.late.in) || s.late.in.Index != last.Index+1 || s.late.in.Stage != last.Stage {
			return nil
		}
		runs = append(runs, s.late.in)
	}
	return joinedRuns(j, runs)
}

// joinedRuns joins the RUNs; nil where they cannot be joined.
func joinedRuns(j *edit.Layout, runs []*dockerfile.Instruction) *analysis.Fix {
	fix := j.JoinRuns(runs)
	if fix != nil {
		fix.Applicability = analysis.Safe
	}
	return fix
}

// onlyCleans reports whether a RUN does nothing but clean up after package managers.
func (s *supply) onlyCleans(in *dockerfile.Instruction) bool {
	if !edit.Joinable(in) {
		return false
	}
	for _, st := range in.Script.Chain() {
		c := in.Script.Command(st)
		if c == nil || strings.ContainsAny(in.File().Text(c.Span), `#"'$`) || len(st.Redirs) > 0 ||
			!emptiesLists(s.pm, in, c) && !archiveCleaning(in, c) || c.Name == "rm" && len(s.others(in, c)) > 0 {
			return false
		}
	}
	return true
}

// archiveCleaning reports whether the command is one that removes packages that apt has downloaded.
func archiveCleaning(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if !slices.Contains(ecosystem.Apt.Programs, c.Name) {
		return false
	}
	return slices.Contains([]string{"clean", "autoclean", "auto-clean"}, readSystem(ecosystem.Apt, in, c).Sub.Text)
}

// others returns the operands of an rm that are outside the folders.
func (s *supply) others(in *dockerfile.Instruction, c *dockerfile.Command) []shell.Word {
	call := shell.Read(in, c)
	return slices.DeleteFunc(call.Operands, func(w shell.Word) bool {
		return w.Literal && !strings.Contains(w.Text, "{") && s.pm.Holds(w.Text)
	})
}

// cleaningCommand is what the late cleaning does, for another RUN: all of it where it does nothing
// but clean, else what empties the folders.
func (s *supply) cleaningCommand() string {
	if !s.onlyCleans(s.late.in) {
		return s.emptying()
	}
	var all []string
	for _, st := range s.late.in.Script.Chain() {
		all = append(all, flat(s.late.in.File().Text(s.late.in.Script.Span(st))))
	}
	return strings.Join(all, " && ")
}

// takeOut removes the late cleaning: the RUN where it does nothing else, the command, or of an rm with other operands,
// those in the folders. It is nil where it cannot be done.
func (s *supply) takeOut() *analysis.Fix {
	c := s.late
	if s.onlyCleans(c.in) {
		return edit.DropInstruction(c.in)
	}
	if fix := s.withoutOperands(); fix != nil {
		return fix
	}
	links := shell.Links(c.in.Script)
	if len(c.in.Script.Commands()) == 1 && len(links) == 1 {
		return nil // it does more than clean
	}
	if n := len(links); n > 1 && c.in.Script.Command(links[n-1]) == c.cmd && ofShell(c.in, links[n-2]) {
		return nil // what is left would have no effect
	}
	return edit.DropCommand(c.in, c.cmd)
}

// withoutOperands takes the operands that are in the folders out of an rm that has others; nil
// where it is not such an rm.
func (s *supply) withoutOperands() *analysis.Fix {
	c := s.late.cmd
	if c.Name != "rm" || len(s.others(s.late.in, c)) == 0 {
		return nil
	}
	var parts []*analysis.Fix
	for _, w := range shell.Read(s.late.in, c).Operands {
		if w.Literal && s.pm.Holds(w.Text) {
			parts = append(parts, edit.DropWords(s.run.File(), c, w.At, w.At))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return edit.All(parts...)
}
