package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var yumCacheKept = &analysis.Rule{
	Name:     "yum-cache-kept",
	Doc:      "yum leaves its metadata and packages in the image",
	Topic:    analysis.Packages,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3032", "DS-0015"},
	Run: keptCaches(ecosystem.RPM, func(name string) bool { return name == "yum" },
		"The metadata of the repositories alone take tens of megabytes, and are out of date within days."),
}
