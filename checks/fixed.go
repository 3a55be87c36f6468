package checks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
)

var suggestionFence = regexp.MustCompile("(?m)^(`{3,})suggestion$")

// fixed words an earlier comment whose findings are gone: it says what is known of why, and folds away what it said,
// without the suggestion, which must not be applied to other lines.
func fixed(d review.Done, meta Meta) Fixed {
	m, _ := review.ParseMarker(d.Body)
	m.Fixed = meta.Head
	said := m.String() + "\n" + ending(d.How, meta) + "\n"
	old := suggestionFence.ReplaceAllString(plainText(d.Said), "${1}dockerfile")
	folded := "<details><summary>What this comment said</summary>\n\n" + strings.TrimRight(old, "\n") +
		"\n\n</details>\n"
	return Fixed{ID: d.ID, Thread: d.Thread, Body: fit(MaxBody, said, "", folded),
		Resolve: settled[d.How] && !d.Answered}
}

// plainText is what an earlier comment says, without its marker and with plain line ends.
func plainText(s review.Said) string {
	return review.Unmarked(strings.ReplaceAll(s.Body, "\r\n", "\n"))
}

// settled are the endings after which nothing is left to look at, so that the thread may be resolved if no one has
// answered in it.
var settled = map[review.Ending]bool{review.Mended: true, review.NoLongerChanged: true, review.DeletedOrRenamed: true,
	review.WasThereBefore: true, review.IgnoredByCommand: true}

// ending is the sentence for each ending.
func ending(how review.Ending, meta Meta) string {
	at := Code(short(meta.Head))
	switch how {
	case review.Mended:
		return "**Fixed** in " + at + "."
	case review.Changed:
		return "**Out of date** as of " + at + ": the code has changed. The check run " + Code(meta.CheckName) +
			" has what dfbot finds now."
	case review.NotFound:
		return "**No longer reported**: dfbot has looked at " + at + " again and does not find it."
	}
	word, why, _ := strings.Cut(otherEndings[how], ": ")
	return "**" + word + "** as of " + at + ": " + why + "."
}

// otherEndings are the endings that are no doing of the code under the comment.
var otherEndings = map[review.Ending]string{
	review.SilencedInFile:   "Silenced: a comment in the Dockerfile asks for it",
	review.IgnoredByConfig:  "Silenced: the configuration ignores it",
	review.TurnedOff:        "Silenced: the configuration turns it off",
	review.ExcludedByConfig: "Silenced: the configuration excludes the file",
	review.IgnoredByCommand: "Silenced: a command ignores it on this pull request",
	review.NoLongerChanged:  "No longer applies: this pull request no longer changes the file",
	review.DeletedOrRenamed: "No longer applies: this pull request deletes or renames the file",
	review.WasThereBefore:   "No longer applies: this pull request does not bring it, it was there before",
}

// partly says what of a comment is gone, each commit in a sentence; "" where all of it is there.
func partly(m review.Marker) string {
	var order []string // of sentences, as they begin
	rules := map[string][]string{}
	for _, t := range m.Findings {
		if t.Gone == "" || t.Rule == "" {
			continue
		}
		s := goneWord(t.Ended) + Code(short(t.Gone)) + ": "
		if !slices.Contains(order, s) {
			order = append(order, s)
		}
		if name := linkNamed(t.Rule); !slices.Contains(rules[s], name) {
			rules[s] = append(rules[s], name)
		}
	}
	text := ""
	for _, s := range order {
		text += s + and(rules[s]) + ". "
	}
	if text == "" {
		return ""
	}
	return text + "Still there:\n\n"
}

// goneWord begins the sentence on a finding that is gone while others of its comment are there.
func goneWord(how review.Ending) string {
	if how == review.Mended || how == review.Changed {
		return "**Fixed** in "
	}
	if said := otherEndings[how]; strings.HasPrefix(said, "Silenced") {
		return "**Silenced** as of "
	}
	return "**No longer applies** as of "
}

// back words an earlier comment that says of the head that its findings are gone, while a newer one reports them.
func back(s review.Said) Fixed {
	m, _ := review.ParseMarker(s.Body)
	_, old, _ := strings.Cut(plainText(s), "\n") // without the sentence of ending
	return Fixed{ID: s.ID, Thread: s.Thread, Body: m.String() + "\n**Not fixed**: a newer comment reports it.\n" + old}
}

// edits are the earlier comments that get another text though they are not done: where they have to say something else,
// or to remember something else.
func edits(r *review.Review, meta Meta, missing map[*analysis.CombinedFix]review.Reason) []Fixed {
	all := []Fixed{}
	for _, u := range r.Updates {
		old, new := plainText(u.Said), ""
		offered := false
		if u.Comment != nil {
			new, offered = body(*u.Comment, meta, missing)
		}
		if u.Comment == nil || u.Comment.Keeps && !offered {
			new = u.Marker.String() + "\n" + old
		}
		before, _ := review.ParseMarker(u.Said.Body)
		if !u.Reopen && review.Unmarked(new) == old && before.Same(u.Marker) {
			continue
		}
		all = append(all, Fixed{ID: u.Said.ID, Thread: u.Said.Thread, Body: new, Reopen: u.Reopen})
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
func holding(body string, held []review.Trace) string {
	m, ok := review.ParseMarker(body)
	m.Held = append(m.Held, held...)
	if more := m.String() + "\n" + review.Unmarked(body); ok && len(more) <= MaxBody {
		return more
	}
	return body
}

// short is a commit as people write it.
func short(sha string) string { return sha[:min(7, len(sha))] }
