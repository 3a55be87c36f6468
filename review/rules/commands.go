package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

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
