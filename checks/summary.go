package checks

import (
	"fmt"
	"strings"

	"github.com/dfbot/dfbot/review"
)

// Shares of the summary, in bytes. What does not fit is counted. The patches, which come last
// to be filled, take what is left.
const (
	tableShare = 24 << 10
	blockShare = 12 << 10
	notesShare = 12 << 10
	olderShare = 6 << 10
)

// summary is the check run's page: what was found and where it is told, the patches that could
// not be suggestions, what belongs into other files, what else there is to know.
func summary(r *review.Review) string {
	head := unreviewed(r) + opening(r) + table(r.Findings)
	tail := unfenced(r.Findings) + notes(r.Notes) + older(r)
	return head + patches(r.Patches, MaxSummary-len(head)-len(tail)) + tail
}

// FailsUnreviewed says why a check fails though no finding makes it. Reason is dfbot's own.
func FailsUnreviewed(reason string) string {
	return "This check fails because " + reason + ", and the configuration sets `check.on-unreviewed: failure`.\n\n"
}

// unreviewed says that where it is so.
func unreviewed(r *review.Review) string {
	switch {
	case !r.FailsUnreviewed:
		return ""
	case incomplete(r):
		return FailsUnreviewed("not everything was reviewed (see the notes)")
	}
	return FailsUnreviewed("this pull request breaks `" + r.ConfigPath + "`")
}

// opening is the first sentence.
func opening(r *review.Review) string {
	switch {
	case len(r.Findings) > 0:
		return ""
	case r.Files == 0 && !incomplete(r):
		return "This pull request touches no Dockerfile.\n"
	case r.Files == 0:
		return "No Dockerfile of this pull request could be judged.\n"
	}
	return "dfbot has read " + plural(r.Files, "Dockerfile", "Dockerfiles") + " and found nothing to say about what this pull request changes.\n"
}

var wheres = map[review.Where]string{
	review.InAnnotation:  "annotation",
	review.InComment:     "comment",
	review.InOpenComment: "earlier comment",
	review.InDismissed:   "dismissed",
}

// table lists the findings.
func table(fs []review.Finding) string {
	if len(fs) == 0 {
		return ""
	}
	var rows []string
	for _, f := range fs {
		d := f.Diagnostic
		rows = append(rows, fmt.Sprintf("| %s | %s | %s: %s | %s |\n", Cell(at(d.Path, d.Place.Line)), d.Severity,
			link(d.Rule), sentence(d.Message, Cell), wheres[f.Where]))
	}
	shown, left := within(rows, tableShare)
	s := "| Where | Severity | Finding | Told in |\n| --- | --- | --- | --- |\n" + shown
	if left > 0 {
		s += "\n" + plural(left, "more finding is", "more findings are") + " not listed.\n"
	}
	return s
}

// at is a place as compilers write it. A long path keeps its end, which says more.
func at(path string, line int) string {
	const most = maxSpan - 20
	if runes := []rune(path); len(runes) > most {
		path = "…" + string(runes[len(runes)-most:])
	}
	return fmt.Sprintf("%s:%d", path, line)
}

// patches shows the patches in so many bytes.
func patches(ps []review.Patch, share int) string {
	const title = "\n### Patches\n\nProved like the suggestions, but to be applied with `git apply`.\n"
	const reserve = 100 // for the last line
	if len(ps) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(title)
	left := 0
	for _, p := range ps {
		s := patch(p)
		if b.Len()+len(s)+reserve > share {
			left++
			continue
		}
		b.WriteString(s)
	}
	if left > 0 {
		b.WriteString("\n" + plural(left, "patch is", "patches are") + " too long to be shown here.\n")
	}
	return b.String()
}

// patch is one patch as a diff.
func patch(p review.Patch) string {
	s := "\n" + Code(at(p.Path, p.Line)) + ", " + links(p.Patch.Mends)
	if p.Because != "" {
		s += ": no suggestion, since " + own(p.Because)
	}
	s = stop(s) + "\n\n" + caveats(p.Patch)
	block, ok := Fence("diff", p.Diff)
	if !ok {
		return s + "The patch holds characters that cannot be shown.\n"
	}
	return s + block
}

// notes lists what else there is to know.
func notes(ns []review.Note) string {
	if len(ns) == 0 {
		return ""
	}
	var lines []string
	for _, n := range ns {
		lines = append(lines, "- "+sentence(n.Text, Code)+"\n")
	}
	shown, left := within(lines, notesShare)
	s := "\n### Notes\n\n" + shown
	if left > 0 {
		s += "- " + plural(left, "more note", "more notes") + "\n"
	}
	return s
}

// older counts what was there before the pull request.
func older(r *review.Review) string {
	n := 0
	var lines []string
	for _, c := range r.Older {
		n += c.N
		lines = append(lines, fmt.Sprintf("- %s: %d\n", link(c.Rule), c.N))
	}
	if n == 0 {
		return ""
	}
	in := " in this file"
	if r.OlderFiles > 1 {
		in = " in these files"
	}
	shown, left := within(lines, olderShare)
	if left > 0 {
		shown += "- " + plural(left, "more rule", "more rules") + "\n"
	}
	return "\n<details><summary>" + plural(n, "older finding", "older findings") + in + "</summary>\n\n" + shown + "\n</details>\n"
}

// within joins as many of the parts as fit into so many bytes, and counts the rest.
func within(parts []string, share int) (string, int) {
	var b strings.Builder
	for i, p := range parts {
		if b.Len()+len(p) > share {
			return b.String(), len(parts) - i
		}
		b.WriteString(p)
	}
	return b.String(), 0
}
