package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// subcommand returns the first word of the command that is no flag and no value of one of the
// valued flags; nil where there is none.
func subcommand(c *dockerfile.Command, valued ...string) *dockerfile.ShellWord {
	for i := 1; i < len(c.Words); i++ {
		w := &c.Words[i]
		switch {
		case w.Literal && slices.Contains(valued, w.Text):
			i++
		case w.Literal && len(w.Text) > 1 && w.Text[0] == '-':
		default:
			return w
		}
	}
	return nil
}

// given lists the values that ARGs and ENVs give to words of the RUN's shell code.
func given(in *dockerfile.Instruction, words ...dockerfile.ShellWord) []dockerfile.Value {
	var all []dockerfile.Value
	for _, w := range words {
		if !w.Literal {
			all = append(all, in.Inner().Expand(in.File().Text(w.Span)))
		}
	}
	return all
}

// setBy lists the instruction that sets something, and the FROMs by which the stage has it; where it is nil, those by which the stage has
// its base image.
func setBy(s *dockerfile.Stage, set *dockerfile.Instruction) []*dockerfile.Instruction {
	if set == nil {
		return s.Inherits(nil)
	}
	return append([]*dockerfile.Instruction{set}, s.Inherits(set)...)
}

// folderBy lists the WORKDIRs on which the path depends, none for an absolute one.
func folderBy(in *dockerfile.Instruction, path string) []*dockerfile.Instruction {
	if strings.HasPrefix(path, "/") {
		return nil
	}
	return in.WorkdirBy()
}

// isFlag reports whether the word is a flag of its command.
func isFlag(w dockerfile.ShellWord) bool {
	return w.Literal && len(w.Text) > 1 && strings.HasPrefix(w.Text, "-")
}
