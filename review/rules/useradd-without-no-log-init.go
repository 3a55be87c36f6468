package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/shell"
)

var useraddWithoutNoLogInit = &analysis.Rule{
	Name:     "useradd-without-no-log-init",
	Doc:      "useradd with a high user ID, which writes huge log files into the layer",
	Topic:    analysis.Users,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3046"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, c := range shell.Calls(in, "useradd") {
				call := shell.Read(in, c)
				f := call.Flag("-u", "--uid")
				if f == nil || call.Has("-l", "--no-log-init") {
					continue
				}
				uid := f.Value.Text
				if len(uid) <= 5 || !isNumber(uid) || !f.Value.Known {
					continue
				}
				at := c.Words[0].Span.End
				p.Report(analysis.Finding{
					In: in, Span: c.Span, Values: shell.Values(in, f.Word.ShellWord, f.Value.ShellWord),
					Message: analysis.Say("%s with the user ID %s creates a huge sparse %s", "useradd",
						uid, "/var/log/lastlog"),
					Why: analysis.Say("The layer does not keep it sparse, so the image grows by hundreds of " +
						"megabytes or the build runs out of space."),
					Fix: &analysis.Fix{Title: "Add --no-log-init", Applicability: analysis.Safe,
						Edits: []analysis.Edit{analysis.Insert(at, " --no-log-init")}},
				})
			}
		}
	},
}
