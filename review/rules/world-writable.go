package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var worldWritable = &analysis.Rule{
	Name:     "world-writable",
	Doc:      "Files that every user in the container can change",
	Topic:    analysis.Users,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DF034"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, m := range modes(in) {
				if !writableByAll(m.text) {
					continue
				}
				f := analysis.Finding{
					In: in, Span: m.span,
					Message: analysis.Say("%s lets every user in the container change these files", m.text),
					Why: analysis.Say("An attacker in one program can then change the files that others run " +
						"or read."),
				}
				if text := withoutOthers(m.text); text != "" {
					f.Fix = &analysis.Fix{
						Title: "Remove the write permission for others", Applicability: analysis.Unsafe,
						Caveat: analysis.Say("A program that is neither the owner nor in the group can no longer "+
							"write there: give it the files with %s.", "chown"),
						Edits: []analysis.Edit{{Span: m.span, New: text}},
					}
				}
				p.Report(f)
			}
		}
	},
}

// writableByAll reports whether the mode gives others write permission, without the sticky bit that makes
// a directory such as /tmp safe.
func writableByAll(text string) bool {
	if digits, ok := numeric(text); ok {
		sticky := len(digits) > 3 && digits[len(digits)-4]&1 != 0
		return digits[len(digits)-1]&2 != 0 && !sticky
	}
	for _, c := range clauses(text) {
		if strings.Contains(c.perms, "t") {
			return false
		}
	}
	for _, c := range clauses(text) {
		if c.op != '-' && strings.ContainsAny(c.who, "oa") && strings.Contains(c.perms, "w") {
			return true
		}
	}
	return false
}

// withoutOthers is the mode without write permission for others; "" where it has no form as plain.
func withoutOthers(text string) string {
	if _, ok := numeric(text); ok {
		last := text[len(text)-1]
		return text[:len(text)-1] + string(last&^2)
	}
	all := clauses(text)
	if len(all) != 1 || all[0].op != '+' {
		return ""
	}
	rest := strings.ReplaceAll(all[0].perms, "w", "")
	switch {
	case all[0].who == "a" && rest == "":
		return "ug+w"
	case all[0].who == "a":
		return "a+" + rest + ",ug+w"
	}
	return ""
}
