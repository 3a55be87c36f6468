// Package review decides what dfbot says on a pull request now: which diagnostics are the pull
// request's own, which of them become comments with suggestions, which annotations of the check
// run, which comments of earlier runs are done, and how the check concludes.
//
// It is pure: everything that it needs is handed in, nothing is fetched, and it words nothing
// (package checks does). What it must never do is say a thing twice, raise again what a person
// has dismissed, or call a pull request good of which something could not be judged.
package review

import (
	"slices"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
)

// Policy is what the repository wants, and what is wrong with how it says so.
type Policy struct {
	config.Repo
	Path     string           // of the configuration that is in force; "" where there is none
	Problems []config.Problem // with that file
}

// Pull is what the pull request does, as far as Dockerfiles are concerned.
type Pull struct {
	Changes map[string]Change // by path at the head; a Dockerfile without one is taken as untouched
	Removed []string          // paths of Dockerfiles that the pull request deletes, renames away, or changed once and does no longer
	Unread  []Unread          // Dockerfiles that it touches and that were not analysed

	FilesTruncated bool     // GitHub did not list every changed file
	TreeTruncated  bool     // GitHub did not list every path of the tree
	Gaps           []string // further reasons, whole sentences of dfbot's own words, why not everything was judged

	ConfigChanged  string           // path of the configuration, where the pull request changes it
	ConfigProblems []config.Problem // with the configuration as the pull request has it
}

// Change is what the pull request does to one Dockerfile. The zero Change changes nothing. Where
// GitHub refuses a comment on a line of its own patch, the patch given as Local instead makes
// annotations of all that the file would have had as comments.
type Change struct {
	Added bool       // the file is new: everything in it is the pull request's own
	Patch diff.Patch // GitHub's patch: its lines take comments
	Local diff.Patch // worked out by dfbot where GitHub gave no patch; no line takes a comment
}

// Unread is a Dockerfile that was not analysed.
type Unread struct {
	Path   string
	Reason string // in dfbot's own words, as it follows "not reviewed: "; such as "a Git LFS pointer"
}

// Prior is what dfbot said on this pull request before.
type Prior struct {
	Comments []Said // dfbot's own review comments only: a marker in anybody else's means nothing
}

// Said is one earlier comment of dfbot's own, with the thread that it opened.
type Said struct {
	ID       int64  // of the comment
	Thread   string // node id of its thread; "" where it is not known
	Path     string
	Body     string // as GitHub has it; the marker is read from it
	State    State
	Answered bool // somebody else has written into the thread
	Outdated bool // the code under it has changed
}

// State is what became of an earlier comment.
type State uint8

const (
	Open      State = iota // it stands, outdated or not
	Dismissed              // a person resolved its thread or minimised it
	Closed                 // dfbot itself resolved or minimised it, or marked it as fixed
)

// Conclusion is how the check run ends, in GitHub's words.
type Conclusion string

// The conclusions that dfbot uses. Neutral and Skipped do not block a merge.
const (
	Success Conclusion = "success" // everything was judged, and nothing found at or above check.fail-on
	Failure Conclusion = "failure" // the pull request brings something at or above check.fail-on; or as check.on-unreviewed says, instead of neutral
	Neutral Conclusion = "neutral" // nothing such was found, but not everything could be reviewed
	Skipped Conclusion = "skipped" // no Dockerfile is touched
)

// weight orders the conclusions by how much each asks of a reader.
func (c Conclusion) weight() int {
	return slices.Index([]Conclusion{Skipped, Success, Neutral, Failure}, c)
}

// Known reports whether c is one of dfbot's conclusions.
func (c Conclusion) Known() bool { return c.weight() >= 0 }

// Worse reports whether c counts more than d where one check has to speak for both. Any of dfbot's conclusions is worse than none.
func (c Conclusion) Worse(d Conclusion) bool { return c.weight() > d.weight() }

// Review is what to say now.
type Review struct {
	Conclusion Conclusion
	// FailsUnreviewed says that the check fails for no finding, but because the notes say of something that it was not reviewed or
	// that it breaks the configuration.
	FailsUnreviewed bool
	Files           int       // Dockerfiles that were judged
	Findings        []Finding // what the pull request brings, by path and line
	Comments        []Comment // to be posted now, by path and line
	Patches         []Patch   // proved patches that cannot be suggestions, by path and line
	Older           []Count   // diagnostics that were there before, by rule name
	OlderFiles      int       // Dockerfiles that hold them
	Fixed           []Said    // open comments of which every diagnostic is gone
	Notes           []Note

	ConfigPath     string           // of the configuration that the pull request changes, one of config.Paths; "" where it changes none
	ConfigProblems []config.Problem // with that file as the pull request leaves it, in the order of its lines
}

// Finding is a diagnostic that the pull request brings, with the place where it is told.
type Finding struct {
	Diagnostic analysis.Diagnostic
	Where      Where
}

// Where is the place where a finding is told.
type Where uint8

const (
	InAnnotation  Where = iota // of the check run
	InComment                  // one of Review.Comments
	InOpenComment              // a comment of an earlier run that stands open
	InDismissed                // a comment of an earlier run that a person has dismissed
)

// Comment is one comment on lines of a file, about one or more diagnostics.
type Comment struct {
	Path        string
	Start, End  int                   // 1-based lines at the head, all in one hunk
	Diagnostics []analysis.Diagnostic // most severe first
	Patch       *analysis.Patch       // nil where nothing could be proved
	Suggestion  *Suggestion           // Patch as a suggestion for exactly Start to End; nil where it cannot be one
	Sketch      *Sketch               // a fix that is only shown; nil where there is none
}

// Suggestion is what replaces the lines of a comment.
type Suggestion struct {
	Lines []string // without line ends; none deletes the lines
}

// Sketch is a display-only fix.
type Sketch struct {
	Title string
	Diff  string // unified diff
}

// Patch is a proved patch that is shown as a diff.
type Patch struct {
	Path    string
	Line    int    // 1-based first line that it changes
	Diff    string // unified diff
	Patch   *analysis.Patch
	Because string // why it is no suggestion, in dfbot's own words, as it follows "since "
}

// Count is how many diagnostics a rule has.
type Count struct {
	Rule *analysis.Rule
	N    int
}

// Note is something that a reader of the check run should know.
type Note struct {
	Text       analysis.Message
	Incomplete bool // something could not be judged
}
