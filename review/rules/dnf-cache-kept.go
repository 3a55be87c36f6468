package rules

import "github.com/dfbot/dfbot/review/analysis"

var dnfCacheKept = &analysis.Rule{
	Name:     "dnf-cache-kept",
	Doc:      "dnf, microdnf or tdnf leaves its metadata in the image",
	Topic:    analysis.Packages,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3040", "DS-0019", "DS-0027"},
	Run: keptCaches(rpm, func(name string) bool { return name != "yum" },
		"The metadata of the repositories alone take tens of megabytes, and are out of date within days."),
}
