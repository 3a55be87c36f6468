package checks

import (
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// reasons are the sentences for each [review.Reason], as they follow "because ". None has anything of the pull
// request's.
var reasons = map[review.Reason]string{
	review.MayNotComment:   "dfbot may not comment on this pull request",
	review.InDraft:         "the pull request is a draft",
	review.Refused:         "GitHub refused the comment",
	review.OverLimit:       "`comments.max` limits how many comments dfbot writes",
	review.CommentsOff:     "`comments.max` is 0",
	review.NotSevere:       "comments are for warnings and errors only (`comments.min-severity`)",
	review.NotError:        "comments are for errors only (`comments.min-severity`)",
	review.NoDiff:          "GitHub shows no diff of the file",
	review.NotChanged:      "this pull request does not change the file",
	review.OutsideDiff:     "GitHub does not allow comments or suggestions on lines outside the diff",
	review.OtherSuggestion: "a suggestion changes the same lines",
	review.OtherPatch:      "another patch changes the same lines",
	review.NotTogether:     "it could not be verified together with the suggestions",
	review.LineEnds:        "the file has CRLF line endings, which a patch copied from a web page loses",
	review.Unshowable:      "it has characters that cannot be shown",
	review.FinalNewline:    "a suggestion cannot add or remove the newline at the end of a file",
	review.TooLong:         "it is too long",
	review.Earlier:         "an earlier comment covers it",
	review.OtherLines:      "the comment about it is on other lines",
	review.OutdatedComment: "GitHub applies no suggestion to lines that have changed since the comment was written",
	review.NoLine:          "the file has no line that a suggestion could replace",
}

// because begins with a comma, or is "" where there is no reason.
func because(r review.Reason) string {
	if r == review.NoReason {
		return ""
	}
	return ", because " + reasons[r]
}

// instead is how to get a fix that is not shown.
func instead(r review.Reason, p *analysis.CombinedFix) string {
	switch {
	case r == review.OtherSuggestion, r == review.OtherPatch, r == review.NotTogether:
		return "Apply the other change first: dfbot reviews the file again after each push."
	case p.Applicability < analysis.Safe:
		return "`dfbot review --fix=unsafe` on the file makes the change, along with its other fixes."
	}
	return "`dfbot review --fix` on the file makes the change, along with its other safe fixes."
}
