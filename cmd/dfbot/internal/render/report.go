// Package render shows what a review of local files has found: as text for people, as JSON and SARIF for programs, and
// as one patch. Everything is passed to it: it must never read files, run rules or decide what is wrong.
//
// All views count lines and columns from 1, and columns in characters (Unicode code points, an
// invalid byte counts as one); a byte order mark is no character. Byte offsets count from 0.
package render

import (
	"fmt"

	"github.com/dfbot/dfbot/checks"
	"github.com/dfbot/dfbot/review/analysis"
)

// Report is the outcome of one run, in the order in which it is shown.
type Report struct {
	Files   []*File
	Trouble []Trouble
	Rules   []*analysis.Rule // that were looked for
	Several bool             // the files belong to more than one repository
}

// File is one Dockerfile, or a file that defines builds, and what is to be said of it.
type File struct {
	Name    string // as a person would type it: relative to the working directory or absolute
	Path    string // slash-separated from the repository's root
	Abs     string // absolute; "" for standard input
	Root    string // of the repository, absolute
	Src     []byte // as analysed
	Skipped string // not empty: why it was not reviewed
	Defines bool   // it is no Dockerfile, but defines builds

	Diagnostics []analysis.Diagnostic // chosen to be shown
	Groups      []analysis.Group      // of the Diagnostics, with their proved patches; only Text needs them
	Hidden      int                   // diagnostics below the least severity
	Ignored     int                   // diagnostics that a comment silences

	Fixed   []byte                // with all proved fixes that were asked for; Src where there are none
	Applied []analysis.Diagnostic // what Fixed fixes
}

// Trouble is what kept a part of the work from being done.
type Trouble struct {
	Name    string `json:"path,omitempty"` // the file that it is about; may be empty
	Line    int    `json:"line,omitempty"` // 1-based; 0 where there is none
	Message string `json:"message"`        // one line; may hold text from the repository
}

// Summary counts what a report holds.
type Summary struct {
	Dockerfiles int `json:"dockerfiles"` // reviewed
	Affected    int `json:"affected"`    // of them, with findings
	Definitions int `json:"definitions"` // files that define builds, with findings
	Findings    int `json:"findings"`
	Errors      int `json:"errors"`
	Warnings    int `json:"warnings"`
	Notices     int `json:"notices"`
	Fixable     int `json:"fixable"` // findings with a proved fix that is safe
	Unsafe      int `json:"unsafe"`  // findings with a proved fix that is not
	Hidden      int `json:"hidden"`  // findings below the least severity, not in Findings
	Ignored     int `json:"ignored"` // findings silenced by comments in the Dockerfiles
	Skipped     int `json:"skipped"` // files that are no Dockerfiles of Docker's own language
}

// Summary counts.
func (r *Report) Summary() Summary {
	var s Summary
	for _, f := range r.Files {
		if f.Skipped != "" {
			s.Skipped++
			continue
		}
		s.count(f)
		for _, d := range f.Diagnostics {
			s.add(d)
		}
	}
	return s
}

// count counts a file that was reviewed, without its findings.
func (s *Summary) count(f *File) {
	s.Hidden += f.Hidden
	s.Ignored += f.Ignored
	if !f.Defines {
		s.Dockerfiles++
	}
	switch {
	case len(f.Diagnostics) == 0:
	case f.Defines:
		s.Definitions++
	default:
		s.Affected++
	}
}

func (s *Summary) add(d analysis.Diagnostic) {
	s.Findings++
	switch d.Severity {
	case analysis.Error:
		s.Errors++
	case analysis.Warning:
		s.Warnings++
	default:
		s.Notices++
	}
	switch trust(d) {
	case analysis.Safe:
		s.Fixable++
	case analysis.Unsafe:
		s.Unsafe++
	}
}

// trust is the applicability of the fix that --fix would make.
func trust(d analysis.Diagnostic) analysis.Applicability {
	if d.Fix == nil {
		return analysis.DisplayOnly
	}
	return d.Fix.Applicability
}

// RulePage is the address of the page of a rule.
func RulePage(r *analysis.Rule) string {
	return checks.DocsURL + r.Name + ".md"
}

// String is the trouble on one line, safe to print.
func (t Trouble) String() string {
	switch {
	case t.Name == "":
		return Visible(t.Message)
	case t.Line == 0:
		return Visible(fmt.Sprintf("%s: %s", t.Name, t.Message))
	}
	return Visible(fmt.Sprintf("%s:%d: %s", t.Name, t.Line, t.Message))
}
