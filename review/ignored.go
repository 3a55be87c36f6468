package review

import "github.com/dfbot/dfbot/review/analysis"

// ignores returns the command by which someone has silenced the diagnostic, or nil. The comment is
// the earlier one about it, if there is one.
func (b *builder) ignores(d analysis.Diagnostic, said *Said) *Ignore {
	for i, c := range b.commands {
		if d.Goes(c.Rule) && (c.Said == 0 || c.Said == said.id()) {
			return &b.commands[i]
		}
	}
	return nil
}

// heed counts a finding about which nothing is said because of a command, and reports whether there is one.
func (b *builder) heed(c *Ignore) bool {
	if c == nil {
		return false
	}
	if b.heeded == nil {
		b.heeded = map[*Ignore]int{}
	}
	b.heeded[c]++
	return true
}

// maxHeeded is the most commands that are listed one by one.
const maxHeeded = 20

// commanded lists the commands that silence findings, so that a reviewer sees who gave them and why.
func (b *builder) commanded() {
	listed := 0
	for i := range b.commands {
		c := &b.commands[i]
		n := b.heeded[c]
		if n == 0 {
			continue
		}
		if listed++; listed > maxHeeded {
			b.note("More commands silence findings")
			return
		}
		silences := "%s silences " + plural(n, "finding", "findings") + " of %s by a command"
		if c.Reason == "" {
			b.note(silences+" without a reason", c.By, c.Rule)
		} else {
			b.note(silences+": %s", c.By, c.Rule, c.Reason)
		}
	}
}
