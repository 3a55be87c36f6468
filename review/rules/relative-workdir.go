package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var relativeWorkdir = &analysis.Rule{
	Name:       "relative-workdir",
	Doc:        "Relative WORKDIR, which depends on the base image",
	Topic:      analysis.Context,
	Severity:   analysis.Warning,
	Severities: "warning, notice where only the base image sets the directory",
	Aliases:    []string{"DL3000", "WorkdirRelativePath", "DS-0009", "CKV_DOCKER_10"},
	Run: func(p *analysis.Pass) {
		said := map[*dockerfile.Stage]bool{} // the stage, or one that it is built from, sets a WORKDIR
		for _, in := range p.File.Instructions() {
			if in.Name == "FROM" && in.Stage.Parent != nil {
				said[in.Stage] = said[in.Stage.Parent]
			}
			if in.Name != "WORKDIR" || in.Stage == nil {
				continue
			}
			if !said[in.Stage] {
				reportRelativeWorkdir(p, in)
			}
			said[in.Stage] = true
		}
	},
}

func reportRelativeWorkdir(p *analysis.Pass, in *dockerfile.Instruction) {
	written := in.Args.String()
	v := in.Expand(written)
	if !v.Known { // still relative where it begins with letters
		v.Text = strings.Trim(written, `"'`)
	}
	if v.Text == "" || strings.HasPrefix(v.Text, "$") || strings.HasPrefix(v.Text, "/") ||
		strings.Contains(written, `\`) || len(v.Text) > 1 && v.Text[1] == ':' {
		return
	}
	f := analysis.Finding{
		In: in, Span: in.Args.Span(0, len(written)),
		Message: analysis.Say("%s is relative to a working directory that only the base image sets", v.Text),
		Why: analysis.Say("Another base image, or a new release of this one, can move the files and the " +
			"directory in which the container starts."),
	}
	if atRoot(in.Stage) {
		f.Message = analysis.Say("%s is relative to the base image's working directory, currently %s", v.Text, "/")
		at := in.Args.Pos(0)
		if c := p.File.Src[at]; c == '"' || c == '\'' {
			at++
		}
		end := at
		for end+1 < len(p.File.Src) && string(p.File.Src[end:end+2]) == "./" {
			end += 2
		}
		if c := p.File.Src[end]; c != '.' && c != '$' {
			f.Fix = &analysis.Fix{
				Title:         "Write the full path",
				Applicability: analysis.Safe,
				Edits:         []analysis.Edit{{Span: dockerfile.Span{Start: at, End: end}, New: "/"}},
			}
		}
	} else {
		f.AtMost = analysis.Notice // some base images are made for this
	}
	p.Report(f)
}
