package review

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

// history is the earlier comments, with their markers read.
type history []entry

// suggestionFence begins a suggestion in a comment of dfbot's.
var suggestionFence = regexp.MustCompile("(?m)^`{3,}suggestion\r?$")

type entry struct {
	said   *Said
	marker Marker
}

// read keeps the comments that have a marker. One that is marked as fixed is closed, whatever
// GitHub says of its thread.
func (p Prior) read() history {
	var h history
	for i := range p.Comments {
		said := p.Comments[i]
		m, ok := ParseMarker(said.Body)
		if !ok {
			continue
		}
		if m.Fixed != "" && said.State == Open {
			said.State = Closed
		}
		h = append(h, entry{&said, m})
	}
	return h
}

// of returns the comment about the fingerprint: a dismissed one before an open one before one that dfbot closed itself;
// nil where there is none. One that someone answered, and whose lines have changed since, counts as closed: it was not
// marked as fixed because of the answer, and GitHub folds it, so a reply there would not be seen.
func (h history) of(fingerprint string) (best *Said, state State) {
	state = Closed
	for _, t := range h {
		if slices.Contains(t.marker.Fingerprints, fingerprint) && (best == nil || weight[t.state()] > weight[state]) {
			best, state = t.said, t.state()
		}
	}
	return best, state
}

func (t entry) state() State {
	if t.said.State == Open && t.said.Answered && t.said.Outdated {
		return Closed
	}
	return t.said.State
}

// revivable returns a comment on the file that was closed because its findings were gone, where one of the group is
// such a finding and the comment's lines are still in the diff. One on the same lines is best; no one sees one in a
// resolved thread.
func (h history) revivable(c *candidate, used map[*Said]bool) *Said {
	var best *Said
	for _, t := range h {
		fits := t.said.State == Closed && t.marker.Fixed != "" && !t.said.Resolved && !t.said.Outdated &&
			t.said.End > 0 && t.said.Path == c.group.Path && !used[t.said] && t.about(c.group.Diagnostics)
		if fits && (best == nil || t.said.on(c.start, c.end)) {
			best = t.said
		}
	}
	return best
}

// about reports whether the comment is about one of the diagnostics.
func (t entry) about(ds []analysis.Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d analysis.Diagnostic) bool {
		return slices.Contains(t.marker.Fingerprints, d.Fingerprint)
	})
}

// id is the number of the comment; 0 where it is nil.
func (s *Said) id() int64 {
	if s == nil {
		return 0
	}
	return s.ID
}

func (s *Said) on(start, end int) bool { return s.Start == start && s.End == end }

// held are the fingerprints of what was found before and has no comment, since there were enough.
func (h history) held() map[string]bool {
	all := map[string]bool{}
	for _, t := range h {
		for _, f := range t.marker.Held {
			all[f] = true
		}
	}
	return all
}

var weight = map[State]int{Closed: 0, Open: 1, Dismissed: 2}

// undone reports whether the comment may still have to be marked as done. dfbot resolves a thread before it edits the
// comment, and may have died between.
func (t entry) undone() bool {
	return t.said.State == Open || t.said.State == Closed && t.said.Resolved && t.marker.Fixed == ""
}

// done returns the comments not marked yet that are done: no one has answered, this run has reviewed their file (or the
// pull request has nothing to do with it any more), and found none of their findings.
func (h history) done(results []analysis.Result, pull Pull, policy Policy, found map[string]bool,
	own map[string]Compared,
) []Done {
	reviewed := map[string]*analysis.Result{}
	for i := range results {
		if res := &results[i]; res.Parsed() && res.Foreign.Empty() && len(res.Crashed) == 0 && len(res.Gaps) == 0 {
			reviewed[res.Unit.Path] = res
		}
	}
	var done []Done
	for _, t := range h {
		still := slices.ContainsFunc(t.marker.Fingerprints, func(f string) bool { return found[f] })
		if !t.undone() || t.said.Answered || still {
			continue
		}
		switch res := reviewed[t.said.Path]; {
		case res != nil:
			done = append(done, Done{*t.said, h.ending(t, res, pull, policy, own)})
		case slices.Contains(pull.Removed, t.said.Path):
			done = append(done, Done{*t.said, DeletedOrRenamed})
		case slices.Contains(pull.LeftOut, t.said.Path):
			done = append(done, Done{*t.said, ExcludedByConfig})
		case slices.Contains(pull.Left, t.said.Path):
			done = append(done, Done{*t.said, NoLongerChanged})
		}
	}
	return done
}

// ending is what is known of why the comment's diagnostics are not found in its file. A rule that finds something there
// that the pull request brings, and that no comment is about, may have found the same again in code that has changed.
func (h history) ending(e entry, res *analysis.Result, pull Pull, policy Policy, own map[string]Compared) Ending {
	about := func(d analysis.Diagnostic) bool { return slices.Contains(e.marker.Fingerprints, d.Fingerprint) }
	if slices.ContainsFunc(res.Ignored, func(ig analysis.Ignored) bool { return about(ig.Diagnostic) }) {
		return SilencedInFile
	}
	rules := rulesNamed(e.said.Body)
	switch {
	case slices.ContainsFunc(res.Diagnostics, about),
		slices.ContainsFunc(rules, func(name string) bool { return policy.Ignored(e.said.Path, name) }):
		return IgnoredByConfig
	case slices.ContainsFunc(res.TurnedOff, about),
		slices.ContainsFunc(rules, func(name string) bool { return !active(res.Unit.Rules, name) }):
		return TurnedOff
	}
	again := func(d analysis.Diagnostic) bool {
		said, _ := h.of(d.Fingerprint)
		_, brought := own[d.Fingerprint]
		return said == nil && slices.Contains(rules, d.Rule.Name) && brought
	}
	if slices.ContainsFunc(res.Diagnostics, again) {
		return Changed
	}
	if e.marker.Head == pull.Head {
		return NotFound
	}
	return Mended
}

// active reports whether the rule is on in this run.
func active(rules []analysis.Active, name string) bool {
	return name == analysis.DoesNotParse.Name ||
		slices.ContainsFunc(rules, func(a analysis.Active) bool {
			return a.Rule.Name == name && a.Severity != analysis.Off
		})
}

// ruleLink is how a comment of dfbot's names a rule: by a link to its page.
var ruleLink = regexp.MustCompile(`\[([a-z0-9-]+)\]\([^()\s]*/([a-z0-9-]+)\.md\)`)

// rulesNamed are the rules that a comment of dfbot's is about, as far as it names them before its first block of code.
func rulesNamed(body string) []string {
	said, _, _ := strings.Cut(body, "```")
	var names []string
	for _, m := range ruleLink.FindAllStringSubmatch(said, -1) {
		if m[1] == m[2] {
			names = append(names, m[1])
		}
	}
	return names
}
