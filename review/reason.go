package review

// Reason is why something is not reported or offered where it would be best: why a finding has no comment, a fix is not
// a suggestion, a patch is not shown. Each value is one cause, for which package checks has one sentence.
type Reason uint8

const (
	NoReason        Reason = iota
	MayNotComment          // GitHub does not let dfbot comment on the pull request
	InDraft                // the pull request is a draft, which gets no comments
	Refused                // GitHub refused this comment
	OverLimit              // there are more findings than comments.max
	CommentsOff            // comments.max is 0
	NotSevere              // comments are for warnings and errors, and it is a notice
	NotError               // comments are for errors only, and it is not one
	NoDiff                 // GitHub shows no diff of the file, so that no line of it takes a comment
	NotChanged             // the pull request does not change the file, but what its build reads
	OutsideDiff            // its lines are outside the pull request's diff
	OtherSuggestion        // a suggestion changes the same lines
	OtherPatch             // another patch changes the same lines
	NotTogether            // it could not be proved together with the suggestions
	LineEnds               // the file has CRLF line endings
	Unshowable             // it has characters that cannot be shown
	FinalNewline           // it adds or removes the newline at the end of the file
	TooLong                // there is no room for it
	Earlier                // an earlier comment is about it, and has no suggestion that still applies
	OtherLines             // the comment about it, which is in force again, is on other lines
	OutdatedComment        // the lines of the earlier comment about it have changed
	NoLine                 // the file has no line that a suggestion could replace
)
