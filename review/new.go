package review

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
)

// New decides what to report of the results now. There is one result for each Dockerfile that the
// pull request touches and that could be read.
func New(results []analysis.Result, pull Pull, prior Prior, policy Policy) *Review {
	b := &builder{pull: pull, policy: policy, prior: prior.read(), commands: prior.Ignored, index: map[string]int{},
		review: &Review{Muted: pull.Muted, Lacks: pull.Lacks, Excluded: pull.Excluded, Mistakes: len(policy.Problems)}}
	sorted := slices.Clone(results)
	slices.SortStableFunc(sorted, func(x, y analysis.Result) int { return strings.Compare(x.Unit.Path, y.Unit.Path) })
	b.results = sorted
	for i := range sorted {
		b.sort(&sorted[i])
	}
	b.say()
	b.keep()
	b.showPatches()
	b.notes()
	b.countOlder()
	b.review.Done = b.prior.done(sorted, pull, policy, b.found)
	b.review.ConfigPath, b.review.ConfigProblems = pull.ConfigChanged, pull.ConfigProblems
	b.review.Conclusion = b.conclude()
	slices.SortStableFunc(b.review.Findings, byPlace)
	return b.review
}

// builder gathers one Review.
type builder struct {
	results []analysis.Result // by path
	pull    Pull
	policy  Policy
	prior   history
	review  *Review

	commands   []Ignore
	heeded     map[*Ignore]int // findings about which nothing is said because of a command
	candidates []candidate     // of all files, for comments
	left       []candidate     // that a line takes a comment about, and that there is no room for
	suggested  []candidate     // with suggestions that someone may apply
	withheld   []candidate     // with patches that are not suggestions, those that matter most first
	quiet      []candidate     // not severe enough for a comment
	index      map[string]int  // of a fingerprint in the review's Findings
	found      map[string]bool // fingerprints of what the run found and the policy does not ignore
	older      map[Count]int   // diagnostics that the pull request does not bring, by path and rule
	ignored    int             // diagnostics that the policy ignores
	confirmed  map[*Said]bool  // open comments with a finding that is still there
	unreviewed bool            // something was not reviewed that should be
}

// sort sorts the diagnostics of one Dockerfile by where to report them.
func (b *builder) sort(res *analysis.Result) {
	if !res.Foreign.Empty() || !res.Unread.Empty() {
		return
	}
	b.review.Files++
	var fresh, quiet, open []analysis.Diagnostic
	for _, d := range b.introduced(res) {
		where, why, earlier := InAnnotation, NoReason, int64(0)
		said, state := b.prior.of(d.Fingerprint)
		switch {
		case b.heed(b.ignores(d, said)):
			where, earlier = InCommand, said.id()
		case said != nil && state == Dismissed:
			where, earlier = InDismissed, said.ID
		case said != nil && state == Open:
			where, earlier = InOpenComment, said.ID
			b.confirm(said)
			open = append(open, d)
		case b.policy.Comments.Shows(d.Severity):
			fresh = append(fresh, d)
			why = OverLimit // unless it becomes a candidate
		default:
			quiet = append(quiet, d)
			why = b.tooMild()
		}
		b.index[d.Fingerprint] = len(b.review.Findings)
		b.review.Findings = append(b.review.Findings, Finding{d, where, why, earlier})
	}
	b.candidates = append(b.candidates, b.candidatesOf(res, fresh)...)
	b.recommend(b.candidatesOf(res, open))
	for _, c := range b.candidatesOf(res, quiet) {
		c.silence(b.tooMild())
		b.quiet = append(b.quiet, c)
	}
}

// recommend sorts the fixes of what open comments report by whether those comments suggest them.
func (b *builder) recommend(open []candidate) {
	for _, c := range open {
		switch {
		case c.group.Fix == nil:
		case c.suggestion != nil && b.suggests(c.group.Diagnostics):
			b.suggested = append(b.suggested, c)
		default:
			c.withdraw(Earlier)
			b.withheld = append(b.withheld, c)
		}
	}
}

// tooMild is the reason of a finding below the least severity that gets a comment.
func (b *builder) tooMild() Reason {
	if b.policy.Comments.MinSeverity == analysis.Error {
		return NotError
	}
	return NotSevere
}

// suggests reports whether an earlier comment about one of the diagnostics offers a suggestion that GitHub still
// applies: its lines have not changed.
func (b *builder) suggests(ds []analysis.Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d analysis.Diagnostic) bool {
		said, _ := b.prior.of(d.Fingerprint)
		return said != nil && !said.Outdated && suggestionFence.MatchString(said.Body)
	})
}

// introduced returns the diagnostics that the pull request brings and that the policy does not ignore; it counts the
// others.
func (b *builder) introduced(res *analysis.Result) []analysis.Diagnostic {
	introduces := b.pull.Changes[res.Unit.Path].Introducer()
	var out []analysis.Diagnostic
	for _, d := range res.Diagnostics {
		ignored := b.policy.Ignored(d.Path, d.Rule.Name)
		if !ignored {
			b.finds(d)
		}
		switch {
		case !introduces(d) && !ignored:
			b.isOlder(d)
		case ignored:
			b.ignored++
		default:
			out = append(out, d)
		}
	}
	return out
}

func (b *builder) finds(d analysis.Diagnostic) {
	if b.found == nil {
		b.found = map[string]bool{}
	}
	b.found[d.Fingerprint] = true
}

func (b *builder) isOlder(d analysis.Diagnostic) {
	if b.older == nil {
		b.older = map[Count]int{}
	}
	b.older[Count{Path: d.Path, Rule: d.Rule}]++
}

func (b *builder) confirm(s *Said) {
	if b.confirmed == nil {
		b.confirmed = map[*Said]bool{}
	}
	b.confirmed[s] = true
}

// Introducer returns a function that reports whether the pull request brings a diagnostic: whether it changes an
// instruction that takes part in it, or one that is a cause. A file that does not parse is always the pull request's
// own doing, since the mistake is often not where the parser stops.
func (c Change) Introducer() func(analysis.Diagnostic) bool {
	patch, local := c.Patch.Changes(), c.Local.Changes()
	changed := func(p analysis.Place) bool { return patch.Touch(p.Line, p.EndLine) || local.Touch(p.Line, p.EndLine) }
	named := newNames(c.Patch, c.Local)
	renamed := func(p analysis.Place) bool { return named[p.Line] || p.Line < p.EndLine && changed(p) }
	return func(d analysis.Diagnostic) bool {
		if c.Added {
			return true
		}
		if d.Rule == analysis.DoesNotParse {
			return len(c.Patch.Hunks)+len(c.Local.Hunks) > 0
		}
		return slices.ContainsFunc(places(d), changed) || slices.ContainsFunc(d.Causes, changed) ||
			slices.ContainsFunc(d.Names, renamed)
	}
}

// newNames are the lines at the head that end in the name of a stage which the lines that they replace did not have.
func newNames(patches ...diff.Patch) map[int]bool {
	lines := map[int]bool{}
	for _, patch := range patches {
		for _, h := range patch.Hunks {
			before := map[string]bool{} // names in the lines that this run of changes takes away, which come first
			for _, l := range h.Lines {
				if l.Op == diff.Context {
					clear(before)
					continue
				}
				switch m := stageName.FindStringSubmatch(l.Text); {
				case m == nil:
				case l.Op == diff.Deleted:
					before[strings.ToLower(m[1])] = true
				case !before[strings.ToLower(m[1])]:
					lines[l.New] = true
				}
			}
		}
	}
	return lines
}

// stageName is the name of the stage at the end of a FROM.
var stageName = regexp.MustCompile(`(?i)\sAS\s+(\S+)\s*$`)

// places are the whole instructions that take part in the diagnostic, else its own place.
func places(d analysis.Diagnostic) []analysis.Place {
	if len(d.Related) == 0 {
		return []analysis.Place{d.Place}
	}
	return d.Related
}

// conclude never calls a pull request good where something was not reviewed, where the configuration was not understood
// in full, or where the pull request breaks the configuration for all after it.
func (b *builder) conclude() Conclusion {
	fails := func(f Finding) bool { return b.policy.Check.Fails(f.Diagnostic.Severity) }
	incomplete := func(n Note) bool { return n.Incomplete }
	breaks := len(b.pull.ConfigProblems) > 0
	switch {
	case slices.ContainsFunc(b.review.Findings, fails):
		return Failure
	case (b.unreviewed || breaks) && b.policy.Check.FailsUnreviewed():
		b.review.FailsUnreviewed = true
		return Failure
	case breaks, b.review.Mistakes > 0, slices.ContainsFunc(b.review.Notes, incomplete):
		return Neutral
	case b.review.Files == 0:
		return Skipped
	}
	return Success
}

func byPlace(x, y Finding) int {
	return cmp.Or(strings.Compare(x.Diagnostic.Path, y.Diagnostic.Path),
		cmp.Compare(x.Diagnostic.Place.Line, y.Diagnostic.Place.Line),
		cmp.Compare(x.Diagnostic.Place.Column, y.Diagnostic.Place.Column))
}

// countOlder lists what the pull request does not bring, as far as that is known.
func (b *builder) countOlder() {
	for c, n := range b.older {
		c.N = n
		if b.pull.Changes[c.Path].Unknown {
			b.review.Unknown = append(b.review.Unknown, c)
		} else {
			b.review.Older = append(b.review.Older, c)
		}
	}
	byRule := func(x, y Count) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Rule.Name, y.Rule.Name))
	}
	slices.SortFunc(b.review.Older, byRule)
	slices.SortFunc(b.review.Unknown, byRule)
}
