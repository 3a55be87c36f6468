package checks

import (
	"fmt"
	"strings"

	"github.com/dfbot/dfbot/review"
)

// Help lists the commands to someone who may give them. One who may not push may not ask for a commit.
func Help(mayPush bool) string {
	type row struct{ form, does string }
	all := []row{{"/dfbot review", "reviews the pull request again, as **Re-run** does"}}
	if mayPush {
		all = append(all, row{"/dfbot fix", "commits all safe fixes to the branch of the pull request"},
			row{"/dfbot fix RULE ...", "commits the fixes of these rules, those to be checked first too"})
	}
	all = append(all, []row{
		{"/dfbot ignore RULE [reason]", "says no more of a rule on this pull request; in a thread of dfbot's, no " +
			"more of that thread's findings of the rule"},
		{"/dfbot explain RULE", "says what a rule is about"},
		{"/dfbot help", "lists the commands"},
	}...)
	var b strings.Builder
	b.WriteString("A command is a line of its own at the beginning of a line, outside of quotations and code:\n\n")
	for _, c := range all {
		fmt.Fprintf(&b, "- %s %s.\n", Code(c.form), c.does)
	}
	b.WriteString("\nRULE is a name, such as `apt-recommends`, or another tool's code, such as `DL3015`: " +
		"[all rules](" + DocsURL + ").\n")
	return b.String()
}

// maxExplained is the most bytes of a rule's page in a comment.
const maxExplained = 6000

// Explain says what a rule is about. The page is the rule's own, in Markdown.
func Explain(name, page string) string {
	_, text, _ := strings.Cut(page, "\n")
	if before, _, more := strings.Cut(text, "\n## When not to"); more {
		text = before
	}
	chapters := strings.Split(text, "\n## ")
	shown := chapters[0]
	for _, c := range chapters[1:] {
		if title, words, ok := strings.Cut(c, "\n"); ok && len(shown)+len(c) < maxExplained {
			shown += "\n**" + title + "**\n" + words
		}
	}
	link := "**[" + name + "](" + DocsURL + name + ".md)**\n"
	if len(shown) > maxExplained {
		return link
	}
	return link + strings.TrimRight(shown, "\n") + "\n"
}

// UnknownRule says that there is no rule of a name, and which one may be meant; near is "" if none is.
func UnknownRule(name, near string) string {
	s := "dfbot has no rule " + Code(name) + "."
	if near != "" {
		s += " Did you mean " + Code(near) + "?"
	}
	return s + " The [rules](" + DocsURL + ") have their names on one page.\n"
}

// NothingToFix says that there is nothing to commit for a command.
func NothingToFix(rules int) string {
	if rules > 0 {
		return "There is no proved fix of that in what this pull request changes.\n"
	}
	return "There is no safe fix in what this pull request changes. `/dfbot fix RULE` also commits the fixes of a " +
		"rule that are to be checked first.\n"
}

// ElsewhereIgnored says that a command to ignore a rule is in a thread that dfbot has not opened.
func ElsewhereIgnored() string {
	return "dfbot has not opened this thread, so nothing in it can be ignored. A comment on the pull request ignores " +
		"a rule for all of it.\n"
}

// NoGroup is the check run of a merge group for which there is no result.
func NoGroup(name string, fails bool) Run {
	run := Run{
		Name: name, ExternalID: "v1:group", Conclusion: review.Neutral, Title: "No result for this merge group",
		Summary: "dfbot found no result of the pull request that this merge group is for. Queue the pull request " +
			"again after its own check has a result.\n",
	}
	if fails {
		run.Conclusion = review.Failure
		run.Summary = FailsUnreviewed("the pull request was not reviewed") + run.Summary
	}
	return run
}

// Group is the check run of a merge group for a pull request: its verdict stays.
func Group(name string, pull int, head string, verdict review.Conclusion) Run {
	return Run{
		Name: name, ExternalID: "v1:group", Conclusion: verdict,
		Title: fmt.Sprintf("The result of pull request #%d: %s", pull, verdict),
		Summary: fmt.Sprintf("The check of #%d at %s ended with %s. It counts for this merge group too: dfbot "+
			"reviews what a pull request changes, and each pull request in the queue has a group of its own.\n", pull,
			Code(short(head)), verdict),
	}
}
