package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

var aptInsteadOfAptGet = &analysis.Rule{
	Name:     "apt-instead-of-apt-get",
	Doc:      "apt instead of apt-get, whose command line is stable",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL3027", "CKV_DOCKER_9"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if calls := shell.Calls(in, "apt"); len(calls) > 0 {
				p.Report(analysis.Finding{
					In: in, Span: calls[0].Words[0].Span, Fix: useAptGet(in, calls),
					Message: analysis.Say("%s is made for interactive use; %s is made for scripts", "apt", "apt-get"),
					Why: analysis.Say("The options and output of %s may change between releases: it warns on each "+
						"call that it \"does not have a stable CLI interface\".", "apt"),
				})
			}
		}
	},
}

// aptGet maps the subcommands of apt to those of apt-get that do the same.
var aptGet = map[string]string{
	"install": "install", "update": "update", "remove": "remove", "purge": "purge", "autoremove": "autoremove",
	"clean": "clean", "autoclean": "autoclean", "build-dep": "build-dep", "source": "source", "download": "download",
	"full-upgrade": "dist-upgrade", "dist-upgrade": "dist-upgrade",
	"upgrade": "upgrade --with-new-pkgs", // which apt does on its own: apt(8)
}

// useAptGet renames all calls of a RUN; nil where apt-get has no such subcommand.
func useAptGet(in *dockerfile.Instruction, calls []*dockerfile.Command) *analysis.Fix {
	fix := &analysis.Fix{Title: "Use apt-get", Applicability: analysis.Safe}
	for _, c := range calls {
		name, sub := c.Words[0].Span, readSystem(ecosystem.Apt, in, c).Sub
		if !sub.Literal || aptGet[sub.Text] == "" || !strings.HasSuffix(in.File().Text(name), "apt") {
			return nil
		}
		name.Start = name.End - len("apt")
		fix.Edits = append(fix.Edits, analysis.Edit{Span: name, New: "apt-get"})
		if words := aptGet[sub.Text]; words != sub.Text {
			fix.Edits = append(fix.Edits, analysis.Edit{Span: sub.Span, New: words})
		}
	}
	return fix
}
