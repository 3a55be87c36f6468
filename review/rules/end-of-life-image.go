package rules

import (
	"time"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
)

var endOfLifeImage = &analysis.Rule{
	Name:       "end-of-life-image",
	Doc:        "Base image whose system or language no longer gets security fixes",
	Topic:      analysis.Images,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice in the first 180 days after the end",
	Run: func(p *analysis.Pass) {
		for _, im := range baseImages(p.File) {
			if r, ok := ended(im.ref, p.Today); ok {
				reportEnded(p, im, r)
			}
		}
	},
}

// ended returns the release in the image that has been over for longest.
func ended(ref baseimage.Ref, today time.Time) (worst baseimage.Release, found bool) {
	for _, r := range ref.Releases() {
		if r.Ended(today) && (!found || r.Gone && !worst.Gone || r.Gone == worst.Gone && r.Ends < worst.Ends) {
			worst, found = r, true
		}
	}
	return worst, found
}

// daysOver counts for how many days each product in the image has had no security fixes: a bump to a release that ended
// earlier is worse than what it replaces.
func daysOver(ref baseimage.Ref, today time.Time) map[string]int {
	days := map[string]int{}
	for _, r := range ref.Releases() {
		if end, err := time.Parse(time.DateOnly, r.Ends); err == nil && r.Ended(today) {
			days[r.Product] = int(today.Sub(end) / (24 * time.Hour))
		}
	}
	return days
}

// recent is how long ago a release may have ended for its users to be on their way.
const recent = 180 * 24 * time.Hour

func reportEnded(p *analysis.Pass, im *image, r baseimage.Release) {
	what := r.Product
	if r.Version != "" {
		what += " " + r.Version
	}
	f := im.finding()
	f.Extent = daysOver(im.ref, p.Today)
	f.AtMost = analysis.Off // also where it is a default: an author wrote that one down
	f.Message = analysis.Say("%s holds "+what+", which has had no security fixes since "+r.Ends, im.text)
	if r.Version == "" {
		f.Message = analysis.Say("%s gets no updates: "+what+" was discontinued on "+r.Ends, im.text)
	}
	next := ""
	if r.Next != "" {
		next = " " + r.Next + " is maintained."
	}
	f.Why = analysis.Say("Vulnerabilities found since then stay open in every image built on it." + next)
	if r.Gone {
		f.Why = analysis.Say("Its packages have also left the mirrors, so installing any of them fails." + next)
	}
	if !r.EndedBefore(p.Today, recent) {
		f.AtMost = analysis.Notice
	}
	p.Report(f)
}
