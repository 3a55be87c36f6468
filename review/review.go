// Package review decides what dfbot says on a pull request now: which diagnostics are the pull
// request's own, which of them become comments with suggestions, which annotations of the check
// run, which comments of earlier runs are done, and how the check concludes.
//
// It is pure: callers hand in everything that it needs, and package checks words what it decides.
// It must never say a thing twice, raise again what a person has dismissed, or call a pull request
// good of which something could not be reviewed.
package review

import (
	"slices"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/contract"
	"github.com/dfbot/dfbot/review/diff"
)

// Policy is what the repository wants, and what is wrong with how it says so.
type Policy struct {
	config.Repo
	Path     string           // of the repository's own configuration; "" where there is none
	Problems []config.Problem // with that file

	// Organization is the repository with the organization's configuration, as owner/name, if that may count: there is
	// no own one, or it extends the organization's.
	Organization  string
	Above         string           // path of the organization's configuration that is in force; "" where there is none
	ProblemsAbove []config.Problem // with that file
	Trunk         string           // branch that all this is from, if that is not the base branch
}

// Pull is what the pull request does to image builds.
type Pull struct {
	Head    string            // SHA of the commit that was analysed
	Changes map[string]Change // by path at the head; a Dockerfile without one is taken as untouched
	Renamed map[string]string // of Dockerfiles: the path at the head by that at the base, where it is another
	Removed []string          // paths of Dockerfiles that the pull request deletes or renames away
	Left    []string          // paths with earlier comments that the pull request no longer changes
	LeftOut []string          // paths with earlier comments that the configuration no longer has reviewed
	Unread  []Unread          // Dockerfiles that it touches and that were not analysed
	// Unaltered counts further Dockerfiles whose builds it affects, but only in what no rule looks at.
	Unaltered int

	FilesTruncated bool     // GitHub did not list every changed file
	TreeTruncated  bool     // GitHub did not list every path of the tree
	Muted          bool     // GitHub does not let dfbot comment on the pull request
	Draft          bool     // the pull request is a draft, which gets no comments
	Lacks          string   // the permission that it would take, as "pull_requests=write", where GitHub says it
	MutedBy        string   // what keeps dfbot from it otherwise; may have GitHub's words
	Refused        []string // fingerprints of diagnostics whose comments GitHub has refused
	Folded         []int64  // comments whose threads are resolved, and that dfbot could not open again
	Excluded       int      // changed files that have a Dockerfile's name and that the configuration excludes
	Gaps           []string // further reasons why not everything was reviewed, whole sentences in dfbot's own words

	ConfigChanged  string           // path of the configuration after the merge, where that is another or has changed
	ConfigProblems []config.Problem // with that file as the pull request has it
	ConfigGone     string           // path of the configuration that is in force, where the pull request takes it away
}

// refused reports whether GitHub has refused the comment about the diagnostics.
func (p Pull) refused(ds []analysis.Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d analysis.Diagnostic) bool {
		return slices.Contains(p.Refused, d.Fingerprint)
	})
}

// Change is what the pull request does to one Dockerfile. The zero Change changes nothing.
type Change struct {
	Added bool             // the file is new: everything in it is the pull request's own
	Base  *analysis.Result // what the same rules find in it as it is on the base; nil: not known
	Patch diff.Patch       // GitHub's patch: its lines take comments
	// Untouched reports that the pull request changes what the build reads, and not the file.
	Untouched bool
	// Stack is what the whole stack of pull requests does, up to this one, to the file that its trunk has; nil where
	// there is no stack, or nothing to know.
	Stack *Change
}

// Unread is a Dockerfile that was not analysed.
type Unread struct {
	Path   string
	Reason string // in dfbot's own words, as it follows "not reviewed: "; such as "a Git LFS pointer"
}

// Prior is what dfbot said on this pull request before.
type Prior struct {
	Comments []Said   // dfbot's own review comments only: a marker in anyone else's means nothing
	Ignored  []Ignore // by the commands that dfbot has accepted
}

// Ignore is a command not to raise a rule's findings again on this pull request. Only those who may give it are heard.
type Ignore struct {
	Rule   string // its name or another tool's code, as the person wrote it
	Said   int64  // id of the comment of dfbot's in whose thread the command is; 0 if it is about the pull request
	Reason string // in the person's words; may be empty
	By     string // the person's login
}

// Said is one earlier comment of dfbot's own, with the thread that it opened.
type Said struct {
	ID       int64  // of the comment
	Thread   string // node id of its thread; "" where it is not known
	Path     string
	Start    int // its lines at the head, 1-based; 0 where they are not in the diff any more
	End      int
	Body     string // as GitHub has it; the marker is read from it
	State    State
	Answered bool // someone else has written into the thread
	Declined bool // the author, or someone whom the repository lets in, has answered no
	Outdated bool // the code under it has changed
	Resolved bool // its thread is resolved, so that GitHub folds it
}

// State is what became of an earlier comment.
type State uint8

const (
	Open      State = iota // outdated or not
	Dismissed              // a person resolved its thread, minimised it, or answered no
	Closed                 // dfbot itself resolved or minimised it, or marked it as fixed
)

// Done is an earlier comment whose diagnostics are gone, and why, as far as that is known.
type Done struct {
	Said
	How Ending
}

// Ending is why a comment, or one of its findings, is done. Comments keep its number, so that none may be given twice.
type Ending uint8

const (
	Mended           Ending = iota // its rules find nothing in the file any more
	Changed                        // the code has changed, and one of its rules still finds something in the file
	SilencedInFile                 // a comment in the Dockerfile silences it
	IgnoredByConfig                // the configuration ignores it
	TurnedOff                      // the configuration has turned its rule off, or its code
	NoLongerChanged                // the pull request no longer changes the file
	NotFound                       // this very commit was reviewed before, and now nothing is found in it
	DeletedOrRenamed               // the pull request deletes the file, or renames it
	ExcludedByConfig               // the configuration excludes the file from review
	WasThereBefore                 // the pull request does not bring it any more: it was there before
	IgnoredByCommand               // a person ignores its rule on this pull request
)

// Conclusion is how the check run ends, in GitHub's words.
type Conclusion string

// The conclusions that dfbot uses. Neutral and Skipped do not block a merge.
const (
	Success Conclusion = "success" // everything was reviewed, and nothing found at or above check.fail-on
	Failure Conclusion = "failure" // something at or above check.fail-on; or for Neutral, as check.on-unreviewed says
	Neutral Conclusion = "neutral" // nothing such was found, but not everything could be reviewed
	Skipped Conclusion = "skipped" // no image build is affected
)

// weight orders the conclusions by how much each asks of a reader.
func (c Conclusion) weight() int {
	return slices.Index([]Conclusion{Skipped, Success, Neutral, Failure}, c)
}

// Known reports whether c is one of dfbot's conclusions.
func (c Conclusion) Known() bool { return c.weight() >= 0 }

// Worse reports whether c counts more than d where both share one check. Any of dfbot's conclusions is worse than none.
func (c Conclusion) Worse(d Conclusion) bool { return c.weight() > d.weight() }

// Review is what to say now.
type Review struct {
	Conclusion Conclusion
	// FailsUnreviewed reports that the check fails without a finding, because the notes name something that was not
	// reviewed or that breaks the configuration.
	FailsUnreviewed bool
	Fixed           []analysis.Diagnostic // what the pull request fixes, at its places on the base

	Files    int       // Dockerfiles that were reviewed
	Removed  int       // Dockerfiles that the pull request deletes or renames away
	Findings []Finding // what the pull request brings, by path and line
	Comments []Comment // to be posted now, by path and line
	Diffs    []Diff    // proved fixes that cannot be suggestions, by path and line
	Muted    bool      // as in Pull
	Lacks    string    // as in Pull
	MutedBy  string    // as in Pull
	Excluded int       // as in Pull
	Running  []Running // what changes in the images at run time, by path
	Older    []Count   // diagnostics that were there before, by path and rule name
	Lower    []Count   // the same of those that were there before since pull requests below in the stack bring them
	Unknown  []Count   // the same of those that may or may not have been there
	Done     []Done    // open comments of which every diagnostic is gone
	Mistakes int       // in the configuration that is in force
	Updates  []Update  // earlier comments about something that is there, with what they say now
	Back     []Said    // comments marked as fixed at the head whose findings a new comment reports
	Held     []Trace   // what has no comment since there are enough, and is in no marker yet
	Keeper   *Said     // where there is no new comment: the one whose marker gets Held; nil where there is none
	Notes    []Note

	ConfigPath     string           // of the configuration that the pull request changes, one of config.Paths; or ""
	ConfigProblems []config.Problem // with that file as the pull request leaves it, in the order of its lines
}

// Finding is a diagnostic that the pull request brings, with the place where it is reported.
type Finding struct {
	Diagnostic analysis.Diagnostic
	Standing   Standing // with another scope, it may also be Older or Unknown
	Where      Where
	Because    Reason // why it has no comment; NoReason where it has one
	Earlier    int64  // id of the earlier comment about it; 0 where there is none
}

// Where is the place where a finding is reported.
type Where uint8

const (
	InAnnotation  Where = iota // of the check run
	InComment                  // one of Review.Comments
	InOpenComment              // an open comment of an earlier run
	InDismissed                // a comment of an earlier run that a person has dismissed
	InCommand                  // one of Prior.Ignored: nothing more is said of it
)

// Comment is one comment on lines of a file, about one or more diagnostics.
type Comment struct {
	Path        string
	Start, End  int                   // 1-based lines at the head, all in one hunk
	Diagnostics []analysis.Diagnostic // most severe first
	Standings   []Standing            // of the Diagnostics
	Fix         *analysis.CombinedFix // nil where nothing could be proved
	Suggestion  *Suggestion           // for exactly Start to End: Fix, or as Keeps says; nil where it cannot be one
	Keeps       bool                  // the Suggestion silences the Diagnostics instead, since a person answered no
	Because     Reason                // why it cannot, where there is a Fix
	Sketch      *Sketch               // a fix that is only shown; nil where there is none
	Marker      Marker                // what it keeps; of a new one without a Head
}

// Standing is that of the diagnostic at the index.
func (c Comment) Standing(i int) Standing {
	if i < len(c.Standings) {
		return c.Standings[i]
	}
	return Unknown
}

// Update is an earlier comment about something that is still there, or there again.
type Update struct {
	Said    Said
	Marker  Marker   // what it keeps now
	Comment *Comment // what it says now; nil where it keeps its text
	Reopen  bool     // it was closed, and its thread has to be opened again
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

// Diff shows one or more proved fixes of a file that are not suggestions, as a patch to apply.
type Diff struct {
	Path    string
	Parts   []Part // at least one, by line; several where their lines are so near that one diff shows them all
	Text    string // unified diff for the file as all suggestions leave it; "" where there is none
	After   bool   // there are such suggestions
	Missing Reason // why there is none
}

// Part is one of the fixes of a Diff.
type Part struct {
	Line    int // 1-based first line that it changes
	Fix     *analysis.CombinedFix
	Because Reason // why it is not a suggestion
}

// Running is what the pull request changes at run time in the images of a Dockerfile.
type Running struct {
	Path    string
	Changes []contract.Change // at least one
}

// Count is how many diagnostics a rule has in a Dockerfile.
type Count struct {
	Path string
	Rule *analysis.Rule
	N    int
}

// Note is something that a reader of the check run should know.
type Note struct {
	Text       analysis.Message
	Incomplete bool // something could not be reviewed
}
