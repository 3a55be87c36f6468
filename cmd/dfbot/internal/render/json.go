package render

import (
	"encoding/json"
	"io"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/analysis"
)

// document is what --format json writes. Fields may come anew; none changes its meaning or goes
// without a new Version.
type document struct {
	Version  int       `json:"version"` // 1
	Findings []finding `json:"findings"`
	Skipped  []skipped `json:"skipped"`
	Trouble  []Trouble `json:"trouble"`
	Summary  Summary   `json:"summary"`
}

// finding is one diagnostic. Findings are in the order of their files' names, then of their
// places.
type finding struct {
	Path     string            `json:"path"` // as on the command line: relative or absolute, with slashes
	Rule     string            `json:"rule"`
	Severity analysis.Severity `json:"severity"` // notice, warning or error
	Message  string            `json:"message"`  // words of the Dockerfile are in backticks
	Why      string            `json:"why"`      // what it costs here; may be empty
	Start    Position          `json:"start"`
	End      Position          `json:"end"` // exclusive
	// stays when lines move; depends on the path from the repository's root
	Fingerprint string   `json:"fingerprint"`
	Help        string   `json:"help"` // address of the rule's page
	Fixes       []fix    `json:"fixes"`
	Block       *snippet `json:"block,omitempty"`
}

// snippet is lines for the end of another file, which fix what no edit of the Dockerfile can.
type snippet struct {
	Path  string   `json:"path"` // of that file, from the repository's root
	New   bool     `json:"new"`  // it does not exist yet
	Lines []string `json:"lines"`
}

// fix is one way to fix a finding. Its edits all apply to the file as it was read. Those of
// different findings may touch the same bytes; --fix and --diff know which go together.
type fix struct {
	Title string `json:"title"`
	// safe, unsafe or display-only; the first two are proved
	Applicability analysis.Applicability `json:"applicability"`
	Caveat        string                 `json:"caveat,omitempty"` // what to check, the assumptions included
	// what the fix takes for granted; each completes "This assumes that ..."
	Assumes []string `json:"assumes,omitempty"`
	Edits   []edit   `json:"edits"`
}

// edit replaces the bytes from Start to End. A text that is not UTF-8 is given in New64 instead.
type edit struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
	New   string   `json:"new"`
	New64 []byte   `json:"newBase64,omitempty"`
}

type skipped struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// JSON writes the report as one document, indented.
func JSON(w io.Writer, r *Report) error {
	doc := document{Version: 1, Findings: []finding{}, Skipped: []skipped{}, Trouble: []Trouble{}, Summary: r.Summary()}
	for _, f := range r.Files {
		if f.Skipped != "" {
			doc.Skipped = append(doc.Skipped, skipped{f.Name, f.Skipped})
		}
		s := newSource(f.Src)
		for _, d := range f.Diagnostics {
			doc.Findings = append(doc.Findings, newFinding(f, s, d))
		}
	}
	doc.Trouble = append(doc.Trouble, r.Trouble...)
	return indented(w, doc)
}

func newFinding(f *File, s *source, d analysis.Diagnostic) finding {
	span := s.span(d)
	out := finding{
		Path: f.Name, Rule: d.Rule.Name, Severity: d.Severity, Message: d.Message.String(), Why: d.Why.String(),
		Start: s.position(span.Start), End: s.position(span.End), Fingerprint: d.Fingerprint,
		Help: RulePage(d.Rule), Fixes: []fix{},
	}
	if d.Snippet != nil {
		out.Block = &snippet{d.Snippet.Path, d.Snippet.New, d.Snippet.Lines}
	}
	if d.Fix != nil {
		out.Fixes = append(out.Fixes, newFix(s, *d.Fix))
	}
	return out
}

func newFix(s *source, x analysis.Fix) fix {
	out := fix{Title: x.Title, Applicability: x.Applicability, Caveat: x.Check().String(), Edits: []edit{}}
	for _, a := range x.Assumes {
		out.Assumes = append(out.Assumes, a.String())
	}
	for _, e := range x.Edits {
		to := edit{Start: s.position(e.Span.Start), End: s.position(e.Span.End), New: e.New}
		if !utf8.ValidString(e.New) {
			to.New, to.New64 = "", []byte(e.New)
		}
		out.Edits = append(out.Edits, to)
	}
	return out
}

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
