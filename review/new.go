package review

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/contract"
)

// New decides what to report of the results now. There is one result for each Dockerfile that the
// pull request touches, or whose build it affects, and that could be read.
func New(results []analysis.Result, pull Pull, prior Prior, policy Policy) *Review {
	b := &builder{pull: pull, policy: policy, prior: prior.read(), commands: prior.Ignored, index: map[string]int{},
		against: map[string]Comparison{}, compared: map[string]Compared{},
		older: map[Count]int{}, lower: map[Count]int{}, unknown: map[Count]int{},
		review: &Review{Files: pull.Unaltered, Removed: len(pull.Removed), Muted: pull.Muted, Lacks: pull.Lacks,
			MutedBy: pull.MutedBy, Excluded: pull.Excluded, Mistakes: len(policy.Problems) + len(policy.ProblemsAbove)}}
	sorted := slices.Clone(results)
	slices.SortStableFunc(sorted, func(x, y analysis.Result) int { return strings.Compare(x.Unit.Path, y.Unit.Path) })
	b.results = sorted
	for i := range sorted {
		b.against[sorted[i].Unit.Path] = policy.compare(pull.Changes[sorted[i].Unit.Path], &sorted[i])
	}
	b.recollect()
	for i := range sorted {
		b.sort(&sorted[i])
		b.run(&sorted[i])
	}
	b.renew()
	b.say()
	b.keep()
	b.showPatches()
	b.notes()
	b.review.Older, b.review.Lower, b.review.Unknown = listed(b.older), listed(b.lower), listed(b.unknown)
	b.review.Done = b.prior.done(pull, policy)
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
	prior   *history
	review  *Review

	commands   []Ignore
	heeded     map[*Ignore]int       // findings about which nothing is said because of a command
	candidates []candidate           // of all files, for comments
	left       []candidate           // that a line takes a comment about, and that there is no room for
	suggested  []candidate           // with suggestions that someone may apply
	withheld   []candidate           // with patches that are not suggestions, those that matter most first
	quiet      []candidate           // not severe enough for a comment
	index      map[string]int        // of a fingerprint in the review's Findings
	against    map[string]Comparison // with the base, by path
	compared   map[string]Compared   // of that, by fingerprint: what is raised
	older      map[Count]int         // diagnostics that were there before, by path and rule
	lower      map[Count]int         // those that a pull request below in the stack brings
	unknown    map[Count]int         // the same of those that may have been
	ignored    int                   // diagnostics that the policy ignores
	confirmed  map[*Said]bool        // open comments with a finding that is still there
	unreviewed bool                  // something was not reviewed that should be
}

// sort sorts the diagnostics of one Dockerfile by where to report them.
func (b *builder) sort(res *analysis.Result) {
	if !res.Foreign.Empty() || !res.Unread.Empty() {
		return
	}
	raised := b.raised(res)
	if res.IsDockerfile() && !b.brokenBefore(res) {
		b.review.Files++
	}
	var fresh, quiet []analysis.Diagnostic
	for _, d := range raised {
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
		case b.policy.Comments.Shows(d.Severity):
			fresh = append(fresh, d)
			why = OverLimit // unless it becomes a candidate
		default:
			quiet = append(quiet, d)
			why = b.tooMild()
		}
		b.index[d.Fingerprint] = len(b.review.Findings)
		standing := b.compared[d.Fingerprint].Standing
		b.review.Findings = append(b.review.Findings, Finding{d, standing, where, why, earlier})
	}
	b.candidates = append(b.candidates, b.candidatesOf(res, fresh)...)
	for _, c := range b.candidatesOf(res, quiet) {
		c.silence(b.tooMild())
		b.quiet = append(b.quiet, c)
	}
}

// run compares what the images of a Dockerfile are at run time with what they are on the base.
func (b *builder) run(res *analysis.Result) {
	base := b.pull.Changes[res.Unit.Path].Base
	if base == nil || bytes.Equal(base.Unit.Src, res.Unit.Src) {
		return
	}
	before, after := base.Parse(), res.Parse()
	if before == nil || after == nil {
		return
	}
	if all := contract.Compare(before, after); len(all) > 0 {
		b.review.Running = append(b.review.Running, Running{res.Unit.Path, all})
	}
}

// tooMild is the reason of a finding below the least severity that gets a comment.
func (b *builder) tooMild() Reason {
	if b.policy.Comments.MinSeverity == analysis.Error {
		return NotError
	}
	return NotSevere
}

// raised returns the diagnostics that are raised and that the policy does not ignore; it counts the others, and lists
// what the pull request fixes. To take away what was there deserves a warning, where the rule gives one at all: the
// base shows that it is wanted.
func (b *builder) raised(res *analysis.Result) []analysis.Diagnostic {
	comparison := b.against[res.Unit.Path]
	var out []analysis.Diagnostic
	for i, d := range res.Diagnostics {
		ignored := b.policy.Ignored(d.Path, d.Rule.Name)
		switch c := comparison.Found[i]; {
		case ignored:
			b.ignored++
		case !c.Raised:
			b.isOlder(d, c)
		default:
			if c.TakenAway {
				d.Severity = max(d.Severity, min(analysis.Warning, res.Unit.Severity(d.Rule)))
			}
			b.compared[d.Fingerprint] = c
			out = append(out, d)
		}
	}
	for _, d := range comparison.Fixed {
		if !b.policy.Ignored(res.Unit.Path, d.Rule.Name) {
			b.review.Fixed = append(b.review.Fixed, d)
		}
	}
	return out
}

// brokenBefore reports whether BuildKit refuses the file, and may have refused it before.
func (b *builder) brokenBefore(res *analysis.Result) bool {
	broken := Count{Path: res.Unit.Path, Rule: analysis.DoesNotParse}
	return b.older[broken]+b.lower[broken]+b.unknown[broken] > 0
}

// isOlder counts a diagnostic that was there before, or may have been.
func (b *builder) isOlder(d analysis.Diagnostic, c Compared) {
	counts := b.older
	switch {
	case c.Lower:
		counts = b.lower
	case c.Standing == Unknown:
		counts = b.unknown
	}
	counts[Count{Path: d.Path, Rule: d.Rule}]++
}

func (b *builder) confirm(s *Said) {
	if b.confirmed == nil {
		b.confirmed = map[*Said]bool{}
	}
	b.confirmed[s] = true
}

// conclude never calls a pull request good where something was not reviewed, where the configuration was not understood
// in full, or where the pull request breaks the configuration for all after it.
func (b *builder) conclude() Conclusion {
	fails := func(f Finding) bool { return b.policy.Check.FailsBy(f.Diagnostic.Rule, f.Diagnostic.Severity) }
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
	case b.review.Files == 0 && len(b.review.Findings) == 0:
		return Skipped
	}
	return Success
}

func byPlace(x, y Finding) int {
	return cmp.Or(strings.Compare(x.Diagnostic.Path, y.Diagnostic.Path),
		cmp.Compare(x.Diagnostic.Place.Line, y.Diagnostic.Place.Line),
		cmp.Compare(x.Diagnostic.Place.Column, y.Diagnostic.Place.Column))
}

// listed is the counts by path and rule.
func listed(counts map[Count]int) []Count {
	var all []Count
	for c, n := range counts {
		c.N = n
		all = append(all, c)
	}
	slices.SortFunc(all, func(x, y Count) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Rule.Name, y.Rule.Name))
	})
	return all
}
