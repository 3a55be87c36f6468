package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var dnfCacheKept = &analysis.Rule{
	Name:     "dnf-cache-kept",
	Doc:      "dnf, microdnf or tdnf without a cleanup, which leaves repository metadata in the image",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3040", "DS-0019", "DS-0027"},
	Run: keptCaches(ecosystem.RPM, func(name string) bool { return name != "yum" },
		"The repository metadata alone takes tens of megabytes and is outdated within days."),
}
