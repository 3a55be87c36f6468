package checks

import (
	"fmt"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// Word puts the review into GitHub's words.
func Word(r *review.Review, meta Meta) Post {
	noted := annotated(r)
	text, missing := summary(r, noted, meta)
	p := Post{
		Run: Run{
			Name:        meta.CheckName,
			ExternalID:  meta.ExternalID,
			Conclusion:  r.Conclusion,
			Title:       title(r),
			Summary:     text,
			Annotations: annotations(r, noted),
			Actions:     Buttons(meta.Offers),
		},
		Comments: []ReviewComment{},
		Fixed:    []Fixed{},
	}
	offered := 0
	for _, c := range r.Comments {
		worded, offers := comment(c, meta, missing)
		p.Comments = append(p.Comments, worded)
		if offers {
			offered += len(c.Fix.Fixed)
		}
	}
	p.ReviewBody = reviewBody(r, offered, meta)
	for _, s := range r.Done {
		p.Fixed = append(p.Fixed, fixed(s, meta))
	}
	p.Edited = edits(r, meta, missing)
	hold(&p, r)
	return p
}

// reviewBody is the line above the comments: how many findings are in them, how many of these a suggestion fixes, and
// how many more the pull request has; "" where there are no comments.
func reviewBody(r *review.Review, offered int, meta Meta) string {
	found := 0
	for _, c := range r.Comments {
		found += len(c.Diagnostics)
	}
	if found == 0 {
		return ""
	}
	s := "dfbot: " + plural(found, "finding", "findings")
	if n := len(r.Comments); n < found {
		s += " in " + plural(n, "comment", "comments")
	}
	switch {
	case offered == 0:
	case found == 1:
		s += ", with a suggested fix"
	case offered == found:
		s += ", all with a suggested fix"
	default:
		s += fmt.Sprintf(", %d with a suggested fix", offered)
	}
	s += "."
	if more := len(r.Findings) - found; more > 0 {
		s += fmt.Sprintf(" %d more in the check run %s%s.", more, Code(meta.CheckName), because(onlyReason(r)))
	}
	return s
}

// onlyReason is why the findings in no comment are in none, where it is the same for all; findings of earlier comments
// have no reason.
func onlyReason(r *review.Review) review.Reason {
	only := review.NoReason
	for _, f := range r.Findings {
		switch {
		case f.Where == review.InComment:
		case f.Because == review.NoReason, only != review.NoReason && only != f.Because:
			return review.NoReason
		default:
			only = f.Because
		}
	}
	return only
}

// title sums the review up in a few words, none of which are the pull request's.
func title(r *review.Review) string {
	s := counted(r)
	if incomplete(r) && r.Files > 0 {
		s += "; not everything was reviewed"
	}
	switch {
	case len(r.ConfigProblems) > 0 && (s == noBuild || s == noOther):
		s = brokenConfig(r)
	case len(r.ConfigProblems) > 0:
		s += "; " + brokenConfig(r)
	case r.Mistakes > 0:
		s += "; mistakes in the configuration"
	}
	if r.Muted {
		s += "; dfbot may not comment"
	}
	return s
}

const (
	noBuild = "No image build affected"
	noOther = "No other image build affected"
)

// counted counts the findings by severity, and their files.
func counted(r *review.Review) string {
	if len(r.Findings) == 0 {
		return withoutFindings(r)
	}
	s := countedFindings(r.Findings)
	switch {
	case r.Conclusion == review.Failure:
	case len(r.Findings) == 1:
		s += ", not blocking"
	default:
		s += ", none blocking"
	}
	return s
}

func withoutFindings(r *review.Review) string {
	switch {
	case r.Files > 0:
		return "No findings"
	case incomplete(r):
		return "Not reviewed"
	case r.Excluded > 0:
		return plural(r.Excluded, "Dockerfile", "Dockerfiles") + " excluded by the configuration"
	}
	if r.Removed > 0 {
		return noOther
	}
	return noBuild
}

func countedFindings(findings []review.Finding) string {
	files, broken, of := map[string]bool{}, 0, map[analysis.Severity]int{}
	one, many := "Dockerfile", "Dockerfiles"
	for _, f := range findings {
		if f.Diagnostic.Rule.Definitions {
			one, many = "file", "files"
		}
		files[f.Diagnostic.Path] = true
		if f.Diagnostic.Rule == analysis.DoesNotParse {
			broken++
			continue
		}
		of[f.Diagnostic.Severity]++
	}
	var parts []string
	switch broken {
	case 0:
	case 1:
		parts = append(parts, "1 Dockerfile that does not parse")
	default:
		parts = append(parts, fmt.Sprintf("%d Dockerfiles that do not parse", broken))
	}
	for _, severity := range []analysis.Severity{analysis.Error, analysis.Warning, analysis.Notice} {
		if n := of[severity]; n > 0 {
			parts = append(parts, plural(n, severity.String(), severity.String()+"s"))
		}
	}
	if broken == len(findings) {
		return and(parts)
	}
	return and(parts) + " in " + plural(len(files), one, many)
}

// brokenConfig counts the problems of the configuration that the pull request leaves. Its path is one of few that dfbot
// reads.
func brokenConfig(r *review.Review) string {
	return r.ConfigPath + " has " + plural(len(r.ConfigProblems), "problem", "problems")
}

func incomplete(r *review.Review) bool {
	for _, n := range r.Notes {
		if n.Incomplete {
			return true
		}
	}
	return false
}
