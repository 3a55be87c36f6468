package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var packageUpgrade = &analysis.Rule{
	Name:     "package-upgrade",
	Doc:      "Upgrade of all packages of the base image",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL3005", "DL3017", "DL3031", "DL3039"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, pm := range ecosystem.Systems {
				for _, call := range packageCalls(in, pm) {
					if upgradesAll(pm, call) {
						reportUpgrade(p, call, "%s upgrades all packages of the base image")
					}
				}
			}
		}
	},
}

// upgradesAll reports whether the call upgrades all installed packages. A package that it names is
// the author's choice.
func upgradesAll(pm *ecosystem.System, call *packageCall) bool {
	if len(call.Operands) > 0 {
		return false
	}
	switch call.Sub.Text {
	case "upgrade", "safe-upgrade", "up", "upgrade-minimal", "update-minimal", "patch":
		return true
	case "update":
		return pm == ecosystem.RPM || pm == ecosystem.Zypper
	}
	return false
}
