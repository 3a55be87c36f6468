package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"go.yaml.in/yaml/v4"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/spelling"
)

// Version is the version of the format, the value of its key version.
const Version = 1

// maxName limits the name of the check run, in characters.
const maxName = 100

// top is the path of the file's own mapping, which has no key.
const top = ""

func (d *decoder) root(n *yaml.Node) {
	d.object(n, top, fields{
		"version":  d.version,
		"files":    d.files,
		"rules":    d.rules,
		"comments": d.comments,
		"check":    d.check,
		"ignore":   d.ignore,

		"ignore-comments": d.ignoreComments,

		"scope": func(n *yaml.Node) {
			if word, ok := d.text(n, "scope", scopes); ok {
				d.repo.Scope = Scope(word)
			}
		},
		"drafts": func(n *yaml.Node) {
			if word, ok := d.text(n, "drafts", drafts); ok {
				d.repo.Drafts = Drafts(word)
			}
		},
		"builds": d.builds,
		"extends": func(n *yaml.Node) {
			if word, ok := d.text(n, "extends", []string{Organization}); ok {
				d.repo.Extends = word
			}
		},
		"rules-version": d.rulesVersion,
	})
}

// The words for scope and for drafts.
var (
	scopes = []string{string(ScopeIntroduced), string(ScopeChangedLines), string(ScopeAll)}
	drafts = []string{string(DraftsCheckOnly), string(DraftsReview), string(DraftsSkip)}
)

// release matches the number of a release. YAML takes one of two parts for a number.
var release = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){0,2}$`)

func (d *decoder) rulesVersion(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || !release.MatchString(n.Value) {
		d.wrong(n, "rules-version", "the number of a release of dfbot, such as 0.1")
		return
	}
	d.repo.RulesVersion = n.Value
}

// version is only checked: there is one version, and a file may leave it out.
func (d *decoder) version(n *yaml.Node) { d.number(n, "version", Version, Version) }

func (d *decoder) files(n *yaml.Node) {
	d.object(n, "files", fields{
		"include": func(n *yaml.Node) { d.repo.Files.Include, _ = d.globs(n, "files.include") },
		"exclude": func(n *yaml.Node) { d.repo.Files.Exclude, _ = d.globs(n, "files.exclude") },

		"frontends": d.frontends,
	})
}

// frontends reads the names of images. One with a tag or digest would match nothing.
func (d *decoder) frontends(n *yaml.Node) {
	d.list(n, "files.frontends", func(item *yaml.Node) {
		if !isString(item) || len(item.Value) > maxImage || !imageName.MatchString(item.Value) {
			d.wrong(item, "files.frontends[]", "the name of an image, without tag and digest")
			return
		}
		d.repo.Files.Frontends = append(d.repo.Files.Frontends, item.Value)
	})
}

// maxImage limits the name of an image, in characters.
const maxImage = 256

// imageName is a registry, with a port perhaps, and a path below it, or such a path alone.
var imageName = regexp.MustCompile(`^([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*$`)

func (d *decoder) comments(n *yaml.Node) {
	d.object(n, "comments", fields{
		"max": d.max,
		"min-severity": func(n *yaml.Node) {
			if s, ok := d.severity(n, "comments.min-severity", diagnosed); ok {
				d.repo.Comments.MinSeverity = s
			}
		},
	})
}

func (d *decoder) ignoreComments(n *yaml.Node) {
	if v, ok := d.boolean(n, "ignore-comments"); ok {
		d.repo.IgnoreComments = &v
	}
}

func (d *decoder) max(n *yaml.Node) {
	if v, ok := d.number(n, "comments.max", 0, MostComments); ok {
		d.repo.Comments.Max = v
		if v == 0 {
			d.repo.Comments.Max = NoComments
		}
	}
}

func (d *decoder) check(n *yaml.Node) {
	d.object(n, "check", fields{
		"name": d.name,
		"fail-on": func(n *yaml.Node) {
			if s, ok := d.severity(n, "check.fail-on", failing); ok {
				d.repo.Check.FailOn = s
			}
		},
		"on-unreviewed": func(n *yaml.Node) {
			if word, ok := d.text(n, "check.on-unreviewed", unreviewed); ok {
				d.repo.Check.OnUnreviewed = Unreviewed(word)
			}
		},
		"rebuilds": func(n *yaml.Node) {
			if word, ok := d.text(n, "check.rebuilds", rebuilds); ok {
				d.repo.Check.Rebuilds = Rebuilds(word)
			}
		},
	})
}

func (d *decoder) name(n *yaml.Node) {
	if !isString(n) || !validName(n.Value) {
		d.wrong(n, "check.name", fmt.Sprintf("text on one line, at most %d characters", maxName))
		return
	}
	d.repo.Check.Name = n.Value
}

func validName(s string) bool {
	return strings.TrimSpace(s) != "" && utf8.RuneCountInString(s) <= maxName &&
		!strings.ContainsFunc(s, unicode.IsControl)
}

func (d *decoder) ignore(n *yaml.Node) {
	d.list(n, "ignore", func(item *yaml.Node) {
		var i Ignore
		var saidPaths, saidRules bool
		d.object(item, "ignore[]", fields{
			"paths": func(n *yaml.Node) { i.Paths, saidPaths = d.globs(n, "ignore.paths") },
			"rules": func(n *yaml.Node) { i.Rules, saidRules = d.ruleNames(n) },
		})
		switch {
		case item.Kind != yaml.MappingNode && !isNull(item):
		case saidPaths && len(i.Paths) == 0 || saidRules && len(i.Rules) == 0 || !onlyHas(item, "paths", "rules"):
			// What it names was not understood and is reported. It must not mean everything instead.
		case !saidPaths && !saidRules:
			d.report(item, "", "an entry of %s needs paths or rules", "ignore")
		default:
			d.repo.Ignore = append(d.repo.Ignore, i)
		}
	})
}

// onlyHas reports whether a mapping has only these keys.
func onlyHas(n *yaml.Node, keys ...string) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if !slices.Contains(keys, follow(n.Content[i]).Value) {
			return false
		}
	}
	return true
}

func (d *decoder) ruleNames(n *yaml.Node) (names []string, said bool) {
	said = d.list(n, "ignore.rules", func(item *yaml.Node) {
		if !isString(item) {
			d.wrong(item, "ignore.rules[]", "the name of a rule")
			return
		}
		for _, r := range d.rule(item) {
			if !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
		}
	})
	return names, said
}

// rule returns the rules that a word means, and reports a word that means none.
func (d *decoder) rule(word *yaml.Node) []*analysis.Rule {
	meant := d.known.named(word.Value)
	if len(meant) == 0 {
		d.report(word, spelling.Suggest(word.Value, d.known.words()), "unknown rule %s", word.Value)
	}
	return meant
}

// source is the key that set a rule.
type source struct {
	line  int
	exact bool // the rule's own name, not an alias
	alone bool // means no other rule
}

func (d *decoder) rules(n *yaml.Node) {
	d.each(n, "rules", func(key, value *yaml.Node) {
		outside := outsideCode.MatchString(key.Value)
		meant := d.known.named(key.Value)
		if len(meant) == 0 && !outside {
			d.rule(key) // reports it
			return
		}
		setting := d.setting(value, "rules."+key.Value, meant)
		if outside && setting.Severity != nil {
			d.repo.setCode(key.Value, *setting.Severity)
		}
		for _, r := range meant {
			d.set(r.Name, setting, key, source{key.Line, key.Value == r.Name, len(meant) == 1})
		}
	})
}

// outsideCode matches ShellCheck's codes, which mean single findings of its rule, and perhaps one of dfbot's own rules.
var outsideCode = regexp.MustCompile(`^SC[0-9]{4}$`)

// set configures a rule. A rule's own name overrides an alias that also means others; any other two keys for one rule
// contradict each other, and the first counts.
func (d *decoder) set(rule string, setting Rule, key *yaml.Node, by source) {
	before, twice := d.sources[rule]
	refines := by.exact != before.exact && !(by.alone && before.alone)
	if twice && !refines {
		d.report(key, "", fmt.Sprintf("%%s sets the rule %%s again; dfbot reads line %d", before.line), key.Value, rule)
	}
	if twice && !(refines && by.exact) {
		return
	}
	d.sources[rule] = by
	if setting.Severity == nil && setting.Options == nil {
		delete(d.repo.Rules, rule) // as if it were not named
		return
	}
	d.repo.setRule(rule, setting)
}

// setting reads a severity, or a mapping of a severity and options. An alias for several rules takes no options.
func (d *decoder) setting(n *yaml.Node, at string, meant []*analysis.Rule) Rule {
	var r Rule
	severity := func(at string) func(n *yaml.Node) {
		return func(n *yaml.Node) {
			if s, ok := d.severity(n, at, settable); ok {
				r.Severity = &s
			}
		}
	}
	if n.Kind != yaml.MappingNode {
		severity(at)(n)
		return r
	}
	known := fields{"severity": severity(at + ".severity")}
	if len(meant) == 1 {
		for _, o := range meant[0].Options {
			known[o.Name] = func(n *yaml.Node) { d.option(n, at+"."+o.Name, o, &r) }
		}
	}
	d.object(n, at, known)
	return r
}

func (d *decoder) option(n *yaml.Node, at string, o analysis.Option, r *Rule) {
	v, ok := d.optionValue(n, at, o)
	if !ok {
		return
	}
	if r.Options == nil {
		r.Options = make(map[string]any)
	}
	r.Options[o.Name] = v
}

func (d *decoder) optionValue(n *yaml.Node, at string, o analysis.Option) (any, bool) {
	switch o.Default.(type) {
	case bool:
		return d.boolean(n, at)
	case int:
		return d.number(n, at, math.MinInt32, math.MaxInt32)
	case string:
		return d.text(n, at, nil)
	case []string:
		all := []string{}
		d.list(n, at, func(item *yaml.Node) {
			if s, ok := d.text(item, at+"[]", nil); ok {
				all = append(all, s)
			}
		})
		return all, n.Kind == yaml.SequenceNode
	}
	panic(fmt.Sprintf("config: an option of type %T", o.Default))
}

func (d *decoder) boolean(n *yaml.Node, at string) (value, ok bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		d.wrong(n, at, "true or false")
		return false, false
	}
	return strings.EqualFold(n.Value, "true"), true
}

// text reads a string, one of enum if there is one.
func (d *decoder) text(n *yaml.Node, at string, enum []string) (string, bool) {
	switch {
	case !isString(n):
		d.wrong(n, at, "text")
	case len(enum) > 0 && !slices.Contains(enum, n.Value):
		d.report(n, spelling.Suggest(n.Value, enum), "%s cannot be %s", at, n.Value)
	default:
		return n.Value, true
	}
	return "", false
}

func (d *decoder) number(n *yaml.Node, at string, least, most int) (int, bool) {
	var v float64
	tag := n.ShortTag()
	if n.Kind == yaml.ScalarNode && (tag == "!!int" || tag == "!!float") && n.Decode(&v) == nil &&
		v == math.Trunc(v) && float64(least) <= v && v <= float64(most) {
		return int(v), true
	}
	d.wrong(n, at, numbers(least, most))
	return 0, false
}

func numbers(least, most int) string {
	switch {
	case least == most:
		return fmt.Sprint(least)
	case least == math.MinInt32:
		return "a whole number"
	}
	return fmt.Sprintf("a whole number from %d to %d", least, most)
}

// The severities that each key takes: of a diagnostic, of a rule, and from which a check fails.
var (
	diagnosed = []analysis.Severity{analysis.Notice, analysis.Warning, analysis.Error}
	settable  = append([]analysis.Severity{analysis.Off}, diagnosed...)
	failing   = append([]analysis.Severity{analysis.Never}, diagnosed...)
)

// unreviewed are the words for check.on-unreviewed.
var unreviewed = []string{string(UnreviewedNeutral), string(UnreviewedFailure)}

// rebuilds are the words for check.rebuilds.
var rebuilds = []string{string(RebuildsAuto), string(RebuildsAlways), string(RebuildsNever)}

// foreign are the words of other tools for these severities.
var foreign = map[string]analysis.Severity{
	"err": analysis.Error, "fatal": analysis.Error, "critical": analysis.Error, "failure": analysis.Error,
	"high": analysis.Error,

	"warn": analysis.Warning, "medium": analysis.Warning,

	"info": analysis.Notice, "information": analysis.Notice, "style": analysis.Notice, "note": analysis.Notice,
	"hint": analysis.Notice, "low": analysis.Notice,

	"off": analysis.Off, "never": analysis.Off, "ignore": analysis.Off, "none": analysis.Off, "disable": analysis.Off,
	"disabled": analysis.Off, "false": analysis.Off, "no": analysis.Off,
}

// severity reads one of the valid severities, or reports which the word may mean.
func (d *decoder) severity(n *yaml.Node, at string, valid []analysis.Severity) (s analysis.Severity, ok bool) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.wrong(n, at, alternatives(valid))
		return 0, false
	}
	names := toStrings(valid)
	if i := slices.Index(names, n.Value); i >= 0 && isString(n) {
		return valid[i], true
	}
	meant, known := foreign[strings.ToLower(n.Value)]
	if known && meant == analysis.Off && slices.Contains(valid, analysis.Never) {
		meant = analysis.Never
	}
	near := meant.String()
	if !known || !slices.Contains(valid, meant) {
		near = spelling.Suggest(n.Value, names)
	}
	d.report(n, near, "%s must be "+alternatives(valid)+", not %s", at, n.Value)
	return 0, false
}

func toStrings(severities []analysis.Severity) []string {
	names := make([]string, len(severities))
	for i, s := range severities {
		names[i] = s.String()
	}
	return names
}

// alternatives lists the severities as a sentence does.
func alternatives(severities []analysis.Severity) string {
	names := toStrings(severities)
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// globs reads a list of globs. Said is false if the list is empty or missing.
func (d *decoder) globs(n *yaml.Node, at string) (globs []string, said bool) {
	said = d.list(n, at, func(item *yaml.Node) {
		if !isString(item) {
			d.wrong(item, at+"[]", "a glob")
			return
		}
		if format, better := checkGlob(item.Value); format != "" {
			d.report(item, better, format, item.Value)
			return
		}
		globs = append(globs, item.Value)
	})
	return globs, said
}

// Limits of a glob. Matching tries each way to choose between braces, so its time depends on their number.
const (
	maxGlob    = 256 // characters
	maxChoices = 64
)

// checkGlob returns what is wrong with a glob, with %s for the glob, and perhaps a better one.
func checkGlob(g string) (format, better string) {
	trimmed := strings.TrimLeft(strings.TrimPrefix(g, "."), "/")
	switch {
	case g == "":
		return "the empty glob %s matches nothing", ""
	case utf8.RuneCountInString(g) > maxGlob:
		return fmt.Sprintf("the glob %%s has more than %d characters", maxGlob), ""
	case strings.HasPrefix(g, "!"):
		return "the glob %s starts with !, which dfbot does not support; list the other files instead", ""
	case strings.HasPrefix(g, "/") || strings.HasPrefix(g, "./"):
		return "the glob %s matches nothing: paths start at the root, without a slash", trimmed
	case strings.HasSuffix(g, "/"):
		return "the glob %s matches no file", g + "**"
	case !doublestar.ValidatePattern(g):
		return "%s is not a valid glob", ""
	case choices(g) > maxChoices:
		return fmt.Sprintf("the braces of the glob %%s make more than %d combinations", maxChoices), ""
	}
	return "", ""
}

// choices is the number of ways to choose between the braces of g, or more.
func choices(g string) int {
	total, open := 1, []int{}
	for i := 0; i < len(g) && total <= maxChoices; i++ {
		switch g[i] {
		case '\\':
			i++
		case '{':
			open = append(open, 1)
		case ',':
			if len(open) > 0 {
				open[len(open)-1]++
			}
		case '}':
			if len(open) > 0 {
				total *= open[len(open)-1]
				open = open[:len(open)-1]
			}
		}
	}
	return total
}
