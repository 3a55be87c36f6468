package config

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/mod/semver"

	"github.com/dfbot/dfbot/review/analysis"
)

// Paths are the places of the configuration in a repository; the first one found counts. See [ParseFile].
var Paths = []string{".dfbot.yml", ".github/dfbot.yml", ".hadolint.yaml", ".hadolint.yml"}

// Repo is how a repository wants to be reviewed. The zero Repo is the default.
type Repo struct {
	Files    Files
	Rules    map[string]Rule // by the rule's own name; other rules have their defaults
	Comments Comments
	Check    Check
	Ignore   []Ignore
	Scope    Scope   // empty is ScopeIntroduced
	Drafts   Drafts  // empty is DraftsCheckOnly
	Builds   []Build // of these Dockerfiles, files of the repository define no others

	// RulesVersion is the release whose rules may fail the check, such as 0.1; empty means every rule.
	RulesVersion string

	// Codes are the severities of single codes of other programs, such as SC2086 of ShellCheck; other codes have the
	// severity of their rule.
	Codes map[string]analysis.Severity
	// IgnoreComments reports whether comments in Dockerfiles turn rules off; nil means that they do.
	IgnoreComments *bool
	// Extends is Organization if the configuration adds to the organization's; empty means that it does not.
	Extends string
}

// NoIgnoreComments reports whether no comment in a Dockerfile turns a rule off.
func (r Repo) NoIgnoreComments() bool { return r.IgnoreComments != nil && !*r.IgnoreComments }

func (r *Repo) setRule(name string, rule Rule) {
	if r.Rules == nil {
		r.Rules = make(map[string]Rule)
	}
	r.Rules[name] = rule
}

func (r *Repo) setCode(code string, severity analysis.Severity) {
	if r.Codes == nil {
		r.Codes = make(map[string]analysis.Severity)
	}
	r.Codes[code] = severity
}

// Scope is which findings of a Dockerfile are raised.
type Scope string

// The values of [Scope].
const (
	ScopeIntroduced   Scope = "introduced"    // those that the pull request introduces or makes worse
	ScopeChangedLines Scope = "changed-lines" // older ones too, in an instruction that it changes
	ScopeAll          Scope = "all"           // all older ones too
)

// Drafts is what dfbot does with a pull request that is a draft.
type Drafts string

// The values of [Drafts].
const (
	DraftsCheckOnly Drafts = "check-only" // it gets a check run and no comments
	DraftsReview    Drafts = "review"     // it is reviewed as any other
	DraftsSkip      Drafts = "skip"       // it is not reviewed
)

// Build is one way in which an image of the repository is built. Paths are relative to the root of the repository,
// clean, and inside of it.
type Build struct {
	Dockerfile string
	Context    string            // a folder; empty is the root
	Target     string            // a stage; empty is the last one
	Args       map[string]string // build arguments
	Contexts   map[string]string // folders by the names that COPY --from and FROM have for them; empty is the root
	Line       int               // of the configuration that says so
}

// Files defines which files are Dockerfiles, by globs over the repository's paths. See [Repo.IsDockerfile].
type Files struct {
	Include []string // Dockerfiles besides those that are named like one
	Exclude []string // files that are not Dockerfiles; overrides everything else

	// Frontends are images, without tag and digest, that are copies of docker/dockerfile, which a syntax directive may
	// name. Files for other frontends, except Docker's own, are not reviewed.
	Frontends []string
}

// Rule is how a repository configures one rule.
type Rule struct {
	Severity *analysis.Severity // nil: the rule's own
	Options  map[string]any     // by name: bool, int, string or []string, as the rule's option has it
}

// Comments defines which findings get a comment in the diff. The others become annotations of the check run.
type Comments struct {
	Max         int               // the most comments of one review; 0 is DefaultComments, NoComments means none
	MinSeverity analysis.Severity // the least severity that gets a comment; Off is the default, Warning
}

// Limits on the number of comments.
const (
	DefaultComments = 5
	MostComments    = 50
	NoComments      = -1 // from `max: 0`, because the zero value is the default
)

// Limit is the most comments of one review, from 0 to MostComments.
func (c Comments) Limit() int {
	switch {
	case c.Max == 0:
		return DefaultComments
	case c.Max < 0:
		return 0
	}
	return min(c.Max, MostComments)
}

// Shows reports whether a diagnostic of this severity is worth a comment.
func (c Comments) Shows(s analysis.Severity) bool {
	return s >= cmp.Or(c.MinSeverity, analysis.Warning)
}

// Check is the name of the check run, and what makes it fail.
type Check struct {
	Name         string            // empty is DefaultCheck
	FailOn       analysis.Severity // the least severity that fails the check; Off is the default, Error
	Hadolint     bool              // FailOn is hadolint's: a rule that hadolint does not have fails as by default
	OnUnreviewed Unreviewed        // how the check ends if something was not reviewed; empty is UnreviewedNeutral
	Rebuilds     Rebuilds          // whether it says what a pull request runs again; empty is RebuildsAuto
}

// Rebuilds is whether the check run tells which steps of the builds a pull request runs again.
type Rebuilds string

// The values of [Rebuilds].
const (
	RebuildsAuto   Rebuilds = "auto"   // for a build of which a RUN runs again, or may
	RebuildsAlways Rebuilds = "always" // for each build that the pull request affects
	RebuildsNever  Rebuilds = "never"
)

// Unreviewed is how a check ends if dfbot could not review everything, and found nothing that fails it.
type Unreviewed string

// The values of [Unreviewed], as GitHub names conclusions. For a branch that requires the check, neutral is a pass.
const (
	UnreviewedNeutral Unreviewed = "neutral"
	UnreviewedFailure Unreviewed = "failure"
)

// DefaultCheck is the name of the check run.
const DefaultCheck = "dfbot"

// Title is the name of the check run.
func (c Check) Title() string { return cmp.Or(c.Name, DefaultCheck) }

// FailsUnreviewed reports whether the check fails if something was not reviewed.
func (c Check) FailsUnreviewed() bool { return c.OnUnreviewed == UnreviewedFailure }

// Fails reports whether a diagnostic of this severity fails the check.
func (c Check) Fails(s analysis.Severity) bool {
	return s >= cmp.Or(c.FailOn, analysis.Error)
}

// FailsBy is Fails for a diagnostic of the rule.
func (c Check) FailsBy(rule *analysis.Rule, s analysis.Severity) bool {
	theirs := rule.Program == "shellcheck" || slices.ContainsFunc(rule.Aliases, hadolintCode.MatchString)
	if c.Hadolint && !theirs {
		return s >= max(c.FailOn, analysis.Error)
	}
	return c.Fails(s)
}

// hadolintCode matches hadolint's codes, and those of ShellCheck, which it runs.
var hadolintCode = regexp.MustCompile(`^(?:DL|SC)[0-9]{4}$`)

// Ignore turns rules off in some files. An empty list means all of them.
type Ignore struct {
	Paths []string // globs
	Rules []string // the rules' own names
}

// Ignored reports whether the repository ignores the rule in the file at path.
func (r Repo) Ignored(path, rule string) bool {
	return slices.ContainsFunc(r.Ignore, func(i Ignore) bool { return i.covers(path, rule) })
}

func (i Ignore) covers(path, rule string) bool {
	return (len(i.Paths) == 0 || matches(i.Paths, path)) &&
		(len(i.Rules) == 0 || slices.Contains(i.Rules, rule))
}

// Severity is the severity that the repository gives to a rule. A rule that is Off does not run. One that is
// [Repo.Newer] never fails the check: it gives notices, or is Off if notices fail the check.
func (r Repo) Severity(rule *analysis.Rule) analysis.Severity {
	if s := r.Rules[rule.Name].Severity; s != nil {
		return *s
	}
	if !r.Newer(rule) {
		return rule.Severity
	}
	if r.Check.Fails(analysis.Notice) {
		return analysis.Off
	}
	return min(rule.Severity, analysis.Notice)
}

// Newer reports whether a rule came after the release to which the repository pins its rules, and has no severity in
// the configuration.
func (r Repo) Newer(rule *analysis.Rule) bool {
	return r.RulesVersion != "" && semver.Compare("v"+rule.Since, "v"+r.RulesVersion) > 0 &&
		r.Rules[rule.Name].Severity == nil
}

// matches reports whether one of the globs matches the whole path.
func matches(globs []string, path string) bool {
	return slices.ContainsFunc(globs, func(g string) bool {
		return ends(g, path) && doublestar.MatchUnvalidated(g, path)
	})
}

// ends reports whether the path begins and ends with the plain text at the ends of the glob. Most paths do not, and
// need no closer look.
func ends(glob, path string) bool {
	const special = `*?[]{}\`
	first, last := strings.IndexAny(glob, special), strings.LastIndexAny(glob, special)
	if first < 0 {
		return glob == path
	}
	// a/** matches a, and **/b matches b.
	return strings.HasPrefix(path, strings.TrimSuffix(glob[:first], "/")) &&
		strings.HasSuffix(path, strings.TrimPrefix(glob[last+1:], "/"))
}
