package config

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits of the texts of a build, in characters.
const (
	maxPath     = 256
	maxArgument = 1000 // of the value of a build argument
)

var (
	noPath    = regexp.MustCompile(`^/|\\|(^|/)\.\.(/|$)|` + controls) // none inside of the repository
	noFile    = regexp.MustCompile(noPath.String() + `|(^|/)\.?$`)
	noValue   = regexp.MustCompile(controls)
	stageName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$`)
	argName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,255}$`)
	treeName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,255}$`) // which may be that of an image
)

// builds reads the list of builds. An entry with a mistake is left out: a build that is understood in part is another
// build.
func (d *decoder) builds(n *yaml.Node) {
	d.list(n, "builds", func(item *yaml.Node) {
		before := len(d.problems)
		b := Build{Line: item.Line}
		d.object(item, "builds[]", fields{
			"dockerfile": func(n *yaml.Node) { b.Dockerfile = d.path(n, "builds.dockerfile", "a file", noFile) },
			"context":    func(n *yaml.Node) { b.Context = d.path(n, "builds.context", "a folder", noPath) },
			"target":     func(n *yaml.Node) { b.Target = d.target(n) },
			"args":       func(n *yaml.Node) { b.Args = d.args(n) },
			"contexts":   func(n *yaml.Node) { b.Contexts = d.contexts(n) },
		})
		if len(d.problems) == before && b.Dockerfile == "" {
			d.report(item, "", "an entry of %s needs dockerfile", "builds")
		}
		if len(d.problems) == before {
			d.repo.Builds = append(d.repo.Builds, b)
		}
	})
}

// path reads a path inside of the repository, and cleans it. The root is empty.
func (d *decoder) path(n *yaml.Node, at, kind string, not *regexp.Regexp) string {
	if !isString(n) || n.Value == "" || utf8.RuneCountInString(n.Value) > maxPath || not.MatchString(n.Value) {
		d.wrong(n, at, kind+" of this repository, relative to its root")
		return ""
	}
	if clean := path.Clean(n.Value); clean != "." {
		return clean
	}
	return ""
}

func (d *decoder) target(n *yaml.Node) string {
	if !isString(n) || !stageName.MatchString(n.Value) {
		d.wrong(n, "builds.target", "the name of a stage")
		return ""
	}
	return n.Value
}

func (d *decoder) args(n *yaml.Node) map[string]string {
	return d.byName(n, "builds.args", argName, func(value *yaml.Node, at string) string {
		if !isPlain(value) || utf8.RuneCountInString(value.Value) > maxArgument || noValue.MatchString(value.Value) {
			d.wrong(value, at, fmt.Sprintf("text on one line, at most %d characters", maxArgument))
		}
		return value.Value
	})
}

func (d *decoder) contexts(n *yaml.Node) map[string]string {
	return d.byName(n, "builds.contexts", treeName, func(value *yaml.Node, at string) string {
		return d.path(value, at, "a folder", noPath)
	})
}

// byName reads a mapping whose keys are names.
func (d *decoder) byName(n *yaml.Node, at string, name *regexp.Regexp,
	value func(n *yaml.Node, at string) string) map[string]string {
	all := map[string]string{}
	d.each(n, at, func(key, v *yaml.Node) {
		if !name.MatchString(key.Value) {
			d.report(key, "", "%s is not a name in %s", key.Value, at)
			return
		}
		all[key.Value] = value(v, at+"."+key.Value)
	})
	return all
}

// isPlain reports whether a value is what a build argument may be written as.
func isPlain(n *yaml.Node) bool {
	return isString(n) || n.Kind == yaml.ScalarNode &&
		slices.Contains([]string{"!!int", "!!float", "!!bool"}, n.ShortTag())
}

func buildsSchema() *schema {
	not := func(doc string, pattern *regexp.Regexp) *schema {
		return &schema{Description: doc, Type: "string", MinLength: 1, MaxLength: maxPath,
			Not: &schema{Pattern: pattern.String()}}
	}
	dockerfile := not("The Dockerfile, as a path from the root of the repository.", noFile)
	dockerfile.Examples = []any{"services/api/Dockerfile"}
	folder := not("The folder that is the build context, as a path from the root of the repository. "+
		"Default: the root.", noPath)
	target := &schema{Description: "The stage that is built. Default: the last one.", Type: "string",
		Pattern: stageName.String()}
	args := byName("Build arguments.", argName, &schema{
		Type: []string{"string", "number", "boolean"}, MaxLength: maxArgument,
		Not: &schema{Type: "string", Pattern: controls},
	})
	contexts := byName("Folders by the names that COPY --from and FROM have for them, as with "+
		"docker build --build-context.", treeName, not("", noPath))
	entry := object("", props{"dockerfile": dockerfile, "context": folder, "target": target,
		"args": args, "contexts": contexts})
	entry.Type, entry.Required = "object", []string{"dockerfile"}
	all := array("How images of this repository are built, where no compose file, bake file or workflow in it says so.",
		entry)
	all.Examples = []any{[]any{map[string]any{"dockerfile": "services/api/Dockerfile", "context": "."}}}
	return all
}

// byName is a mapping whose keys are names.
func byName(doc string, name *regexp.Regexp, value *schema) *schema {
	s := object(doc, nil)
	s.PatternProperties = props{name.String(): value}
	return s
}
