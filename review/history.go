package review

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

// history is what was said before, with its markers read.
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

// of returns the comment that speaks for the fingerprint: a dismissed one before an open one
// before one that dfbot closed itself; nil where nothing was said.
func (h history) of(fingerprint string) (*Said, State) {
	var best *Said
	for _, t := range h {
		if slices.Contains(t.marker.Fingerprints, fingerprint) && (best == nil || weight[t.said.State] > weight[best.State]) {
			best = t.said
		}
	}
	if best == nil {
		return nil, Closed
	}
	return best, best.State
}

var weight = map[State]int{Closed: 0, Open: 1, Dismissed: 2}

// done returns the open comments that are done: nobody has answered, this run has judged their
// file (or the pull request has nothing to do with it any more), and found nothing of what they are about.
func (h history) done(results []analysis.Result, pull Pull, policy Policy, found map[string]bool) []Done {
	judged := map[string]*analysis.Result{}
	for i := range results {
		if res := &results[i]; res.Parsed() && res.Foreign == "" && len(res.Crashed) == 0 && len(res.Unit.Gaps) == 0 {
			judged[res.Unit.Path] = res
		}
	}
	var done []Done
	for _, t := range h {
		still := slices.ContainsFunc(t.marker.Fingerprints, func(f string) bool { return found[f] })
		if t.said.State != Open || t.said.Answered || still {
			continue
		}
		switch res := judged[t.said.Path]; {
		case res != nil:
			done = append(done, Done{*t.said, t.ending(res, pull, policy)})
		case slices.Contains(pull.Removed, t.said.Path):
			done = append(done, Done{*t.said, DeletedOrRenamed})
		case slices.Contains(pull.Left, t.said.Path):
			done = append(done, Done{*t.said, NoLongerChanged})
		}
	}
	return done
}

// ending says what is known of why the comment's diagnostics are not found in its file. A rule that finds something else there may
// have found the same again in words that have changed.
func (e entry) ending(res *analysis.Result, pull Pull, policy Policy) Ending {
	about := func(d analysis.Diagnostic) bool { return slices.Contains(e.marker.Fingerprints, d.Fingerprint) }
	if slices.ContainsFunc(res.Ignored, func(ig analysis.Ignored) bool { return about(ig.Diagnostic) }) {
		return SilencedInFile
	}
	if slices.ContainsFunc(res.Diagnostics, about) {
		return SilencedByConfig
	}
	rules := rulesNamed(e.said.Body)
	if slices.ContainsFunc(rules, func(name string) bool { return !active(res.Unit.Rules, name) || policy.Ignored(e.said.Path, name) }) {
		return SilencedByConfig
	}
	if slices.ContainsFunc(res.Diagnostics, func(d analysis.Diagnostic) bool { return slices.Contains(rules, d.Rule.Name) }) {
		return Changed
	}
	if e.marker.Head == pull.Head {
		return NotFound
	}
	return Mended
}

// active reports whether the rule speaks in this run.
func active(rules []analysis.Active, name string) bool {
	return name == analysis.DoesNotParse.Name ||
		slices.ContainsFunc(rules, func(a analysis.Active) bool { return a.Rule.Name == name && a.Severity != analysis.Off })
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
