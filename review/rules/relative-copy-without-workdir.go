package rules

import (
	"path"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var relativeCopyWithoutWorkdir = &analysis.Rule{
	Name:       "relative-copy-without-workdir",
	Doc:        "COPY to a relative path without a WORKDIR",
	Topic:      analysis.Context,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice in a build stage and where only the base image sets the directory",
	Aliases:    []string{"DL3045"},
	Run: func(p *analysis.Pass) {
		said := map[*dockerfile.Stage]bool{}
		for _, in := range p.File.Instructions() {
			if in.Name == "FROM" && in.Stage.Parent != nil {
				said[in.Stage] = said[in.Stage.Parent]
			}
			if in.Name == "WORKDIR" {
				said[in.Stage] = true
			}
			if c := copyIn(in); c != nil && in.Trigger == nil && in.Stage != nil && !said[in.Stage] &&
				relativeTarget(c) {
				said[in.Stage] = true // once is enough
				reportRelativeCopy(p, c)
			}
		}
	},
}

func relativeTarget(in *dockerfile.Instruction) bool {
	to := lastWord(in)
	v := in.Expand(to.Text)
	return v.Known && v.Text != "" && !path.IsAbs(v.Text) && !windowsPath(to) && !onDrive(v.Text) &&
		in.File().Escape != '`' && in.Stage.Root().Image.Text != "scratch"
}

// onDrive reports whether the path begins with the drive of a Windows system.
func onDrive(name string) bool {
	return len(name) > 2 && name[1] == ':' && (name[2] == '\\' || name[2] == '/')
}

func reportRelativeCopy(p *analysis.Pass, in *dockerfile.Instruction) {
	to := in.Expand(lastWord(in).Text).Text
	f := analysis.Finding{In: in, Span: lastWord(in).Span}
	if atRoot(in.Stage) {
		f.Message = analysis.Say("%s is relative and no %s is set, so the files end up in %s", to, "WORKDIR",
			path.Join("/", to))
		f.Why = analysis.Say("That is among the system's directories. Set a %s first, or write the "+
			"full path.", "WORKDIR")
		if !in.Stage.Ships() {
			f.AtMost = analysis.Notice // the final image does not have these files
		}
	} else {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("%s is relative to a working directory that only the base image sets", to)
		f.Why = analysis.Say("Another base image, or a new release of this one, can move the files. Set a %s first.",
			"WORKDIR")
	}
	p.Report(f)
}
