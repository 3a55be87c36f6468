package review

import (
	"fmt"
	"strings"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
)

// notes lists what a reader should know besides the findings: first what was not reviewed.
func (b *builder) notes() {
	b.gaps()
	b.misread()
	b.aboveConfig()
	if config.IsHadolint(b.policy.Path) {
		b.note("The configuration is %s, since there is no %s", b.policy.Path, config.Paths[0])
	}
	b.changesConfig()
	for _, p := range b.pull.ConfigProblems {
		b.note("This pull request's %s, line %d: "+p.Format+nearest(p), problemArgs(b.pull.ConfigChanged, p)...)
	}
	if n := b.pull.Excluded; n > 0 && b.review.Files > 0 {
		b.note(plural(n, "more changed Dockerfile", "more changed Dockerfiles") + " excluded by the configuration")
	}
	b.silenced()
	b.commanded()
	if b.ignored > 0 {
		b.note(plural(b.ignored, "finding", "findings") + " ignored by the configuration")
	}
	b.newer()
	b.unproved()
}

// newer counts the findings that the pin of the rules makes notices.
func (b *builder) newer() {
	n := 0
	for _, f := range b.review.Findings {
		if r := f.Diagnostic.Rule; r.Severity > analysis.Notice && b.policy.Newer(r) {
			n++
		}
	}
	if n > 0 {
		b.note(plural(n, "finding is a notice because its rule is", "findings are notices because their rules are") +
			" newer than rules-version " + b.policy.RulesVersion)
	}
}

// aboveConfig says where the configuration is from, if not from the base branch alone.
func (b *builder) aboveConfig() {
	p := b.policy
	if p.Trunk != "" {
		b.note("This pull request is stacked on another: the configuration is that of the branch %s", p.Trunk)
	}
	switch {
	case p.Extends != "" && p.Above == "":
		b.note("%s extends %s, and dfbot finds no %s there: it reads a private one only if the App is installed on it",
			p.Path, p.Organization, config.Paths[0])
	case p.Extends != "":
		b.note("The configuration is %s of %s, and %s", p.Above, p.Organization, p.Path)
	case p.Above != "":
		b.note("The configuration is %s of %s, since this repository has none", p.Above, p.Organization)
	}
}

// changesConfig is what the merge will do to the configuration.
func (b *builder) changesConfig() {
	switch gone, changed := b.pull.ConfigGone, b.pull.ConfigChanged; {
	case gone != "" && changed != "":
		b.note("This pull request deletes or renames %s; after the merge, %s applies", gone, changed)
	case gone != "":
		b.note("This pull request deletes or renames %s; after the merge, the organization's configuration or the "+
			"defaults apply", gone)
	case changed != "":
		b.note("This pull request changes %s; the change takes effect after the merge", changed)
	}
}

// misread lists what was not understood of the configuration in force. A pull request that fixes the file must not fail
// for it, or no one could fix it.
func (b *builder) misread() {
	for _, p := range b.policy.Problems {
		b.note("The configuration was not understood in full: %s, line %d: "+p.Format+nearest(p),
			problemArgs(b.policy.Path, p)...)
	}
	for _, p := range b.policy.ProblemsAbove {
		b.note("The configuration of the organization was not understood in full: %s, line %d: "+p.Format+nearest(p),
			problemArgs(b.policy.Organization+"/"+b.policy.Above, p)...)
	}
	fixes := (b.pull.ConfigChanged != "" || b.pull.ConfigGone != "") && len(b.pull.ConfigProblems) == 0
	b.unreviewed = b.unreviewed || len(b.policy.Problems) > 0 && !fixes || len(b.policy.ProblemsAbove) > 0
}

// gaps lists what was not reviewed.
func (b *builder) gaps() {
	if b.pull.FilesTruncated {
		b.incomplete("GitHub truncated the list of changed files; image builds that the others affect may not have " +
			"been reviewed")
	}
	if b.pull.TreeTruncated {
		b.incomplete("GitHub truncated the list of files in the repository; findings that depend on the build " +
			"context may be missing")
	}
	for _, gap := range b.pull.Gaps {
		b.incomplete(verbatim(gap))
	}
	for _, u := range b.pull.Unread {
		b.incomplete("%s was not reviewed: "+verbatim(u.Reason), u.Path)
	}
	for _, res := range b.results {
		if !res.Foreign.Empty() {
			b.incomplete("%s was not reviewed: "+res.Foreign.Format,
				append([]any{res.Unit.Path}, res.Foreign.Args...)...)
		}
		if !res.Unread.Empty() {
			b.incomplete("%s was not reviewed: "+res.Unread.Format, append([]any{res.Unit.Path}, res.Unread.Args...)...)
		}
		if b.brokenBefore(&res) {
			also := ", with or without this pull request"
			if b.pull.Changes[res.Unit.Path].Base == nil {
				also = ""
			}
			b.incomplete("%s was not reviewed: Docker cannot build it"+also, res.Unit.Path)
		}
		for _, gap := range res.Gaps {
			b.incomplete("%s: "+gap.Format, append([]any{res.Unit.Path}, gap.Args...)...)
		}
		for _, c := range res.Crashed {
			b.incomplete("The rule "+c.Rule.Name+" crashed on %s; its findings there are missing", res.Unit.Path)
		}
	}
}

// maxSilenced is the most silenced diagnostics that are listed one by one.
const maxSilenced = 20

// silenced lists what comments in the Dockerfiles silence, so that a reviewer sees it.
func (b *builder) silenced() {
	n := 0
	for _, res := range b.results {
		for _, ig := range res.Ignored {
			if n++; n > maxSilenced {
				continue
			}
			at := fmt.Sprintf("%s:%d", ig.Diagnostic.Path, ig.Diagnostic.Place.Line)
			if ig.Reason == "" {
				b.note("%s: a comment silences "+ig.Diagnostic.Rule.Name+" without a reason", at)
			} else {
				b.note("%s: a comment silences "+ig.Diagnostic.Rule.Name+": %s", at, ig.Reason)
			}
		}
	}
	if n > maxSilenced {
		b.note("Comments silence %d more findings", n-maxSilenced)
	}
}

func (b *builder) unproved() {
	n := 0
	for _, res := range b.results {
		n += len(res.Unproved)
	}
	if n > 0 {
		b.note("Not shown: " + plural(n, "fix", "fixes") + " that could not be verified")
	}
}

func (b *builder) note(format string, args ...any) {
	b.review.Notes = append(b.review.Notes, Note{Text: analysis.Say(format, args...)})
}

func (b *builder) incomplete(format string, args ...any) {
	b.unreviewed = true
	b.review.Notes = append(b.review.Notes, Note{Text: analysis.Say(format, args...), Incomplete: true})
}

func nearest(p config.Problem) string {
	if p.Nearest == "" {
		return ""
	}
	return "; did you mean %s?"
}

// Problem is what is wrong with a configuration, without its place.
func Problem(p config.Problem) analysis.Message {
	return analysis.Say(p.Format+nearest(p), problemArgs("", p)[2:]...)
}

func problemArgs(path string, p config.Problem) []any {
	if path == "" {
		path = config.Paths[0]
	}
	args := []any{path, p.Line}
	for _, a := range p.Args {
		args = append(args, a)
	}
	if p.Nearest != "" {
		args = append(args, p.Nearest)
	}
	return args
}

// verbatim makes a format of dfbot's own words.
func verbatim(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// plural counts things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
