package dockerfile

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// maxUnknownFlags is the most flags of which the BuildKit in here knows nothing, each counted once for each keyword.
const maxUnknownFlags = 20

// checkInstructions has BuildKit read the instructions. Where a syntax directive asks for a frontend of its own,
// a flag that the BuildKit in here does not know is not refused: the other one may well know it.
func (f *File) checkInstructions(ast *parser.Node) error {
	if f.Syntax != "" {
		unknown := unknownFlags{}
		for _, node := range ast.Children {
			if err := unknown.takeOut(node); err != nil {
				return err
			}
		}
		f.NewFlags = len(unknown) > 0
	}
	_, _, err := instructions.Parse(ast, silent())
	return err
}

// silent is a linter that says nothing. One must be given: without it a check directive makes BuildKit panic.
func silent() *linter.Linter { return linter.New(&linter.Config{SkipAll: true}) }

// unknownFlags are flags, by keyword and name, that the BuildKit in here does not know. BuildKit names one at a time:
// what it has named once is taken out of all instructions.
type unknownFlags map[[2]string]bool

// takeOut takes the unknown flags out of the instruction. The error is about their number.
func (u unknownFlags) takeOut(node *parser.Node) error {
	for len(node.Flags) > 0 {
		keyword := strings.ToUpper(node.Value)
		kept := node.Flags[:0]
		for _, flag := range node.Flags {
			if name, _, _ := strings.Cut(flag, "="); !u[[2]string{keyword, name}] {
				kept = append(kept, flag)
			}
		}
		node.Flags = kept
		_, err := instructions.ParseInstructionWithLinter(node, silent())
		if err == nil {
			break
		}
		rest, ok := strings.CutPrefix(asError(err).Message, "unknown flag: ")
		if !ok {
			break // of something else, which the reading of all instructions comes upon
		}
		if len(u) == maxUnknownFlags {
			return &Error{Line: node.StartLine, EndLine: node.EndLine, Limit: true,
				Message: fmt.Sprintf("dfbot does not read files with more than %d kinds of flags that it does not know",
					maxUnknownFlags)}
		}
		name, _, _ := strings.Cut(rest, " ")
		u[[2]string{keyword, name}] = true
	}
	return nil
}
