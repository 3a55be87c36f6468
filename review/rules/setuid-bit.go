package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var setuidBit = &analysis.Rule{
	Name:     "setuid-bit",
	Doc:      "A program that gives whoever starts it the rights of its owner",
	Topic:    analysis.Users,
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, m := range modes(in) {
				if setsUser(m.text) {
					p.Report(analysis.Finding{
						In: in, Span: m.span,
						Message: analysis.Say("%s makes this program run as its owner, whoever starts it", m.text),
						Why:     analysis.Say("Where the owner is root, any flaw of the program hands out root: a file capability (%s) gives only what is needed.", "setcap"),
					})
				}
			}
		}
	},
}

// setsUser reports whether the mode sets the set-user-ID bit. The bit for groups is left alone: on a
// folder it only hands the group down.
func setsUser(text string) bool {
	if digits, ok := numeric(text); ok {
		return len(digits) > 3 && digits[len(digits)-4]&4 != 0
	}
	for _, c := range clauses(text) {
		if c.op != '-' && strings.Contains(c.perms, "s") && (c.who == "" || strings.ContainsAny(c.who, "ua")) {
			return true
		}
	}
	return false
}
