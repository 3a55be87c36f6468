package dockerfile

import (
	"sort"

	"mvdan.cc/sh/v3/syntax"
)

// What rules walk over is reached by methods that charge f.Work for all of it: a loop costs what it can look at, so a
// loop in a loop costs the square, and the authors of rules need not think of that.

// Charge charges f.Work.
func (f *File) Charge(units int) { f.Work.Charge(units) }

// Instructions lists the instructions in the order of the file; an ONBUILD holds its trigger itself. The list is the
// file's own.
func (f *File) Instructions() []*Instruction {
	f.Work.Charge(len(f.instructions))
	return f.instructions
}

// Stages lists the stages in the order of the file. The list is the file's own.
func (f *File) Stages() []*Stage {
	f.Work.Charge(len(f.stages))
	return f.stages
}

// Comments lists the comments in the order of the file. The list is the file's own.
func (f *File) Comments() []CommentLine {
	f.Work.Charge(len(f.comments))
	return f.comments
}

// Instructions lists the instructions after the stage's FROM. The list is the stage's own.
func (s *Stage) Instructions() []*Instruction {
	s.From.file.Work.Charge(len(s.instructions))
	return s.instructions
}

// Commands lists every simple command in the code, in the order of the source. The list is the script's own.
func (s *Script) Commands() []*Command {
	s.file.Work.Charge(4 * len(s.commands))
	return s.commands
}

// Stmts lists the statements of the code, which has to be parsed. They may be trees of any size; what it charges is for
// all of them. The list is the script's own.
func (s *Script) Stmts() []*syntax.Stmt {
	s.file.Work.Charge(len(s.Text.s) / 4)
	return s.File.Stmts
}

// Walk calls visit for the nodes of the code, which has to be parsed, as syntax.Walk does.
func (s *Script) Walk(visit func(syntax.Node) bool) {
	s.file.Work.Charge(len(s.Text.s))
	syntax.Walk(s.File, visit)
}

// At returns the instruction that has the 1-based line; nil where none has.
func (f *File) At(line int) *Instruction {
	i := sort.Search(len(f.instructions), func(i int) bool {
		_, last := f.instructions[i].Lines()
		return last >= line
	})
	if i == len(f.instructions) {
		return nil
	}
	if first, _ := f.instructions[i].Lines(); first > line {
		return nil
	}
	return f.instructions[i]
}

// InstructionCount is how many instructions the file has.
func (f *File) InstructionCount() int { return len(f.instructions) }

// StageCount is how many stages the file has.
func (f *File) StageCount() int { return len(f.stages) }
