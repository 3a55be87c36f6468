package ecosystem

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// Development is what a manager knows of packages that only developers need.
type Development struct {
	Flags     []string // that leave them out, or decide on groups: no more is said then
	Variables []string // that do the same when they are set
	Flag      string   // the flag to leave them out; "" where there is no such flag
	// Has names one of the packages, where the manifests certainly ask for some.
	Has func(Reader) (string, bool)

	hooks func(Reader) (needs, opaque Hook) // see Hooks; nil where an install runs no script of the project
}

// Leaves reports whether a flag, as written, decides on development packages.
func (d *Development) Leaves(flag string) bool {
	name, _, _ := strings.Cut(flag, "=")
	for _, f := range d.Flags {
		if f == flag || f == name {
			return true
		}
	}
	return false
}

// What each manager that installs them unasked knows of them.
var (
	// https://docs.npmjs.com/cli/v11/using-npm/config#omit
	npmDevelopment = &Development{
		Flags: []string{"--omit", "--only", "--production", "--include", "--also", "--dev"},
		Variables: []string{"NODE_ENV", "npm_config_omit", "NPM_CONFIG_OMIT", "npm_config_production",
			"NPM_CONFIG_PRODUCTION", "npm_config_only", "NPM_CONFIG_ONLY"},
		Flag: "--omit=dev", Has: devDependencies, hooks: packageHooks,
	}
	// https://classic.yarnpkg.com/lang/en/docs/cli/install/#toc-yarn-install-production-true-false
	yarnDevelopment = &Development{
		Flags:     []string{"--production", "--prod", "--immutable", "--frozen-lockfile=false"},
		Variables: []string{"NODE_ENV", "YARN_PRODUCTION"},
		Flag:      "--production", hooks: packageHooks, Has: func(r Reader) (string, bool) {
			if r.Exists(".yarnrc.yml") {
				return "", false // Yarn 2 and newer has no such flag
			}
			return devDependencies(r)
		},
	}
	// https://pnpm.io/cli/install#--prod--p
	pnpmDevelopment = &Development{Flags: []string{"--prod", "--production", "-P", "--dev", "-D"},
		Variables: []string{"NODE_ENV", "npm_config_production", "NPM_CONFIG_PRODUCTION"}, Flag: "--prod",
		Has: devDependencies, hooks: packageHooks}
	// https://bun.sh/docs/cli/install#production-mode
	bunDevelopment = &Development{Flags: []string{"--production", "-p", "--omit"}, Variables: []string{"NODE_ENV"},
		Flag: "--production", Has: devDependencies, hooks: packageHooks}
	// https://getcomposer.org/doc/03-cli.md#install-i
	composerDevelopment = &Development{Flags: []string{"--no-dev", "--dev"}, Variables: []string{"COMPOSER_NO_DEV"},
		Flag: "--no-dev", Has: requireDev, hooks: composerHooks}
	// https://bundler.io/man/bundle-config.1.html, without
	bundlerDevelopment = &Development{Flags: []string{"--without", "--with"},
		Variables: []string{"BUNDLE_WITHOUT", "BUNDLE_ONLY", "RAILS_ENV", "RACK_ENV"}, Has: gemGroup}
	// https://python-poetry.org/docs/managing-dependencies/#dependency-groups
	poetryDevelopment = &Development{Flags: []string{"--only", "--without", "--with", "--no-dev", "--only-root"},
		Variables: []string{"POETRY_WITHOUT"}, Flag: "--only main", Has: poetryGroup}
	// https://docs.astral.sh/uv/concepts/projects/dependencies/#default-groups
	uvDevelopment = &Development{
		Flags: []string{"--no-dev", "--no-default-groups", "--no-group", "--only-group", "--group", "--all-groups",
			"--dev", "--only-dev", "--all-extras"},
		Variables: []string{"UV_NO_DEV"}, Flag: "--no-dev", Has: uvGroup,
	}
	// https://pdm-project.org/en/stable/usage/dependency/#select-a-subset-of-dependency-groups-to-install
	pdmDevelopment = &Development{Flags: []string{"--prod", "--production", "-P", "-G", "--group", "--no-default", "-d",
		"--dev", "--without", "--with"}, Flag: "--prod", Has: uvGroup}
)

func devDependencies(r Reader) (string, bool) {
	data, ok := r.Read("package.json")
	var p struct{ DevDependencies map[string]string }
	if !ok || json.Unmarshal(data, &p) != nil {
		return "", false
	}
	return firstKey(p.DevDependencies)
}

func requireDev(r Reader) (string, bool) {
	data, ok := r.Read("composer.json")
	var p struct {
		RequireDev map[string]string `json:"require-dev"`
	}
	if !ok || json.Unmarshal(data, &p) != nil {
		return "", false
	}
	return firstKey(p.RequireDev)
}

func firstKey[V any](m map[string]V) (string, bool) {
	if len(m) == 0 {
		return "", false
	}
	return sortedKeys(m)[0], true
}

// developers is a group of a Gemfile, and the first gem in it.
var developers = regexp.MustCompile(`(?m)^group[ (]+:(?:development|test)\b[^\n]*do\s+(?:#[^\n]*\s+)*gem ["']([^"']+)["']`)

func gemGroup(r Reader) (string, bool) {
	data, _ := r.Read("Gemfile")
	if m := developers.FindSubmatch(data); m != nil {
		return string(m[1]), true
	}
	return "", false
}

func poetryGroup(r Reader) (string, bool) {
	data, ok := r.Read("pyproject.toml")
	var p struct {
		Tool struct {
			Poetry struct {
				DevDependencies map[string]any `toml:"dev-dependencies"`
				Group           map[string]struct {
					Optional     bool
					Dependencies map[string]any
				}
			}
		}
	}
	if !ok || toml.Unmarshal(data, &p) != nil {
		return "", false
	}
	if dev := p.Tool.Poetry.Group["dev"]; !dev.Optional && len(dev.Dependencies) > 0 {
		return firstKey(dev.Dependencies)
	}
	return firstKey(p.Tool.Poetry.DevDependencies)
}

// uvGroup reads the group that uv and PDM install by default (https://peps.python.org/pep-0735/).
func uvGroup(r Reader) (string, bool) {
	data, ok := r.Read("pyproject.toml")
	var p struct {
		Groups map[string][]any `toml:"dependency-groups"`
		Tool   struct {
			UV struct {
				Default any      `toml:"default-groups"`
				Dev     []string `toml:"dev-dependencies"`
			}
		}
	}
	if !ok || toml.Unmarshal(data, &p) != nil || p.Tool.UV.Default != nil {
		return "", false
	}
	for _, d := range p.Groups["dev"] {
		if s, ok := d.(string); ok {
			return requirementName.FindString(s), true
		}
	}
	if len(p.Tool.UV.Dev) > 0 {
		return requirementName.FindString(p.Tool.UV.Dev[0]), true
	}
	return "", false
}

var requirementName = regexp.MustCompile(`^[A-Za-z0-9._-]+`)
