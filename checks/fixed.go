package checks

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review"
)

var suggestionFence = regexp.MustCompile("(?m)^(`{3,})suggestion$")

// fixed words an earlier comment whose findings are gone: it says what is known of why, and folds away what it said, without the
// suggestion, which must not be applied to other lines.
func fixed(d review.Done, meta Meta) Fixed {
	m, _ := review.ParseMarker(d.Body)
	old := strings.TrimPrefix(d.Body, m.String())
	old = strings.TrimLeft(strings.ReplaceAll(old, "\r\n", "\n"), "\n")
	old = suggestionFence.ReplaceAllString(old, "${1}dockerfile")
	m.Fixed = meta.Head
	said := m.String() + "\n" + ending(d.How, meta) + "\n"
	folded := "<details><summary>What this comment said</summary>\n\n" + strings.TrimRight(old, "\n") + "\n\n</details>\n"
	return Fixed{ID: d.ID, Thread: d.Thread, Body: fit(MaxBody, said, "", folded)}
}

// ending is the sentence for each ending.
func ending(how review.Ending, meta Meta) string {
	asOf := " as of " + Code(short(meta.Head))
	switch how {
	case review.Mended:
		return "**Fixed**" + asOf + "."
	case review.Changed:
		return "**Out of date**" + asOf + ": the code has changed. The check run " + Code(meta.CheckName) + " has what dfbot finds now."
	case review.SilencedInFile:
		return "**Silenced**" + asOf + ": a comment in the Dockerfile asks for it."
	case review.SilencedByConfig:
		return "**Silenced**" + asOf + ": the configuration ignores it or turns its rule off."
	case review.NoLongerChanged:
		return "**No longer applies**" + asOf + ": this pull request no longer changes the file."
	case review.DeletedOrRenamed:
		return "**No longer applies**" + asOf + ": this pull request deletes or renames the file."
	}
	return "**No longer reported**: dfbot has looked at " + Code(short(meta.Head)) + " again and does not find it."
}

// short is a commit as people write it.
func short(sha string) string { return sha[:min(7, len(sha))] }
