package checks

import (
	"fmt"

	"github.com/dfbot/dfbot/review"
)

// Word puts the review into GitHub's words.
func Word(r *review.Review, meta Meta) Post {
	return Post{Run: Run{
		Name: meta.CheckName, HeadSHA: meta.Head, ExternalID: fmt.Sprintf("v1:pr=%d", meta.PullRequest),
		Conclusion: r.Conclusion,
	}}
}
