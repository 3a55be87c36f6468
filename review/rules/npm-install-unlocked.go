package rules

import (
	"path"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var npmInstallUnlocked = &analysis.Rule{
	Name:     "npm-install-unlocked",
	Doc:      "npm install in a build may install other versions than the lock file says",
	Topic:    analysis.Language,
	Severity: analysis.Warning,
	Aliases:  []string{"DF031"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name != "RUN" || len(calls(in, "npm")) == 0 {
				continue
			}
			found, _, _ := installs(in)
			for _, call := range found {
				if call.manager.Name == "npm" && !call.locked {
					reportUnlocked(p, call)
				}
			}
		}
	},
}

// npmLocks are the names of npm's lock file (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json).
var npmLocks = []string{"package-lock.json", "npm-shrinkwrap.json"}

func reportUnlocked(p *analysis.Pass, call install) {
	word := call.subcommandWord()
	dir, ok := call.manifestFolder(p.Context)
	if !ok || word == nil || hasFlag(call.step.cmd, "--no-package-lock", "--package-lock", "--package-lock-only") {
		return
	}
	if major, known := nodeMajor(call.in); known && major < 10 {
		return // its npm does not know ci
	}
	f := analysis.Finding{In: call.in, Span: call.step.cmd.Span, Because: call.by(p.Context), Values: given(call.in, call.step.cmd.Words...)}
	for _, lock := range npmLocks {
		if at, ok := p.Context.Brought(call.in, dockerfile.Join(call.dir, lock)); ok {
			f.Message = analysis.Say("%s may install other versions than %s says", call.text(), at)
			f.Why = analysis.Say("It takes the lock file for a proposal and changes it where it does not fit; %s installs what it says, or stops.", "npm ci")
			f.Fix = &analysis.Fix{
				Title: "Install what the lock file says", Applicability: analysis.Unsafe,
				Caveat: analysis.Say("The build then stops where %s does not fit %s, and a %s that is there already is removed first.", lock, "package.json", "node_modules"),
				Edits:  []analysis.Edit{{Span: word.Span, New: "ci"}},
			}
			p.Report(f)
			return
		}
		if at := path.Join(dir.dir, lock); len(p.Context.Match(at)) > 0 {
			f.Message = analysis.Say("%s does not see %s, which is not copied", call.text(), at)
			f.Why = analysis.Say("Each build installs the newest versions that fit. Copy the lock file beside %s, and use %s.", "package.json", "npm ci")
			p.Report(f)
			return
		}
	}
}
