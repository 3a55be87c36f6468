package rules

import (
	"path"
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/shell"
)

var npmInstallUnlocked = &analysis.Rule{
	Name:     "npm-install-unlocked",
	Doc:      "npm install instead of npm ci, so the build may not install the versions of the lock file",
	Topic:    analysis.Language,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DF031"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name != "RUN" || len(shell.Calls(in, "npm")) == 0 {
				continue
			}
			found, _, _ := reorder.Installs(in)
			for _, call := range found {
				if call.Manager.Name == "npm" && !call.Locked {
					reportUnlocked(p, call)
				}
			}
		}
	},
}

// npmLocks are the names of npm's lock file (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json).
var npmLocks = []string{"package-lock.json", "npm-shrinkwrap.json"}

func reportUnlocked(p *analysis.Pass, call reorder.Install) {
	word := call.Subcommand()
	dir, ok := call.ManifestFolder(p.Context)
	if !ok || word == nil || slices.ContainsFunc(call.Flags, decidesLock) {
		return
	}
	if major, known := nodeMajor(call.In); known && major < 10 {
		return // its npm has no ci
	}
	f := analysis.Finding{In: call.In, Span: call.Step.Cmd.Span, Because: call.By(p.Context),
		Values: shell.Values(call.In, call.Step.Cmd.Words...)}
	for _, lock := range npmLocks {
		if at, ok := p.Context.Brought(call.In, dockerfile.Join(call.Dir, lock)); ok {
			f.Message = analysis.Say("%s may install versions that are not in %s", call.Text(), at)
			f.Why = analysis.Say("Where the lock file and %s disagree, it changes the lock file; %s stops instead.",
				"package.json", "npm ci")
			f.Fix = &analysis.Fix{
				Title: "Install the versions of the lock file", Applicability: analysis.Unsafe,
				Caveat: analysis.Say("The build then stops where %s and %s disagree, and an existing %s is "+
					"deleted first.",
					lock, "package.json", "node_modules"),
				Edits: []analysis.Edit{{Span: word.Span, New: "ci"}},
			}
			p.Report(f)
			return
		}
		if at := path.Join(dir.Dir, lock); len(p.Context.Match(at)) > 0 {
			f.Message = analysis.Say("%s does not see %s, which is not copied", call.Text(), at)
			f.Why = analysis.Say("Each build installs the newest versions that %s allows. Copy the lock file too, "+
				"and use %s.",
				"package.json", "npm ci")
			p.Report(f)
			return
		}
	}
}

// decidesLock reports whether the flag decides about the lock file.
func decidesLock(flag string) bool {
	return flag == "--no-package-lock" || flag == "--package-lock" || flag == "--package-lock-only"
}
