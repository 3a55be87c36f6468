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
	Since:      "0.1",
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
	to := relativePath(in)
	if to == "" {
		return
	}
	f := analysis.Finding{
		In: in, Span: in.Args.Span(0, len(written)),
		Message: analysis.Say("%s is relative to a working directory that only the base image sets", to),
		Why: analysis.Say("Another base image, or a new release of this one, can move the files and the " +
			"directory in which the container starts."),
	}
	if atRoot(in.Stage) {
		f.Message = analysis.Say("%s is relative to the base image's working directory, currently %s", to, "/")
		f.Fix = fullPath(p.File, in.Args.Pos(0))
	} else {
		f.AtMost = analysis.Notice // some base images are made for this
	}
	p.Report(f)
}

// relativePath is the folder of a WORKDIR where it is certainly relative; "" for any other.
func relativePath(in *dockerfile.Instruction) string {
	written := in.Args.String()
	v := in.Expand(written)
	if !v.Known { // still relative where it begins with letters
		v.Text = strings.Trim(written, `"'`)
	}
	if strings.HasPrefix(v.Text, "$") || strings.HasPrefix(v.Text, "/") ||
		strings.Contains(written, `\`) || len(v.Text) > 1 && v.Text[1] == ':' {
		return ""
	}
	return v.Text
}

// fullPath begins the path at the offset with a slash; nil where a variable or a dot comes first.
func fullPath(f *dockerfile.File, at int) *analysis.Fix {
	if c := f.Src[at]; c == '"' || c == '\'' {
		at++
	}
	end := at
	for strings.HasPrefix(string(f.Src[end:min(end+2, len(f.Src))]), "./") {
		end += 2
	}
	if c := f.Src[end]; c == '.' || c == '$' {
		return nil
	}
	return &analysis.Fix{
		Title:         "Write the full path",
		Applicability: analysis.Safe,
		Edits:         []analysis.Edit{{Span: dockerfile.Span{Start: at, End: end}, New: "/"}},
	}
}
