package checks

import (
	"fmt"

	"github.com/dfbot/dfbot/review"
)

// Other is another pull request with the same head commit.
type Other struct {
	PullRequest int
	Conclusion  review.Conclusion
}

// Beside makes the run say what is true of its commit where dfbot has reviewed that for other pull requests as well
// (twins): which pull request it is about and, if the verdict on another open one is worse, that this is how the check
// ends.
func Beside(run Run, pull int, worse *Other, twins bool) Run {
	about := ""
	if twins {
		about = fmt.Sprintf("This is the review of #%d. dfbot reviewed this commit for other pull requests too.\n\n",
			pull)
	}
	if worse != nil {
		about = fmt.Sprintf("**The result of this check is that of #%d, which has the same head commit**: %s. GitHub "+
			"keeps one result of a check for each commit, so dfbot reports the worst of all open pull requests with "+
			"that head. #%d on its own: %s.\n\n",
			worse.PullRequest, worse.Conclusion, pull, run.Conclusion)
		lead := fmt.Sprintf("%s because of #%d; #%d: ", leads[worse.Conclusion], worse.PullRequest, pull)
		run.Title = cut(lead+run.Title, maxTitle)
		run.Conclusion = worse.Conclusion
	}
	if len(about)+len(run.Summary) <= MaxSummary {
		run.Summary = about + run.Summary
	}
	return run
}

// leads open the title of a run that ends as another pull request's.
var leads = map[review.Conclusion]string{
	review.Failure: "Fails", review.Neutral: "Neutral", review.Success: "Passes", review.Skipped: "Skipped",
}
