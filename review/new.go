package review

import "github.com/dfbot/dfbot/review/analysis"

// New decides what to say of the results now. There is one result for each Dockerfile that the
// pull request touches and that could be read.
func New(results []analysis.Result, pull Pull, prior Prior, policy Policy) *Review {
	r := &Review{Conclusion: Neutral, Files: len(results)}
	if len(results) == 0 {
		r.Conclusion = Skipped
	}
	return r
}
