package analysis

import (
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/secrets"
)

// Setting is where a diagnostic is, in texts of which some stay the same when the file is edited. Layout does not
// count, and credentials are masked. All are empty where the diagnostic is in no instruction, or the file does not
// parse.
type Setting struct {
	Keyword       string // of its instruction, in capitals
	Text          string // flags and arguments of its instruction
	Stage         string // the name of its stage; empty where it has none
	Before, After string // the instructions before and after its own; empty at the ends of the file
}

// Settings gives the setting of each of the diagnostics, which are of r.
func (r *Result) Settings(ds []Diagnostic) []Setting {
	all := make([]Setting, len(ds))
	if len(ds) == 0 || !r.parsed {
		return all
	}
	if r.expand() {
		defer r.Shrink()
	}
	ins := r.Unit.File.Instructions()
	at := map[int]int{} // the index of the instruction that begins on a line
	for i, in := range ins {
		at[r.Unit.File.Line(in.Span.Start)] = i
	}
	texts := map[int]string{}
	text := func(i int) string {
		if i < 0 || i >= len(ins) {
			return ""
		}
		if _, ok := texts[i]; !ok {
			texts[i] = plain(ins[i])
		}
		return texts[i]
	}
	for k, d := range ds {
		if len(d.Related) == 0 {
			continue
		}
		if i, ok := at[d.Related[0].Line]; ok {
			keyword, rest, _ := strings.Cut(text(i), " ")
			all[k] = Setting{keyword, rest, d.stage, text(i - 1), text(i + 1)}
		}
	}
	return all
}

// plain is an instruction without layout and credentials.
func plain(in *dockerfile.Instruction) string {
	words := []string{in.Name}
	for _, f := range in.Flags {
		words = append(words, "--"+f.Name+"="+f.Value)
	}
	return secrets.Masked(strings.Join(append(words, in.Args.String()), " "))
}
