package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var sshExposed = &analysis.Rule{
	Name:     "ssh-exposed",
	Doc:      "Exposed port of an SSH server",
	Topic:    analysis.Network,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DS-0004", "CKV_DOCKER_1"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			expose := in.Inner()
			if expose.Name != "EXPOSE" {
				continue
			}
			for _, w := range expose.Words {
				v := expose.Expand(w.Text)
				port, proto, _ := strings.Cut(v.Text, "/")
				low, high, ok := portRange(port)
				if v.Known && ok && low <= 22 && 22 <= high && !strings.EqualFold(proto, "udp") {
					p.Report(analysis.Finding{
						In: in, Span: w.Span,
						Message: analysis.Say("%s exposes the port of an SSH server, one more way into the container",
							w.Text),
						Why: analysis.Say("An SSH server needs keys or passwords, updates and a supervisor; "+
							"%s needs none of them.", "docker exec"),
					})
				}
			}
		}
	},
}
