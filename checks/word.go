package checks

import (
	"fmt"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// Word puts the review into GitHub's words.
func Word(r *review.Review, meta Meta) Post {
	p := Post{
		Run: Run{
			Name:        meta.CheckName,
			HeadSHA:     meta.Head,
			ExternalID:  fmt.Sprintf("v1:pr=%d", meta.PullRequest),
			Conclusion:  r.Conclusion,
			Title:       title(r),
			Summary:     summary(r),
			Annotations: annotations(r),
		},
		Comments:   []Comment{},
		ReviewBody: reviewBody(r),
		Fixed:      []Fixed{},
	}
	for _, c := range r.Comments {
		p.Comments = append(p.Comments, comment(c, meta))
	}
	for _, s := range r.Fixed {
		p.Fixed = append(p.Fixed, fixed(s, meta.Head))
	}
	return p
}

// reviewBody is the one line above the comments; "" where there are none.
func reviewBody(r *review.Review) string {
	found, offered := 0, 0
	for _, c := range r.Comments {
		found += len(c.Diagnostics)
		if c.Suggestion != nil {
			offered += len(c.Patch.Mends)
		}
	}
	switch {
	case found == 0:
		return ""
	case offered == 0:
		return "dfbot: " + plural(found, "finding", "findings") + "."
	case found == 1:
		return "dfbot: 1 finding, with a proved fix."
	}
	return fmt.Sprintf("dfbot: %d findings, %d with a proved fix.", found, offered)
}

// title sums the review up in a few words, none of which are the pull request's.
func title(r *review.Review) string {
	files, broken := map[string]bool{}, 0
	for _, f := range r.Findings {
		files[f.Diagnostic.Path] = true
		if f.Diagnostic.Rule == analysis.DoesNotParse {
			broken++
		}
	}
	s := "No findings"
	switch n := len(r.Findings); {
	case n == 1 && broken == 1:
		s = "Dockerfile does not parse"
	case n > 0 && n == broken:
		s = fmt.Sprintf("%d Dockerfiles do not parse", n)
	case n > 0:
		s = plural(n, "finding", "findings") + " in " + plural(len(files), "Dockerfile", "Dockerfiles")
		if broken > 0 {
			s += fmt.Sprintf(", %d of which cannot be built", broken)
		}
	case r.Files == 0 && !incomplete(r) && len(r.ConfigProblems) > 0:
		return brokenConfig(r)
	case r.Files == 0 && !incomplete(r):
		return "No Dockerfile touched"
	case r.Files == 0:
		return "Nothing could be judged"
	}
	if len(r.ConfigProblems) > 0 {
		s += "; " + brokenConfig(r)
	}
	if incomplete(r) {
		s += "; not everything could be judged"
	}
	return s
}

// brokenConfig says how many problems the configuration has that the pull request leaves. Its path is one of few that dfbot reads.
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
