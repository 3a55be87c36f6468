package review

import (
	"cmp"

	"github.com/dfbot/dfbot/review/analysis"
)

// rank orders candidates by how much a comment about them is worth:
//
//  1. severity;
//  2. certainty: how surely it is the pull request's doing;
//  3. cost: what the mistake costs after the merge, then how many files it is about, then how many mistakes it says;
//  4. the fix: how far it is trusted, and whether one press applies it.
//
// What is equal in all of them stays in the order of the files.
func rank(x, y candidate) int {
	a, b := &x.group.Diagnostics[0], &y.group.Diagnostics[0]
	return cmp.Or(cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(y.certainty(), x.certainty()),
		cmp.Compare(cost(b), cost(a)),
		cmp.Compare(b.Extent["files"], a.Extent["files"]),
		cmp.Compare(len(y.group.Diagnostics), len(x.group.Diagnostics)),
		cmp.Compare(y.trusted(), x.trusted()))
}

// certainty is how surely the first mistake is the pull request's doing. Most is what it deletes and the base had.
func (c candidate) certainty() int {
	switch standing := c.standings[0]; {
	case c.takenAway:
		return 4
	case standing == Introduced:
		return 3
	case standing == Worse:
		return 2
	case standing == Older:
		return 1
	}
	return 0
}

// costs are what mistakes of each topic cost, the greater the harder to undo: a secret that has leaked, an image that
// can be attacked, one that does not do what it should, time with every build, space, and what only readers notice.
var costs = map[analysis.Topic]int{
	analysis.Secrets: 6,
	analysis.Users:   5, analysis.Network: 5,
	analysis.Context: 4, analysis.Images: 4, analysis.Runtime: 4, analysis.Shell: 4,
	analysis.Cache: 3,
	analysis.Size:  2, analysis.Packages: 2, analysis.Language: 2,
	analysis.Labels: 1, analysis.Syntax: 1,
}

// cost is that of one mistake. With most errors no image is built, or none starts.
func cost(d *analysis.Diagnostic) int {
	if d.Severity == analysis.Error {
		return max(costs[d.Rule.Topic], costs[analysis.Users])
	}
	return costs[d.Rule.Topic]
}

// trusted is how far the candidate's patch is trusted, twice, and one more where it is a suggestion.
func (c candidate) trusted() int {
	if c.group.Fix == nil {
		return 0
	}
	n := 2 * int(c.group.Fix.Applicability)
	if c.suggestion != nil {
		n++
	}
	return n
}
