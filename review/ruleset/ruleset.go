// Package ruleset says how a repository is reviewed: which rules run over a Dockerfile, as the configuration has
// them, and which files are read for them. The App and the command line both ask here, so that they find the same. It
// also holds the definitions of builds against the repository. It must never read a file, and never know who asks.
package ruleset

import (
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

// Unit is a Dockerfile with the rules as the repository wants them. It lacks what its surroundings give: the tree, the
// day, the budget and whose fixes are wanted.
//
// The rules of files that the configuration ignores run too, because a fix is proved against every rule; what they
// find there is for the caller to leave out. See [config.Repo.Ignored].
func Unit(repo config.Repo, all []*analysis.Rule, path string, src []byte) analysis.Unit {
	u := analysis.Unit{
		Path: path, Src: src, Overlaps: rules.Overlaps, Vocabulary: rules.Vocabulary, Codes: repo.Codes,
		NoIgnoreComments: repo.NoIgnoreComments(), Frontends: repo.Files.Frontends,
	}
	for _, r := range all {
		u.Rules = append(u.Rules, analysis.Active{
			Rule: r, Severity: repo.Severity(r), Options: repo.Rules[r.Name].Options,
		})
	}
	return u
}
