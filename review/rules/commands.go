package rules

import "github.com/dfbot/dfbot/review/dockerfile"

// commands returns the simple commands of a RUN, or of the RUN that an ONBUILD holds.
func commands(in *dockerfile.Instruction) []*dockerfile.Command {
	if in.Trigger != nil {
		in = in.Trigger
	}
	if in.Name != "RUN" || in.Script == nil {
		return nil
	}
	return in.Script.Commands()
}

// calls returns the commands of the RUN by that name, or by one of those names.
func calls(in *dockerfile.Instruction, programs ...string) []*dockerfile.Command {
	var all []*dockerfile.Command
	for _, c := range commands(in) {
		if listed(programs, c.Name) {
			all = append(all, c)
		}
	}
	return all
}

// subcommand returns the first word of the command that is no flag and no value of one of the
// valued flags; nil where there is none.
func subcommand(c *dockerfile.Command, valued ...string) *dockerfile.ShellWord {
	for i := 1; i < len(c.Words); i++ {
		w := &c.Words[i]
		switch {
		case w.Literal && listed(valued, w.Text):
			i++
		case w.Literal && len(w.Text) > 1 && w.Text[0] == '-':
		default:
			return w
		}
	}
	return nil
}
