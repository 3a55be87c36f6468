package rules

import "github.com/dfbot/dfbot/review/analysis"

var entrypointNotExecutable = &analysis.Rule{
	Name:       "entrypoint-not-executable",
	Doc:        "ENTRYPOINT or CMD that starts a file without the execute bit",
	Topic:      analysis.Runtime,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: startSeverities,
	Run: func(p *analysis.Pass) {
		for _, s := range startedFiles(p, false) {
			if s.notExecutable(p) {
				f := s.finding(p, analysis.Say("%s is not executable, so the container cannot start it", s.file),
					analysis.Say("It stops with `permission denied`. Set the mode in the repository with %s, or in "+
						"the %s.", "git update-index --chmod=+x "+s.file, s.by.Name))
				f.Fix = s.makeExecutable(p)
				p.Report(f)
			}
		}
	},
}
