package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var zypperCacheKept = &analysis.Rule{
	Name:     "zypper-cache-kept",
	Doc:      "zypper leaves its metadata in the image",
	Topic:    analysis.Packages,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3036", "DS-0020"},
	Run:      keptCaches(ecosystem.Zypper, func(string) bool { return true }, "The metadata of the repositories alone take tens of megabytes, and are out of date within days."),
}
