package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var uselessCommand = &analysis.Rule{
	Name:       "useless-command",
	Doc:        "Command that does nothing useful in a build, or whose effect ends with the step",
	Topic:      analysis.Shell,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning for a service, notice for other commands",
	Aliases:    []string{"DL3001"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			all := shell.Commands(in)
			for i, c := range all {
				if startsService(in, c) {
					reportService(p, in, c, all[i+1:])
				} else if why := useless[c.Name]; why != "" && !hasReason(in, c) {
					p.Report(analysis.Finding{
						In: in, Span: c.Span, AtMost: analysis.Notice,
						Message: analysis.Say("%s does nothing useful in a build", c.Name),
						Why:     analysis.Say(why),
					})
				}
			}
		}
	},
}

// useless are programs for people at a running machine, and why a build does not need them.
var useless = map[string]string{
	"free":     "It shows the memory of the build machine at that moment.",
	"ps":       "It lists the processes of the build step, which end with it.",
	"top":      "It waits for someone to watch it.",
	"vim":      "It waits for someone to type.",
	"shutdown": "There is nothing to shut down.",
	"ifconfig": "It shows the network of the build step, which ends with it.",
	"mount":    "A build step may not mount, and the mount would end with the step. Use `RUN --mount`.",
	"ssh":      "A build has no keys and cannot answer prompts. Use `RUN --mount=type=ssh` to give it your SSH agent.",
	"kill":     "The processes of a build step end with it.",
}

// hasReason reports whether the command has a reason to be there: an agent or a privilege that the RUN
// gets, or a process that it has started itself.
func hasReason(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	run := in.Inner()
	switch c.Name {
	case "ssh", "mount":
		return len(run.Flags) > 0
	case "kill", "ps":
		return inBackground(run.Script) || strings.Contains(run.Script.Text.String(), "$(") ||
			strings.Contains(run.Script.Text.String(), "`")
	}
	return false
}

// inBackground reports whether the script starts a process and goes on.
func inBackground(s *dockerfile.Script) bool {
	found := false
	s.Walk(func(n syntax.Node) bool {
		st, ok := n.(*syntax.Stmt)
		found = found || ok && st.Background
		return !found
	})
	return found
}

// startsService reports whether the command starts a service: `service x start`,
// `/etc/init.d/x start`, `systemctl start x`.
func startsService(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	switch {
	case c.Name == "systemctl" && len(c.Words) > 2:
		call := shell.Read(in, c)
		return call.Verb() == "start" || call.Verb() == "restart"
	case c.Name == "service" || len(c.Words) > 1 && strings.HasPrefix(c.Words[0].Text, "/etc/init.d/"):
		last := c.Words[len(c.Words)-1].Text
		return last == "start" || last == "restart"
	}
	return false
}

// reportService reports a service that is started for nothing: no later command of the step uses it, and it
// does not outlive the step. systemctl cannot start anything at all.
func reportService(p *analysis.Pass, in *dockerfile.Instruction, c *dockerfile.Command, rest []*dockerfile.Command) {
	f := analysis.Finding{
		In: in, Span: c.Span,
		Message: analysis.Say("%s starts a service that ends with this build step", c.Name),
		Why:     analysis.Say("A container runs only its CMD and ENTRYPOINT, and nothing that a RUN has started."),
	}
	if c.Name == "systemctl" {
		f.Message = analysis.Say("%s starts nothing in a build, because systemd does not run there", c.Name)
		p.Report(f)
		return
	}
	if len(rest) == 0 {
		p.Report(f)
	}
}
