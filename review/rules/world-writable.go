package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

var worldWritable = &analysis.Rule{
	Name:     "world-writable",
	Doc:      "Files that every user of the container may change",
	Topic:    analysis.Users,
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
					Message: analysis.Say("%s lets every user of the container change these files", m.text),
					Why:     analysis.Say("What breaks into one program can then rewrite what others run or read: give the files to the user who needs them."),
				}
				if text := withoutOthers(m.text); text != "" {
					f.Fix = &analysis.Fix{
						Title: "Leave the others no write permission", Applicability: analysis.Unsafe,
						Caveat: analysis.Say("A program that runs as neither the owner nor in the group can no longer write there: give it the files with %s.", "chown"),
						Edits:  []analysis.Edit{{Span: m.span, New: text}},
					}
				}
				p.Report(f)
			}
		}
	},
}

// writableByAll reports whether the mode gives others the permission to write, without the sticky
// bit that makes a folder such as /tmp safe.
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

// withoutOthers is the mode without the others' permission to write; "" where it cannot be written
// as plainly.
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
