package analysis

// FileWork is what reviewing one Dockerfile may cost, in units of package work: about a second of CPU. Files that
// people write cost a hundredth of it.
const FileWork = 160_000_000

// ruleShare is the part of the remaining budget that one rule may spend: after any number of greedy rules, the next
// still gets an eighth of the rest.
const ruleShare = 8

// maxFindings is the most findings of one rule that are listed for one file: no one reads more.
const maxFindings = 200

// maxEdits is the most edits of one fix. No one reviews more, and all fixes of a pull request are in memory at once.
const maxEdits = 2000

// Costs in units of work, besides those that the code charges elsewhere.
const (
	reportCost    = 500 // a finding, its message and its fix
	directiveCost = 50  // a word of a directive
	applyCost     = 8   // a byte of a file that edits are made to, whose style is compared
	ledgerCost    = 4   // a finding that may be found again after a fix
	effectCost    = 100 // an instruction that is compared with what it has become
)

// gap notes a sentence about what was not reviewed.
func (r *Result) gap(m Message) { r.Gaps = append(r.Gaps, m) }

// stopped notes the rules that have not run to their end.
func (r *Result) stopped(rules []*Rule) {
	switch len(rules) {
	case 0:
	case 1:
		r.gap(Say("the rule %s was stopped: it takes too much work on this file", rules[0].Name))
	default:
		r.gap(Say("%d rules were stopped: they take too much work on this file", len(rules)))
	}
}

// capped notes the rules that have found more than is listed.
func (r *Result) capped(rules []*Rule) {
	for _, rule := range rules {
		r.gap(Say("the rule %s finds more than %d problems; the others are not listed", rule.Name, maxFindings))
	}
}
