package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

// comment words one comment, and reports whether it offers a suggestion. missing is why the check run does not show a
// patch.
func comment(c review.Comment, meta Meta, missing map[*analysis.CombinedFix]review.Reason) (ReviewComment, bool) {
	out := ReviewComment{Path: c.Path, Line: c.End, Side: "RIGHT"}
	if c.Start != c.End {
		out.StartLine = c.Start
	}
	var offered bool
	out.Body, offered = body(c, meta, missing)
	return out, offered
}

// body is the marker and, below it, in this order: what is fixed of what the comment said before; rule, severity and
// what is wrong; what to check; the suggestion; what it leaves out; lines for other files; how to keep the code as it
// is. Its parts are whole paragraphs, lists and fences, so that one can be left out where the comment gets too long.
func body(c review.Comment, meta Meta, missing map[*analysis.CombinedFix]review.Reason) (string, bool) {
	m := c.Marker
	m.Head = meta.Head
	first := m.String() + "\n" + partly(m)
	said := wrong(c)
	var offer, tail string
	block, offered := suggestion(c)
	switch {
	case c.Keeps:
		offer = "Dismissed by a reply. To keep it beyond this pull request, commit this:\n\n" + block
	case offered:
		offer = caveats(c.Fix) + block + proved(c, meta) + leftOut(c)
		offered = len(first)+len(said)+1+len(offer) <= MaxBody // else fit leaves it out
	case c.Fix != nil && missing[c.Fix] != review.NoReason:
		offer = "There is a fix, but no patch" + because(missing[c.Fix]) + ". " + instead(missing[c.Fix], c.Fix) + "\n"
	case c.Fix != nil:
		offer = "The fix is a patch in the check run " + Code(meta.CheckName) + because(c.Because) + ".\n"
	}
	offer += sketch(c.Sketch)
	if !meta.NoIgnoreComments && !c.Keeps {
		tail = silence(c.Diagnostics)
	}
	return fit(MaxBody, first, said, offer, forOtherFiles(c.Diagnostics), tail), offered
}

// proved is what the graphs prove of a suggestion.
func proved(c review.Comment, meta Meta) string {
	if meta.Proved == nil {
		return ""
	}
	if what := meta.Proved(c.Path, c.Fix); what != "" {
		return "\n<sub>Proved by BuildKit's build graph: " + what + ".</sub>\n"
	}
	return ""
}

// fit puts the parts together in their order, with a blank line between them. The first two must fit; a later one that
// does not is left out.
func fit(limit int, parts ...string) string {
	var b strings.Builder
	for i, part := range parts {
		if part == "" || i > 1 && b.Len()+1+len(part) > limit {
			continue
		}
		if i > 1 {
			b.WriteByte('\n')
		}
		b.WriteString(part)
	}
	return b.String()
}

// mostSaid is the most diagnostics that one comment spells out.
const mostSaid = 10

// wrong is what is wrong and what it costs: a paragraph, or a list where there are several. What would be said twice is
// said once.
func wrong(c review.Comment) string {
	whys := map[string]bool{}
	all := alike(c)
	if len(all) == 1 {
		return paragraph(c, all[0], whys)
	}
	var b strings.Builder
	for n, same := range all {
		if n == mostSaid {
			var rest []analysis.Diagnostic
			for _, i := range slices.Concat(all[n:]...) {
				rest = append(rest, c.Diagnostics[i])
			}
			fmt.Fprintf(&b, "- %s of %s\n", plural(len(rest), "more finding", "more findings"), links(rest))
			break
		}
		b.WriteString("- " + paragraph(c, same, whys))
	}
	return b.String()
}

// alike are the indexes of the comment's diagnostics, those together that say the same.
func alike(c review.Comment) (all [][]int) {
	at := map[string]int{}
	for i, d := range c.Diagnostics {
		text := d.Rule.Name + " " + d.Severity.String() + since(c.Standing(i)) + " " + what(d, Code)
		if _, ok := at[text]; !ok {
			at[text] = len(all)
			all = append(all, nil)
		}
		all[at[text]] = append(all[at[text]], i)
	}
	return all
}

// paragraph opens with rule and severity, and names the line of a finding that is alone and on none of the comment's.
// It says what the mistake costs if no paragraph before it has said the same.
func paragraph(c review.Comment, same []int, whys map[string]bool) string {
	d, at := c.Diagnostics[same[0]], ""
	if p := d.Place; len(c.Diagnostics) == 1 && p.Line > 0 && (p.Line > c.End || p.EndLine < c.Start) {
		at = fmt.Sprintf(" in line %d", d.Place.Line)
	}
	text := sentence(d.Message, Code)
	if why := sentence(d.Why, Code); why != "" && !whys[why] {
		whys[why] = true
		text += " " + why
	}
	heading := "**" + link(d.Rule) + "** · " + d.Severity.String() + at + since(c.Standing(same[0]))
	return heading + ": " + text + times(c, same) + "\n"
}

// times says where several findings are that say the same.
func times(c review.Comment, same []int) string {
	var lines []string
	for _, i := range same {
		if n := fmt.Sprint(c.Diagnostics[i].Place.Line); !slices.Contains(lines, n) {
			lines = append(lines, n)
		}
	}
	switch {
	case len(same) == 1:
		return ""
	case len(lines) == 1:
		return fmt.Sprintf(" Found %d times in line %s.", len(same), lines[0])
	}
	return " Found in lines " + and(lines) + "."
}

// since follows the severity of a mistake that the pull request does not introduce.
func since(standing review.Standing) string {
	switch standing {
	case review.Worse:
		return ", older and now worse"
	case review.Older:
		return ", older"
	}
	return ""
}

// suggestion is the block that GitHub offers to apply. It replaces exactly the comment's lines.
func suggestion(c review.Comment) (string, bool) {
	if c.Suggestion == nil || c.Fix == nil && !c.Keeps {
		return "", false
	}
	content := ""
	if len(c.Suggestion.Lines) > 0 {
		content = strings.Join(c.Suggestion.Lines, "\n") + "\n"
	}
	return Fence("suggestion", content)
}

// caveats are what to check before an unsafe patch is applied. They come before the patch.
func caveats(p *analysis.CombinedFix) string {
	if p.Applicability >= analysis.Safe {
		return ""
	}
	var all []string
	seen := map[string]bool{}
	for _, d := range p.Fixed {
		if d.Fixable(analysis.Safe) {
			continue
		}
		if text := sentence(d.Fix.Check(), Code); !seen[text] {
			seen[text] = true
			all = append(all, text)
		}
	}
	text := strings.TrimSpace(strings.Join(all, " "))
	if text == "" {
		text = "the image may behave differently."
	}
	return "**Check before applying:** " + text + "\n\n"
}

// leftOut names what the suggestion fixes, where that is not all.
func leftOut(c review.Comment) string {
	if len(c.Fix.Fixed) == len(c.Diagnostics) {
		return ""
	}
	s := "\nThe suggestion fixes only " + links(c.Fix.Fixed)
	if len(c.Fix.LeftOut) > 0 {
		s += "; the fix for " + links(c.Fix.LeftOut) + " could not be verified together with it"
	}
	return s + ".\n"
}

// sketch shows a fix that is not proved.
func sketch(s *review.Sketch) string {
	if s == nil {
		return ""
	}
	block, ok := Fence("diff", s.Diff)
	if !ok {
		return ""
	}
	return "A sketch, not verified: " + stop(own(s.Title)) + "\n\n" + block
}

// silence is how to keep the code as it is. No comment silences a file that does not parse, or what is wrong in
// another file than a Dockerfile.
func silence(ds []analysis.Diagnostic) string {
	var names []string
	seen := map[*analysis.Rule]bool{analysis.DoesNotParse: true}
	for _, d := range ds {
		if !seen[d.Rule] && !d.Rule.Definitions {
			seen[d.Rule] = true
			names = append(names, d.Rule.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	place := "the instruction"
	if len(names) > 1 {
		place = "an instruction to keep it" // the comment may be about several
	}
	return "<sub>Intentional? Add `# dfbot ignore=" + strings.Join(names, ",") + " <reason>` above " + place +
		".</sub>\n"
}
