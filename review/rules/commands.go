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
	return in.Script.Commands
}
