package checks

import (
	"slices"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// annotated are the findings that are in no comment, the most severe first where there are more
// than a check run should have. Those of a Dockerfile that is not in the diff keep their place in another file, which
// is the one that the pull request changes.
func annotated(r *review.Review) []analysis.Diagnostic {
	var ds []analysis.Diagnostic
	for _, f := range r.Findings {
		if f.Where == review.InAnnotation {
			if f.Because != review.NotChanged && f.Because != review.NoDiff {
				f.Diagnostic.Elsewhere = analysis.Location{}
			}
			ds = append(ds, f.Diagnostic)
		}
	}
	if len(ds) > MaxAnnotations {
		slices.SortStableFunc(ds, func(x, y analysis.Diagnostic) int { return int(y.Severity) - int(x.Severity) })
		ds = ds[:MaxAnnotations]
	}
	return ds[:min(len(ds), MaxAnnotations-len(r.ConfigProblems))]
}

// annotations are the problems of the configuration and these findings as annotations.
func annotations(r *review.Review, ds []analysis.Diagnostic) []Annotation {
	all := configAnnotations(r)
	for _, d := range ds {
		all = append(all, annotation(d))
	}
	return all
}

// configAnnotations are the problems with the configuration that the pull request leaves, each on its line. There are
// config.MaxProblems at most.
func configAnnotations(r *review.Review) []Annotation {
	all := []Annotation{}
	for _, p := range r.ConfigProblems {
		all = append(all, Annotation{
			Path: r.ConfigPath, StartLine: max(p.Line, 1), EndLine: max(p.Line, 1), Level: "warning",
			Title:   cut(r.ConfigPath+" is not understood in full", maxTitle),
			Message: cut(sentence(review.Problem(p), Code), maxMessage),
		})
	}
	return all
}

// annotation is plain text; the strings of the pull request in it are shown as in Markdown, since
// no one promises that it stays plain.
func annotation(d analysis.Diagnostic) Annotation {
	a := Annotation{
		Path:      d.Path,
		StartLine: max(d.Place.Line, 1),
		EndLine:   max(d.Place.EndLine, d.Place.Line, 1),
		Level:     levels[d.Severity],
		Title:     cut(d.Rule.Name, maxTitle),
		Message:   cut(what(d, Code)+inWords(d.Snippet), maxMessage),
	}
	if e := d.Elsewhere; e.Path != "" {
		a.Path, a.StartLine, a.EndLine = e.Path, e.Line, e.Line
		a.Message = cut("For "+Code(at(d.Path, d.Place.Line))+": "+what(d, Code)+inWords(d.Snippet), maxMessage)
		return a
	}
	if a.StartLine == a.EndLine && d.Place.EndColumn > d.Place.Column {
		a.StartColumn, a.EndColumn = d.Place.Column, d.Place.EndColumn-1
	}
	return a
}

var levels = map[analysis.Severity]string{
	analysis.Notice: "notice", analysis.Warning: "warning", analysis.Error: "failure",
}

// cut shortens s to at most so many bytes, between two characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	most -= len("…")
	for most > 0 && s[most]&0xC0 == 0x80 {
		most--
	}
	return s[:most] + "…"
}
