package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// Shares of the summary, in bytes. What does not fit is counted. The patches, which come last
// to be filled, take what is left.
const (
	tableShare = 24 << 10
	blockShare = 12 << 10
	notesShare = 12 << 10
	olderShare = 6 << 10
	runsShare  = 6 << 10
	stepsShare = 12 << 10
)

// summary is the check run's page: what was found and where it is reported, the patches that could not be suggestions,
// lines for other files, what else there is to know. missing is why it does not show a patch.
func summary(
	r *review.Review, noted []analysis.Diagnostic, meta Meta,
) (text string, missing map[*analysis.CombinedFix]review.Reason) {
	head := unreviewed(r) + muted(r) + opening(r) + table(r, noted, meta)
	tail := unfenced(r.Findings) + notes(r.Notes) + rebuilt(meta.Rebuilds) + running(r.Running) + gone(r.Fixed) +
		older(r)
	shown, missing := patches(r.Diffs, MaxSummary-len(head)-len(tail))
	return head + shown + tail, missing
}

// FailsUnreviewed is why a check fails though no finding fails it. The reason is in dfbot's own words.
func FailsUnreviewed(reason string) string {
	return "This check fails because " + reason + ", and the configuration sets `check.on-unreviewed: failure`.\n\n"
}

// unreviewed is the same for a review.
func unreviewed(r *review.Review) string {
	switch {
	case !r.FailsUnreviewed:
		return ""
	case incomplete(r):
		return FailsUnreviewed("not everything was reviewed (see the notes)")
	}
	if len(r.ConfigProblems) > 0 {
		return FailsUnreviewed("this pull request leaves mistakes in `" + r.ConfigPath + "`")
	}
	return FailsUnreviewed("the configuration was not understood in full (see the notes)")
}

// muted is what a reader and an owner can do where dfbot may not comment.
func muted(r *review.Review) string {
	if !r.Muted {
		return ""
	}
	why := ""
	if r.MutedBy != "" {
		why = " (" + Code(r.MutedBy) + ")"
	}
	s := "dfbot is not allowed to comment on this pull request" + why + ", so all findings are listed here.\n\n"
	if r.Lacks != "" {
		s += "**For owners:** accept the permission " + Permission(r.Lacks) +
			" under *Settings*, *GitHub Apps*. Then press **Re-run**.\n\n"
	}
	return s
}

// Permission words a permission that GitHub's API writes as "pull_requests=write".
func Permission(p string) string { return Code(strings.Replace(p, "=", ": ", 1)) }

// opening is the first sentence, where there is no table.
func opening(r *review.Review) string {
	switch {
	case len(r.Findings) > 0:
		return ""
	case r.Files > 0:
		return "Reviewed " + plural(r.Files, "Dockerfile", "Dockerfiles") +
			": no problems in what this pull request changes.\n"
	case incomplete(r):
		return "No Dockerfile of this pull request was reviewed.\n"
	case r.Excluded == 1:
		return "The one Dockerfile that this pull request changes is excluded by the configuration.\n"
	case r.Excluded > 1:
		return fmt.Sprintf("The %d Dockerfiles that this pull request changes are excluded by the configuration.\n",
			r.Excluded)
	}
	if r.Removed > 0 {
		return "This pull request deletes or renames " + plural(r.Removed, "Dockerfile", "Dockerfiles") +
			" and affects no other image build.\n"
	}
	return "This pull request affects no image build.\n"
}

// places are where a finding is reported besides this table.
var places = map[review.Where]string{
	review.InAnnotation:  "annotation",
	review.InComment:     "comment",
	review.InOpenComment: "earlier comment",
	review.InDismissed:   "dismissed comment",
	review.InCommand:     "ignored by a command",
}

// table lists the findings, and why some have no comment.
func table(r *review.Review, noted []analysis.Diagnostic, meta Meta) string {
	if len(r.Findings) == 0 {
		return ""
	}
	annotated := map[string]bool{}
	for _, d := range noted {
		annotated[d.Fingerprint] = true
	}
	var rows []string
	silent := map[review.Reason]int{}
	for _, f := range r.Findings {
		d := f.Diagnostic
		place := places[f.Where]
		if to := meta.linkTo(f, r.Comments); to != "" {
			place = "[" + place + "](" + to + ")"
		}
		if f.Where == review.InAnnotation && !annotated[d.Fingerprint] {
			place = "this table only"
		}
		silent[f.Because]++
		severity := d.Severity.String() + since(f.Standing)
		rows = append(rows, fmt.Sprintf("| %s | %s | %s: %s | %s |\n", Cell(at(d.Path, d.Place.Line)), severity,
			link(d.Rule), sentence(d.Message, Cell), place))
	}
	shown, left := within(rows, tableShare)
	s := "| Location | Severity | Finding | Reported as |\n| --- | --- | --- | --- |\n" + shown
	if left > 0 {
		s += "\n" + plural(left, "more finding is", "more findings are") + " not listed.\n"
	}
	if r.Muted { // the reason for all is above the table
		return s
	}
	return s + silences(silent)
}

// silences counts the findings without a comment by reason.
func silences(n map[review.Reason]int) string {
	s := ""
	for r := review.NoReason + 1; r <= review.NoLine; r++ {
		if n[r] > 0 {
			s += "\n" + plural(n[r], "finding has", "findings have") + " no comment" + because(r) + ".\n"
		}
	}
	return s
}

// at is a place as compilers write it. A long path is cut at its start: the end says more.
func at(path string, line int) string {
	const most = maxSpan - 20
	if runes := []rune(path); len(runes) > most {
		path = "…" + string(runes[len(runes)-most:])
	}
	return fmt.Sprintf("%s:%d", path, line)
}

// patches shows the patches in so many bytes. missing is why it does not show one.
func patches(ps []review.Diff, share int) (string, map[*analysis.CombinedFix]review.Reason) {
	missing := map[*analysis.CombinedFix]review.Reason{}
	miss := func(p review.Diff, why review.Reason) {
		for _, part := range p.Parts {
			missing[part.Fix] = why
		}
	}
	diffs, sentences := "", ""
	room := share - patchesReserve
	left := 0
	for _, p := range ps {
		s, why := patch(p)
		if why == review.NoReason && len(diffs)+len(sentences)+len(s) > room {
			s, why = unshown(p, review.TooLong), review.TooLong
		}
		if why != review.NoReason {
			miss(p, why)
		}
		switch {
		case len(diffs)+len(sentences)+len(s) > room:
			left += len(p.Parts)
		case why == review.NoReason:
			diffs += s
		default:
			sentences += s
		}
	}
	text := ""
	if diffs != "" {
		text = "\n### Patches\n\n" + patchesIntro(ps) + diffs
	}
	if sentences != "" || left > 0 {
		text += "\n### Fixes without a patch\n" + sentences
	}
	if left > 0 {
		text += "\n" + plural(left, "more fix", "more fixes") + ".\n"
	}
	return text, missing
}

// patchesReserve is for the titles and the last line, in bytes.
const patchesReserve = 300

func patchesIntro(ps []review.Diff) string {
	if slices.ContainsFunc(ps, func(p review.Diff) bool { return p.After }) {
		return "Verified like the suggestions. Apply the suggestions in the comments first, then these with " +
			"`git apply`.\n"
	}
	return "Verified like the suggestions. Apply with `git apply`.\n"
}

// patch is one patch as a diff, or the reason why there is none.
func patch(p review.Diff) (string, review.Reason) {
	if p.Text == "" {
		return unshown(p, p.Missing), p.Missing
	}
	block, ok := Fence("diff", p.Text)
	if !ok {
		return unshown(p, review.Unshowable), review.Unshowable
	}
	s := ""
	for _, part := range p.Parts {
		s += "\n" + heading(p.Path, part) + ": no suggestion" + because(part.Because) + ".\n"
		if text := caveats(part.Fix); text != "" {
			s += "\n" + strings.TrimSuffix(text, "\n")
		}
	}
	return s + "\n" + block, review.NoReason
}

// unshown is why a patch is not shown, and how to get it.
func unshown(p review.Diff, why review.Reason) string {
	s := ""
	for _, part := range p.Parts {
		s += "\n" + heading(p.Path, part) + ": no patch" + because(why) + ". " + instead(why, part.Fix) + "\n"
	}
	return s
}

func heading(path string, part review.Part) string {
	return Code(at(path, part.Line)) + ", " + links(part.Fix.Fixed)
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

// running lists what changes in the images at run time, folded.
func running(all []review.Running) string {
	var rows []string
	for _, f := range all {
		for _, c := range f.Changes {
			of := f.Path
			if c.Stage != "" {
				of += ", target " + c.Stage
			}
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |\n", Cell(of), Cell(c.Setting),
				value(c.Before.Text, c.Before.Base), value(c.After.Text, c.After.Base)))
		}
	}
	if len(rows) == 0 {
		return ""
	}
	shown, left := within(rows, runsShare)
	s := "\n<details><summary>What changes at run time</summary>\n\n" +
		"| Image | Setting | Before | After |\n| --- | --- | --- | --- |\n" + shown
	if left > 0 {
		s += "\n" + plural(left, "more change is", "more changes are") + " not listed.\n"
	}
	return s + "\n</details>\n"
}

// value is the value of a setting, as [review/contract.Value] has it.
func value(text string, base bool) string {
	switch {
	case text != "":
		return Cell(text)
	case base:
		return "as in the base image"
	}
	return "not set"
}

// gone lists what the pull request fixes, folded under a line that counts it.
func gone(ds []analysis.Diagnostic) string {
	if len(ds) == 0 {
		return ""
	}
	var lines []string
	for _, d := range ds {
		lines = append(lines, "- "+Code(at(d.Path, d.Place.Line))+": "+link(d.Rule)+"\n")
	}
	shown, left := within(lines, olderShare)
	if left > 0 {
		shown += "- " + plural(left, "more", "more") + "\n"
	}
	return "\n<details><summary>" + plural(len(ds), "finding", "findings") +
		" fixed by this pull request</summary>\n\n" +
		"Lines are those of the base branch.\n\n" + shown + "\n</details>\n"
}

// older counts what was there before the pull request, and what may have been. What a pull request below in the stack
// brings is said there.
func older(r *review.Review) string {
	return fold(r.Lower, "finding introduced lower in the stack", "findings introduced lower in the stack") +
		fold(r.Older, "older finding", "older findings") +
		fold(r.Unknown, "finding that may be older", "findings that may be older")
}

// fold lists the rules of each file, folded under a line that counts their findings.
func fold(counts []review.Count, one, many string) string {
	n := 0
	var lines []string
	for i, c := range counts {
		n += c.N
		item := fmt.Sprintf("%s %d", link(c.Rule), c.N)
		if i > 0 && counts[i-1].Path == c.Path {
			lines[len(lines)-1] += ", " + item
		} else {
			lines = append(lines, "- "+Code(c.Path)+": "+item)
		}
	}
	if n == 0 {
		return ""
	}
	for i := range lines {
		lines[i] += "\n"
	}
	shown, left := within(lines, olderShare)
	if left > 0 {
		shown += "- " + plural(left, "more Dockerfile", "more Dockerfiles") + "\n"
	}
	return "\n<details><summary>" + plural(n, one, many) + "</summary>\n\n" + shown + "\n</details>\n"
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
