package rules

import (
	"bytes"

	"github.com/dfbot/dfbot/review/analysis"
)

var entrypointCRLF = &analysis.Rule{
	Name:       "entrypoint-crlf",
	Doc:        "ENTRYPOINT or CMD that starts a script with Windows line endings",
	Topic:      analysis.Runtime,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: startSeverities,
	Run: func(p *analysis.Pass) {
		for _, s := range startedFiles(p, false) {
			text, _ := p.Context.Read(s.file)
			line, _, _ := bytes.Cut(text, []byte("\n"))
			if program, ok := bytes.CutPrefix(line, []byte("#!")); ok && bytes.HasSuffix(program, []byte("\r")) {
				reportCRLF(p, s)
			}
		}
	},
}

func reportCRLF(p *analysis.Pass, s started) {
	p.Report(s.finding(p, analysis.Say("%s has Windows line endings, so the container cannot start it", s.file),
		analysis.Say("It stops with `no such file or directory`: the carriage return counts as part of the "+
			"interpreter's name. Save the file with LF, and add %s to %s.", s.file+" text eol=lf", ".gitattributes")))
}
