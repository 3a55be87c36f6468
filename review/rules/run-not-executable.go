package rules

import "github.com/dfbot/dfbot/review/analysis"

var runNotExecutable = &analysis.Rule{
	Name:       "run-not-executable",
	Doc:        "RUN that starts a file without the execute bit",
	Topic:      analysis.Shell,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning in a stage that the final image does not need",
	Run: func(p *analysis.Pass) {
		said := map[string]bool{}
		for _, s := range startedFiles(p, true) {
			if s.notExecutable(p) && !said[s.file] {
				said[s.file] = true
				f := s.finding(p, analysis.Say("%s is not executable, so this RUN cannot start it", s.file),
					analysis.Say("The build stops with `permission denied`. Set the mode in the repository with %s.",
						"git update-index --chmod=+x "+s.file))
				f.Fix = s.makeExecutable(p)
				p.Report(f)
			}
		}
	},
}
