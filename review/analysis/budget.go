package analysis

// FileWork is what judging one Dockerfile may cost, in units of package work: about a second of CPU. Files that people write cost
// a hundredth of it.
const FileWork = 200_000_000

// ruleShare is the part of what is left that one rule may spend. However many are greedy, the next still has its eighth of the
// rest.
const ruleShare = 8

// gap notes a sentence about what was not judged.
func (r *Result) gap(m Message) { r.Unit.Gaps = append(r.Unit.Gaps, m) }

// stopped says which rules have not run to their end.
func (r *Result) stopped(rules []*Rule) {
	switch len(rules) {
	case 0:
	case 1:
		r.gap(Say("the rule %s was stopped: it takes too much work on this file", rules[0].Name))
	default:
		r.gap(Say("%d rules were stopped: they take too much work on this file", len(rules)))
	}
}
