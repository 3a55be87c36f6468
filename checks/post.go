// Package checks words a review as GitHub shows it: the check run with its annotations, and the
// review comments with their suggestions. It is pure, and its types are GitHub's requests in
// plain data.
//
// It must never let a string that comes from a pull request reach GitHub other than through
// [Code], [Cell] or [Fence].
package checks

import (
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/forecast"
)

// GitHub's limits (docs.github.com, REST API, check runs and pull request review comments).
const (
	MaxSummary     = 65_535   // characters of a check run's summary
	MaxBody        = 65_536   // characters of a comment
	MaxAnnotations = 50       // of one request; a check run may have more, and dfbot writes it by one request
	maxMessage     = 64 << 10 // bytes of an annotation's message
	maxTitle       = 255      // characters of an annotation's title
)

// Meta is what the posts need besides the review.
type Meta struct {
	CheckName  string // of the check run: config.Check.Title
	ExternalID string // of the check run: what it is about
	Head       string // SHA of the commit that was analysed, 40 or 64 hexadecimal digits
	URL        string // of the pull request's page, for links; "" for none

	Offers   []review.Offer      // each gets a button
	Rebuilds []*forecast.Rebuild // what the pull request runs again, by build

	// Proved is what the graphs of the Dockerfile before and after a fix prove of it, in words of dfbot's own; "" for
	// nothing. It may be nil.
	Proved func(path string, fix *analysis.CombinedFix) string

	NoIgnoreComments bool // comments in Dockerfiles silence nothing, so that none is proposed
}

// Post is everything that dfbot writes to GitHub about one review.
type Post struct {
	Run        Run             `json:"run"`
	Comments   []ReviewComment `json:"comments"` // of one review with event COMMENT; none: no review
	ReviewBody string          `json:"review_body"`
	Fixed      []Fixed         `json:"fixed"`  // earlier comments that are done
	Edited     []Fixed         `json:"edited"` // further earlier comments that get another text
}

// Run is one check run, as POST /repos/{owner}/{repo}/check-runs takes it.
type Run struct {
	Name        string            `json:"name"`
	ExternalID  string            `json:"external_id"`
	Conclusion  review.Conclusion `json:"conclusion"` // GitHub's own word
	Title       string            `json:"title"`
	Summary     string            `json:"summary"`     // Markdown, at most MaxSummary characters
	Annotations []Annotation      `json:"annotations"` // at most MaxAnnotations
	Actions     []Action          `json:"actions,omitempty"`
}

// Annotation is one annotation of a check run. Its texts are plain, not Markdown.
type Annotation struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"` // 1-based
	EndLine     int    `json:"end_line"`
	StartColumn int    `json:"start_column,omitempty"` // 1-based; 0, as EndColumn, where the lines differ
	EndColumn   int    `json:"end_column,omitempty"`   // inclusive
	Level       string `json:"annotation_level"`       // notice, warning or failure
	Title       string `json:"title"`
	Message     string `json:"message"`
}

// Comment is one comment of a review, on the head's side of the diff.
type ReviewComment struct {
	Path      string `json:"path"`
	Line      int    `json:"line"`                 // 1-based; the last line
	StartLine int    `json:"start_line,omitempty"` // 0 where it is one line
	Side      string `json:"side"`                 // always RIGHT; of start_side as well
	Body      string `json:"body"`                 // Markdown, at most MaxBody characters; the marker comes first
}

// Fixed is an earlier comment that gets another text: because its findings are gone, have changed, or are there again.
type Fixed struct {
	ID     int64  `json:"id"`
	Thread string `json:"thread"` // node id; "" where it is not known
	Body   string `json:"body"`
	// Resolve reports that nothing is left to do, so the thread may be resolved. Where someone answered, or a comment
	// is done because something silences it, a person may want to look.
	Resolve bool `json:"resolve,omitempty"`
	// Reopen reports that the thread was resolved by dfbot and has to be opened again, or no one sees the comment.
	Reopen bool `json:"reopen,omitempty"`
}
