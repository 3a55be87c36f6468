package rules

import (
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
	Severity: analysis.Notice,
	Run: func(p *analysis.Pass) {
		writes := map[*dockerfile.Instruction][]string{}
		for _, s := range p.File.Stages() {
			for i, in := range s.Instructions() {
				if in.Name == "VOLUME" {
					reportVolume(p, in, s.Instructions()[i+1:], writes)
				}
			}
		}
	},
}

// reportVolume looks for RUNs that write to the volume; writes caches the paths that each RUN writes to.
func reportVolume(p *analysis.Pass, volume *dockerfile.Instruction, later []*dockerfile.Instruction,
	writes map[*dockerfile.Instruction][]string) {
	paths := map[string]bool{}
	for _, w := range volume.Words {
		if v := volume.Expand(w.Text); v.Known && strings.HasPrefix(v.Text, "/") && len(v.Text) > 1 {
			paths[dockerfile.Join("/", v.Text)] = true
		}
	}
	if len(paths) == 0 {
		return
	}
	var runs []*dockerfile.Instruction
	first := ""
	for _, in := range later {
		if in.Name != "RUN" {
			continue
		}
		all, known := writes[in]
		if !known {
			all = written(in)
			writes[in] = all
		}
		p.File.Charge(1 + len(all))
		for _, w := range all {
			p.File.Charge(strings.Count(w, "/") * (4 + len(w)/16))
			if inVolume(w, paths) {
				runs = append(runs, in)
				if first == "" {
					first = w
				}
				break
			}
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
		f.Fix = moveBelow([]*dockerfile.Instruction{volume}, runs[len(runs)-1], "Move the VOLUME after "+
			"the steps that write to it")
	}
	p.Report(f)
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

// written lists the absolute paths to which the commands of a RUN certainly write.
func written(in *dockerfile.Instruction) []string {
	var all []string
	add := func(w dockerfile.ShellWord) {
		if w.Literal && strings.HasPrefix(w.Text, "/") && !strings.ContainsAny(w.Text, "*?[{") {
			all = append(all, dockerfile.Join("/", w.Text))
		}
	}
	for _, c := range shell.Commands(in) {
		every, ok := fileWriters[c.Name]
		if !ok {
			continue
		}
		words := shell.Read(in, c).Operands
		for i, w := range words {
			if every || i == len(words)-1 {
				add(w.ShellWord)
			}
		}
	}
	if in.Script == nil || in.Script.File == nil || !strings.Contains(in.Script.Text.String(), ">") {
		return all
	}
	in.Script.Walk(func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && (r.Op == syntax.RdrOut || r.Op == syntax.AppOut) {
			text, literal := dockerfile.Literal(r.Word)
			add(dockerfile.ShellWord{Text: text, Literal: literal})
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
