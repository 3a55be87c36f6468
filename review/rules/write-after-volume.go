package rules

import (
	"cmp"
	"path"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var writeAfterVolume = &analysis.Rule{
	Name:     "write-after-volume",
	Doc:      "RUN that writes to a VOLUME declared before it, which not every builder keeps",
	Topic:    analysis.Cache,
	Since:    "0.1",
	Severity: analysis.Notice,
	Run: func(p *analysis.Pass) {
		writes := runWrites{}
		for _, s := range p.File.Stages() {
			for i, in := range s.Instructions() {
				if in.Name == "VOLUME" {
					reportVolume(p, in, s.Instructions()[i+1:], writes)
				}
			}
		}
	},
}

// reportVolume looks for RUNs that write to the volume.
func reportVolume(p *analysis.Pass, volume *dockerfile.Instruction, later []*dockerfile.Instruction, writes runWrites) {
	paths := volumePaths(volume)
	if len(paths) == 0 {
		return
	}
	var runs []*dockerfile.Instruction
	first := ""
	for _, in := range later {
		if to := writes.firstIn(in, paths); to != "" {
			runs = append(runs, in)
			first = cmp.Or(first, to)
		}
	}
	if len(runs) == 0 {
		return
	}
	f := analysis.Finding{
		In: volume, Span: volume.Span, With: runs,
		Message: analysis.Say("%s comes before a step that writes to %s", volume.OneLine(), first),
		Why: analysis.Say("BuildKit keeps the files, but Docker's older builder, kaniko and older versions of " +
			"Podman discard them silently."),
	}
	if !strings.Contains(volume.Args.String(), "$") {
		f.Fix = moveBelow([]*dockerfile.Instruction{volume}, runs[len(runs)-1],
			"Move the VOLUME after the steps that write to it")
	}
	p.Report(f)
}

// volumePaths are the folders that the VOLUME declares, / left out.
func volumePaths(volume *dockerfile.Instruction) map[string]bool {
	paths := map[string]bool{}
	for _, w := range volume.Words {
		if v := volume.Expand(w.Text); v.Known && strings.HasPrefix(v.Text, "/") && len(v.Text) > 1 {
			paths[dockerfile.Join("/", v.Text)] = true
		}
	}
	return paths
}

// runWrites are the paths that RUNs write to, of those that were asked for.
type runWrites map[*dockerfile.Instruction][]string

// firstIn is the first path in one of the volumes that the instruction writes to; "" where there is none.
func (writes runWrites) firstIn(in *dockerfile.Instruction, volumes map[string]bool) string {
	if in.Name != "RUN" {
		return ""
	}
	all, known := writes[in]
	if !known {
		all = pathsWritten(in)
		writes[in] = all
	}
	in.File().Charge(1 + len(all))
	for _, p := range all {
		in.File().Charge(strings.Count(p, "/") * (4 + len(p)/16))
		if inVolume(p, volumes) {
			return p
		}
	}
	return ""
}

// inVolume reports whether the absolute path is one of the volumes or is inside one.
func inVolume(p string, volumes map[string]bool) bool {
	for p != "" && !volumes[p] {
		if p == "/" {
			return false
		}
		p = path.Dir(p)
	}
	return p != ""
}

// fileWriters are the programs that write to their operands: to all of them, or to the last.
var fileWriters = map[string]bool{
	"mkdir": true, "touch": true, "chown": true, "chmod": true, "tee": true, "rm": true,
	"cp": false, "mv": false, "ln": false, "install": false, "rsync": false,
}

// pathsWritten lists the absolute paths to which the commands of a RUN certainly write.
func pathsWritten(in *dockerfile.Instruction) []string {
	var all []string
	for _, w := range append(operandsWritten(in), redirections(in)...) {
		if w.Literal && strings.HasPrefix(w.Text, "/") && !strings.ContainsAny(w.Text, "*?[{") {
			all = append(all, dockerfile.Join("/", w.Text))
		}
	}
	return all
}

// operandsWritten are the words of commands that name a file to write.
func operandsWritten(in *dockerfile.Instruction) []dockerfile.ShellWord {
	var all []dockerfile.ShellWord
	for _, c := range shell.Commands(in) {
		every, ok := fileWriters[c.Name]
		if !ok {
			continue
		}
		words := shell.Read(in, c).Operands
		for i, w := range words {
			if every || i == len(words)-1 {
				all = append(all, w.ShellWord)
			}
		}
	}
	return all
}

// redirections are the words after > and >>.
func redirections(in *dockerfile.Instruction) []dockerfile.ShellWord {
	s := shell.Script(in)
	if s == nil || !strings.Contains(s.Text.String(), ">") {
		return nil
	}
	var all []dockerfile.ShellWord
	s.Walk(func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && (r.Op == syntax.RdrOut || r.Op == syntax.AppOut) {
			text, literal := dockerfile.Literal(r.Word)
			all = append(all, dockerfile.ShellWord{Text: text, Literal: literal})
		}
		return true
	})
	return all
}

// moveBelow moves instructions that only set metadata below another one of their stage.
func moveBelow(all []*dockerfile.Instruction, last *dockerfile.Instruction, title string) *analysis.Fix {
	fix := edit.MoveBelow(all, last)
	fix.Title, fix.Applicability = title, analysis.Safe
	return fix
}
