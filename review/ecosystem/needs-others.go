package ecosystem

import (
	"encoding/json"
	"regexp"
	"slices"
	"sort"
	"strings"
)

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// composerScripts are the events of an install
// (https://getcomposer.org/doc/articles/scripts.md#event-names).
var composerScripts = []string{"pre-install-cmd", "post-install-cmd", "pre-autoload-dump", "post-autoload-dump",
	"pre-package-install", "post-package-install", "pre-operations-exec", "post-dependencies-solving"}

// phpPackage is what an install reads of a composer.json.
type phpPackage struct {
	Scripts      phpObject
	Repositories json.RawMessage
	Autoload     phpObject
	AutoloadDev  phpObject `json:"autoload-dev"`
	Extra        phpObject
	Config       struct {
		Optimize json.RawMessage `json:"optimize-autoloader"`
		ClassMap json.RawMessage `json:"classmap-authoritative"`
		Vendor   string          `json:"vendor-dir"`
	}
}

// mapsClasses reports whether an install with these flags makes a class map of the project's sources
// (https://getcomposer.org/doc/articles/autoloader-optimization.md).
func (p *phpPackage) mapsClasses(flags []string) bool {
	optimized := string(p.Config.Optimize) == "true" || string(p.Config.ClassMap) == "true" ||
		anyOf(flags, "-o", "--optimize-autoloader", "-a", "--classmap-authoritative")
	mapped := p.Autoload["classmap"] != nil || p.AutoloadDev["classmap"] != nil
	return (optimized || mapped) && !anyOf(flags, "--no-autoloader")
}

// composerJSON: the scripts may use the sources, and a class map is made of them.
func composerJSON(r Reader, c Call) []Need {
	data, ok := r.Read("composer.json")
	var p phpPackage
	if !ok || json.Unmarshal(data, &p) != nil {
		return []Need{{Reason: "%s could not be read", Word: "composer.json"}}
	}
	var needs []Need
	if c.Scripts {
		for _, name := range composerScripts {
			if p.Scripts[name] != nil {
				needs = append(needs, Need{Reason: "it runs the project's script %s", Word: name})
			}
		}
	}
	if p.mapsClasses(c.Flags) {
		needs = append(needs, Need{Reason: "it maps the project's classes unless %s is given", Word: "--no-autoloader"})
	}
	if pathRepository.Match(p.Repositories) {
		needs = append(needs,
			Need{Reason: "%s takes packages from directories of the repository", Word: "composer.json"})
	}
	for _, name := range composerExtra {
		if p.Extra[name] != nil {
			needs = append(needs, Need{Reason: "%s has a plugin read or write files of the project", Word: name})
		}
	}
	if p.Config.Vendor != "" {
		needs = append(needs, Need{Fills: p.Config.Vendor})
	}
	return needs
}

// composerParts: the autoloader and the scripts of an install wait for the sources
// (https://getcomposer.org/doc/03-cli.md#dump-autoload-dumpautoload-).
var composerParts = &Parts{
	Flags: []string{"--no-scripts", "--no-autoloader"},
	Rest:  composerRest,
	Takes: map[string]string{
		"-o": "--optimize", "--optimize-autoloader": "--optimize", "-a": "--classmap-authoritative",
		"--classmap-authoritative": "--classmap-authoritative", "--apcu-autoloader": "--apcu",
		"--ignore-platform-reqs": "--ignore-platform-reqs", "--ignore-platform-req": "--ignore-platform-req",
		"--no-dev": "--no-dev", "-n": "--no-interaction", "--no-interaction": "--no-interaction",
		"--no-plugins": "--no-plugins", "-d": "--working-dir", "--working-dir": "--working-dir",
	},
}

// composerRest makes the autoloader, which runs its own scripts, and then runs the one that ends an install. One that
// comes before the packages cannot come after them.
func composerRest(r Reader, c Call) ([][]string, bool) {
	data, _ := r.Read("composer.json")
	var p phpPackage
	if json.Unmarshal(data, &p) != nil || anyOf(c.Flags, "--no-autoloader") {
		return nil, false
	}
	dump := append([]string{"dump-autoload"}, c.Taken...)
	if !c.Scripts {
		return [][]string{append(dump, "--no-scripts")}, true
	}
	for _, name := range composerScripts {
		if p.Scripts[name] != nil && !strings.HasSuffix(name, "-autoload-dump") && name != "post-install-cmd" {
			return nil, false
		}
	}
	rest := [][]string{dump}
	if p.Scripts["post-install-cmd"] != nil {
		script := slices.DeleteFunc(slices.Clone(c.Taken), func(word string) bool {
			return slices.ContainsFunc(ofAutoloader, func(flag string) bool { return strings.HasPrefix(word, flag) })
		})
		rest = append(rest, append([]string{"run-script"}, append(script, "post-install-cmd")...))
	}
	return rest, true
}

// ofAutoloader are the flags that only the command that makes the autoloader has.
var ofAutoloader = []string{"--optimize", "--classmap-authoritative", "--apcu", "--ignore-platform-req"}

// phpObject is an object as PHP writes it: an empty one is [].
type phpObject map[string]json.RawMessage

func (o *phpObject) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return nil
	}
	return json.Unmarshal(data, (*map[string]json.RawMessage)(o))
}

// composerExtra are the settings of plugins that reach into the project: patches, further
// manifests, packages that are put among the sources.
var composerExtra = []string{"patches", "patches-file", "merge-plugin", "installer-paths", "drupal-scaffold",
	"wordpress-install-dir"}

var pathRepository = regexp.MustCompile(`"type"\s*:\s*"(?:path|artifact)"`)

// gemfileLocal are the calls of a Gemfile that read other files (https://bundler.io/man/gemfile.5.html).
var gemfileLocal = regexp.MustCompile(`(?m)^\s*(?:gemspec|path|eval_gemfile|plugin)\b|\bpath:|:path\s*=>|\b(?:File|Dir|IO|Pathname)\b|\brequire(?:_relative)?\b|\binstance_eval\b|\bload\b`)

// gemfile: it is a program; one that mentions files may need them.
func gemfile(r Reader, _ Call) []Need {
	data, ok := r.Read("Gemfile")
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: "Gemfile"}}
	}
	needs, text := gemfileTexts(data)
	if gemfileLocal.MatchString(text) {
		return []Need{{Reason: "%s mentions files of the repository", Word: "Gemfile"}}
	}
	for _, at := range []string{".bundle", "vendor/cache"} {
		if r.Exists(at) {
			return []Need{{Reason: "it also looks into %s", Word: at}}
		}
	}
	return needs
}

// gemfileTexts are the files that a Gemfile takes a text from, and its lines with a text in place of each.
func gemfileTexts(data []byte) (needs []Need, text string) {
	var b strings.Builder
	for _, line := range rubyLines(data) {
		line, files := rubyReads(line)
		for _, file := range files {
			needs = append(needs, Need{File: file, Inert: true})
		}
		b.WriteString(line + "\n")
	}
	return needs, b.String()
}

var mixLocal = regexp.MustCompile(`\bpath:|\bin_umbrella:|\bapps_path\b|\bFile\.|\bCode\.|\bimport_config\b`)

// mixExs: it is a program; one that mentions files may need them.
func mixExs(r Reader, _ Call) []Need {
	data, ok := r.Read("mix.exs")
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: "mix.exs"}}
	}
	if mixLocal.Match(data) {
		return []Need{{Reason: "%s mentions files or applications of the repository", Word: "mix.exs"}}
	}
	return nil
}
