package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var pipefailUnderDash = &analysis.Rule{
	Name:       "pipefail-under-dash",
	Doc:        "pipefail in a shell that does not know it: the sh of Debian and Ubuntu",
	Topic:      analysis.Shell,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: underDashSeverities,
	Aliases:    []string{"SC3040"},
	Run: func(p *analysis.Pass) {
		last := -1 // the stage whose SHELL the fix of an earlier finding sets
		dashScripts(p, baseimage.Ref.NoPipefail, func(in *dockerfile.Instruction) {
			if c := setsPipefail(in.Script); c != nil {
				reportPipefail(p, in, c, last != in.Stage.Index)
				last = in.Stage.Index
			}
		})
	},
}

const underDashSeverities = "error, warning after a script that may change the shell, in a stage that the final " +
	"image does not need, and for the default of an ARG"

// setsPipefail returns the command that certainly runs and switches pipefail on; nil where there is none.
func setsPipefail(s *dockerfile.Script) *dockerfile.Command {
	for _, st := range shell.Links(s) {
		c := s.Command(st)
		if c == nil || st.Negated || st.Background || c.Words[0].Text != "set" || len(c.Wrapper) > 0 {
			continue
		}
		for i, w := range c.Args() {
			before := c.Words[i]
			if w.Literal && w.Text == "pipefail" && before.Literal && strings.HasPrefix(before.Text, "-") &&
				strings.HasSuffix(before.Text, "o") {
				return c
			}
		}
	}
	return nil
}

func reportPipefail(p *analysis.Pass, in *dockerfile.Instruction, c *dockerfile.Command, first bool) {
	f := underDash(in, c.Span)
	f.Message = analysis.Say("%s has no %s: it is dash in %s", "sh", "pipefail", in.Stage.Root().Image.Text)
	f.Why = analysis.Say("The build fails here with `Illegal option -o pipefail`.")
	if in.Name != "RUN" {
		f.Why = analysis.Say("The container stops as soon as it starts, with `Illegal option -o pipefail`.")
	}
	if first {
		f.Fix = setBash(in, "-o", "pipefail")
	}
	p.Report(f)
}
