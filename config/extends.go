package config

import (
	"cmp"
	"maps"
	"slices"
)

// Organization is the repository of an organization that may hold the configuration of all others, at the first of
// [Paths]. As in GitHub's own use of that repository, it is for those that have none.
const Organization = ".github"

// Over returns the configuration that adds r to base: what r sets replaces what base sets, rules and codes by their
// names and options by theirs; the items of a list follow those of base.
func (r Repo) Over(base Repo) Repo {
	return Repo{
		Files: Files{
			Include:   slices.Concat(base.Files.Include, r.Files.Include),
			Exclude:   slices.Concat(base.Files.Exclude, r.Files.Exclude),
			Frontends: slices.Concat(base.Files.Frontends, r.Files.Frontends),
		},
		Rules: rulesOver(r.Rules, base.Rules),
		Codes: over(r.Codes, base.Codes),
		Comments: Comments{
			Max:         cmp.Or(r.Comments.Max, base.Comments.Max),
			MinSeverity: cmp.Or(r.Comments.MinSeverity, base.Comments.MinSeverity),
		},
		Check: Check{
			Name:         cmp.Or(r.Check.Name, base.Check.Name),
			FailOn:       cmp.Or(r.Check.FailOn, base.Check.FailOn),
			OnUnreviewed: cmp.Or(r.Check.OnUnreviewed, base.Check.OnUnreviewed),
			Rebuilds:     cmp.Or(r.Check.Rebuilds, base.Check.Rebuilds),
		},
		Ignore:         slices.Concat(base.Ignore, r.Ignore),
		Scope:          cmp.Or(r.Scope, base.Scope),
		Drafts:         cmp.Or(r.Drafts, base.Drafts),
		Builds:         slices.Concat(base.Builds, r.Builds),
		RulesVersion:   cmp.Or(r.RulesVersion, base.RulesVersion),
		IgnoreComments: cmp.Or(r.IgnoreComments, base.IgnoreComments),
		Extends:        r.Extends,
	}
}

func rulesOver(own, base map[string]Rule) map[string]Rule {
	all := over(own, base)
	for name, r := range all {
		b := base[name]
		all[name] = Rule{Severity: cmp.Or(r.Severity, b.Severity), Options: over(r.Options, b.Options)}
	}
	return all
}

// over is a map with the entries of both; own wins.
func over[V any](own, base map[string]V) map[string]V {
	if len(own)+len(base) == 0 {
		return nil
	}
	all := maps.Clone(base)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, own)
	return all
}
