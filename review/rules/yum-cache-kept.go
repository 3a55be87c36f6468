package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var yumCacheKept = &analysis.Rule{
	Name:     "yum-cache-kept",
	Doc:      "yum without a cleanup, which leaves metadata and packages in the image",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3032", "DS-0015"},
	Run: keptCaches(ecosystem.RPM, func(name string) bool { return name == "yum" },
		"The repository metadata alone takes tens of megabytes and is outdated within days."),
}
