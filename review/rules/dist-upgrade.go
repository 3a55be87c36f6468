package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var distUpgrade = &analysis.Rule{
	Name:     "dist-upgrade",
	Doc:      "Upgrade of the whole distribution, which may remove and replace packages",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL3035", "DS-0024"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, pm := range []*ecosystem.System{ecosystem.Apt, ecosystem.Zypper} {
				for _, call := range packageCalls(in, pm) {
					switch call.Sub.Text {
					case "dist-upgrade", "full-upgrade", "dup":
						if !rolling(in) {
							reportUpgrade(p, call, "%s may remove and replace packages of the base image whenever "+
								"the layer is rebuilt")
						}
					}
				}
			}
		}
	},
}

// rolling reports whether the stage is built on a distribution that is only ever upgraded as a
// whole: openSUSE Tumbleweed, Debian sid and testing, Kali.
func rolling(in *dockerfile.Instruction) bool {
	lineage := in.Stage.Lineage()
	image := lineage[len(lineage)-1].Image
	for _, name := range []string{"tumbleweed", "sid", "unstable", "testing", "kali", "rolling"} {
		if strings.Contains(image.Text, name) {
			return true
		}
	}
	return !image.Known
}

func reportUpgrade(p *analysis.Pass, call *packageCall, format string) {
	p.Report(analysis.Finding{
		In: call.in, Span: call.cmd.Span, Message: analysis.Say(format, call.name()),
		Why: analysis.Say("A newer tag of the base image brings the same upgrades, is the same for everyone, " +
			"and does not store each package twice."),
	})
}
