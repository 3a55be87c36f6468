package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
)

var entrypointNotExecutable = &analysis.Rule{
	Name:       "entrypoint-not-executable",
	Doc:        "ENTRYPOINT or CMD that starts a file without the execute bit",
	Topic:      analysis.Runtime,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: startSeverities,
	Run: func(p *analysis.Pass) {
		for _, s := range startedFiles(p) {
			mode, _ := p.Context.Stat(s.file)
			if mode == buildcontext.Regular && s.by.Flag("chmod") == nil {
				reportNotExecutable(p, s)
			}
		}
	},
}

func reportNotExecutable(p *analysis.Pass, s started) {
	f := s.finding(p, analysis.Say("%s is not executable, so the container cannot start it", s.file),
		analysis.Say("It stops with `permission denied`. Set the mode in the repository with %s, or in the %s.",
			"git update-index --chmod=+x "+s.file, s.by.Name))
	if sources := buildcontext.Sources(s.by); len(sources) == 1 && !p.Context.Folder(sources[0].Path.Text) {
		f.Fix = &analysis.Fix{
			Title: "Make the file executable in the " + s.by.Name, Applicability: analysis.Safe,
			Edits: []analysis.Edit{analysis.Insert(s.by.Keyword.End, " --chmod=755")},
		}
	}
	p.Report(f)
}
