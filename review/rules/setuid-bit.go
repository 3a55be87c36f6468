package rules

import "github.com/dfbot/dfbot/review/analysis"

var setuidBit = &analysis.Rule{
	Name:     "setuid-bit",
	Doc:      "Setuid program, which gives every user the rights of its owner",
	Topic:    analysis.Users,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, m := range modes(in) {
				if setsUser(m.text) {
					p.Report(analysis.Finding{
						In: in, Span: m.span,
						Message: analysis.Say("%s lets every user run this program with its owner's rights", m.text),
						Why: analysis.Say("If the owner is root, a flaw in the program gives an attacker "+
							"root. A file capability (%s) grants only what is needed.", "setcap"),
					})
				}
			}
		}
	},
}

// setsUser reports whether the mode sets the set-user-ID bit. The bit for groups is not reported: on a
// directory it only passes the group on.
func setsUser(text string) bool {
	if digits, ok := numeric(text); ok {
		return len(digits) > 3 && digits[len(digits)-4]&4 != 0
	}
	all := actions(text)
	for i := range all {
		if all[i].who == "" {
			all[i].who = "ugo" // no umask has the bit
		}
	}
	return gives(all, "s", "u")
}
