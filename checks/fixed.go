package checks

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

var suggestionFence = regexp.MustCompile("(?m)^(`{3,})suggestion$")

// fixed words an earlier comment whose findings are gone: it says what is known of why, and folds away what it said,
// without the suggestion, which must not be applied to other lines.
func fixed(d review.Done, meta Meta) Fixed {
	m, _ := review.ParseMarker(d.Body)
	old := strings.TrimPrefix(d.Body, m.String())
	old = strings.TrimLeft(strings.ReplaceAll(old, "\r\n", "\n"), "\n")
	old = suggestionFence.ReplaceAllString(old, "${1}dockerfile")
	m.Fixed = meta.Head
	said := m.String() + "\n" + ending(d.How, meta) + "\n"
	folded := "<details><summary>What this comment said</summary>\n\n" + strings.TrimRight(old, "\n") +
		"\n\n</details>\n"
	return Fixed{ID: d.ID, Thread: d.Thread, Body: fit(MaxBody, said, "", folded), Resolve: d.How == review.Mended}
}

// ending is the sentence for each ending.
func ending(how review.Ending, meta Meta) string {
	asOf := " as of " + Code(short(meta.Head))
	switch how {
	case review.Mended:
		return "**Fixed**" + asOf + "."
	case review.Changed:
		return "**Out of date**" + asOf + ": the code has changed. The check run " + Code(meta.CheckName) +
			" has what dfbot finds now."
	case review.SilencedInFile:
		return "**Silenced**" + asOf + ": a comment in the Dockerfile asks for it."
	case review.IgnoredByConfig:
		return "**Silenced**" + asOf + ": the configuration ignores it."
	case review.TurnedOff:
		return "**Silenced**" + asOf + ": the configuration turns it off."
	case review.ExcludedByConfig:
		return "**Silenced**" + asOf + ": the configuration excludes the file."
	case review.NoLongerChanged:
		return "**No longer applies**" + asOf + ": this pull request no longer changes the file."
	case review.DeletedOrRenamed:
		return "**No longer applies**" + asOf + ": this pull request deletes or renames the file."
	}
	return "**No longer reported**: dfbot has looked at " + Code(short(meta.Head)) + " again and does not find it."
}

// back words an earlier comment that says of the head that its findings are gone, while a newer one reports them.
func back(s review.Said) Fixed {
	m, _ := review.ParseMarker(s.Body)
	old := strings.TrimLeft(strings.TrimPrefix(s.Body, m.String()), "\r\n")
	_, old, _ = strings.Cut(old, "\n") // without the sentence of ending
	return Fixed{ID: s.ID, Thread: s.Thread, Body: m.String() + "\n**Not fixed**: a newer comment reports it.\n" + old}
}

// edits are the earlier comments that get another text though they are not done.
func edits(r *review.Review, meta Meta, missing map[*analysis.CombinedFix]review.Reason) []Fixed {
	all := []Fixed{}
	for _, v := range r.Revived {
		text, _ := body(v.Comment, meta, missing)
		all = append(all, Fixed{ID: v.Said.ID, Thread: v.Said.Thread, Body: text})
	}
	for _, s := range r.Back {
		all = append(all, back(s))
	}
	return all
}

// hold has one of the comments of the post remember what is in none: a new one, else one that gets another text anyway,
// else the keeper.
func hold(p *Post, r *review.Review) {
	switch {
	case len(r.Held) == 0:
	case len(p.Comments) > 0:
		p.Comments[0].Body = holding(p.Comments[0].Body, r.Held)
	case r.Keeper != nil:
		for _, texts := range [][]Fixed{p.Fixed, p.Edited} {
			for i := range texts {
				if texts[i].ID == r.Keeper.ID {
					texts[i].Body = holding(texts[i].Body, r.Held)
					return
				}
			}
		}
		if more := holding(r.Keeper.Body, r.Held); more != r.Keeper.Body {
			p.Edited = append(p.Edited, Fixed{ID: r.Keeper.ID, Thread: r.Keeper.Thread, Body: more})
		}
	}
}

// holding adds the fingerprints to those that a comment's marker keeps. A comment that has no room for them stays as it
// is.
func holding(body string, held []string) string {
	m, ok := review.ParseMarker(body)
	rest := strings.TrimPrefix(body, m.String())
	m.Held = append(m.Held, held...)
	if more := m.String() + rest; ok && len(more) <= MaxBody {
		return more
	}
	return body
}

// short is a commit as people write it.
func short(sha string) string { return sha[:min(7, len(sha))] }
