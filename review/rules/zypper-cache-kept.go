package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var zypperCacheKept = &analysis.Rule{
	Name:     "zypper-cache-kept",
	Doc:      "zypper without a cleanup, which leaves repository metadata in the image",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3036", "DS-0020"},
	Run: keptCaches(ecosystem.Zypper, func(string) bool { return true }, "The repository metadata alone "+
		"takes tens of megabytes and is outdated within days."),
}
