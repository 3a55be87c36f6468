package ecosystem

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/modfile"
)

// Demand is a file that a manifest makes an install read: for certain, which is more than a [Need] says.
type Demand struct {
	File string // relative to the manifest's folder; a folder where it ends in /
	// Skips reports that the install goes on without the file, and leaves out what it is for.
	Skips bool
	// Unless is a flag with which the install does not read the file, and which it should have rather than the file;
	// "" where it needs the file.
	Unless string
}

// Demands returns what the manifest of that name demands of an install; none of a manifest that cannot be read.
func Demands(r Reader, name string, c Call) []Demand {
	data, ok := r.Read(name)
	demands := demanding[name]
	switch {
	case !ok:
		return nil
	case demands == nil && (c.Manager.Name == "pip" || c.Manager.Name == "pip-sync"):
		return requirementsDemand(r, name)
	case demands == nil:
		return nil
	}
	return demands(r, data, c)
}

// demanding are the manifests that may demand further files.
var demanding = map[string]func(r Reader, data []byte, c Call) []Demand{
	"go.mod": goDemands, "package.json": javascriptDemands, ".yarnrc.yml": yarnDemands, "Gemfile": gemfileDemands,
	"composer.json": composerDemands, "pyproject.toml": projectDemands, "Cargo.toml": cargoDemands,
	"go.work": workDemands,
}

// goDemands: the go command reads the go.mod of each module that a local directory replaces
// (https://go.dev/ref/mod#go-mod-file-replace).
func goDemands(r Reader, data []byte, _ Call) (all []Demand) {
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil || r.Exists("vendor/modules.txt") {
		return nil
	}
	required := map[string]bool{}
	for _, r := range f.Require {
		required[r.Mod.Path] = true
	}
	for _, r := range f.Replace {
		if r.New.Version == "" && required[r.Old.Path] {
			all = append(all, Demand{File: path.Join(r.New.Path, "go.mod")})
		}
	}
	return all
}

// workDemands: the go command reads the go.mod of each module of the workspace, and of each local directory that
// replaces one (https://go.dev/ref/mod#go-work-file-use).
func workDemands(r Reader, data []byte, _ Call) (all []Demand) {
	f, err := modfile.ParseWork("go.work", data, nil)
	if err != nil || r.Exists("vendor/modules.txt") {
		return nil
	}
	for _, u := range f.Use {
		all = append(all, Demand{File: path.Join(u.Path, "go.mod")})
	}
	for _, r := range f.Replace {
		if r.New.Version == "" {
			all = append(all, Demand{File: path.Join(r.New.Path, "go.mod")})
		}
	}
	return all
}

// requirementsDemand: pip stops at a file that a requirements file names and that is not there.
func requirementsDemand(r Reader, name string) (all []Demand) {
	for _, n := range Requirements(r, name) {
		if n.File != "" {
			all = append(all, Demand{File: n.File})
		}
	}
	return all
}

// appliesPatches is a script that runs patch-package, which goes on where there are no patches
// (https://github.com/ds300/patch-package#set-up-patch-package).
var appliesPatches = regexp.MustCompile(`(?:^|[\s;&])patch-package(?:$|[\s;&])`)

// yarnPatch is a dependency that Yarn patches with a file (https://yarnpkg.com/protocol/patch).
var yarnPatch = regexp.MustCompile(`^patch:[^#]*#(?:~/|\./)?([^~:&!]+\.patch)`)

// javascriptDemands: the patches of the project, and the packages that are archives in it. What npm does about a
// folder that is not there depends on its version.
func javascriptDemands(_ Reader, data []byte, c Call) (all []Demand) {
	var p javascriptPackage
	if json.Unmarshal(data, &p) != nil {
		return nil
	}
	patched := map[string]map[string]string{"pnpm": p.Pnpm.PatchedDependencies, "bun": p.PatchedDependencies}
	for _, name := range sortedKeys(patched[c.Manager.Name]) {
		all = append(all, Demand{File: patched[c.Manager.Name][name]})
	}
	for _, deps := range []map[string]string{p.Dependencies, p.DevDependencies, p.Resolutions} {
		for _, name := range sortedKeys(deps) {
			file, local := strings.CutPrefix(deps[name], "file:")
			if m := yarnPatch.FindStringSubmatch(deps[name]); m != nil && c.Manager.Name == "yarn" {
				file, local = m[1], true
			} else if local = local && strings.HasSuffix(file, ".tgz"); !local {
				continue
			}
			all = append(all, Demand{File: file})
		}
	}
	if c.Scripts && appliesPatches.MatchString(p.Scripts["postinstall"]+" ; "+p.Scripts["prepare"]) {
		all = append(all, Demand{File: "patches/", Skips: true})
	}
	return all
}

var yarnRelease = regexp.MustCompile(`(?m)^yarnPath\s*:\s*["']?([^"'\s#]+)`)

// yarnDemands: Yarn starts the release that the project keeps (https://yarnpkg.com/configuration/yarnrc#yarnPath).
func yarnDemands(_ Reader, data []byte, _ Call) []Demand {
	if m := yarnRelease.FindSubmatch(data); m != nil {
		return []Demand{{File: string(m[1])}}
	}
	return nil
}

// gemfileReads are the lines of a Gemfile that read a file of a known name, whatever else the Gemfile does
// (https://bundler.io/man/gemfile.5.html#RUBY).
var gemfileReads = regexp.MustCompile(
	`(?m)^(?:ruby[ (]+(?:file:\s*|File\.read\(\s*)|eval_gemfile[ (]+)["']([\w./-]+)["'][^\n]*$`)

func gemfileDemands(_ Reader, data []byte, _ Call) (all []Demand) {
	for _, m := range gemfileReads.FindAllSubmatch(data, -1) {
		if !strings.Contains(string(m[0]), " if ") && !strings.Contains(string(m[0]), " rescue ") {
			all = append(all, Demand{File: string(m[1])})
		}
	}
	return all
}

// composerDemands: Composer stops where a package that the project requires is in a folder that is not there
// (https://getcomposer.org/doc/05-repositories.md#path).
func composerDemands(r Reader, data []byte, _ Call) (all []Demand) {
	var p struct {
		Require      phpObject
		Repositories []struct{ Type, URL string }
	}
	if json.Unmarshal(data, &p) != nil {
		return nil
	}
	for _, at := range p.Repositories {
		var part struct{ Name string }
		own, _ := r.Read(path.Join(at.URL, "composer.json"))
		if at.Type == "path" && json.Unmarshal(own, &part) == nil && p.Require[part.Name] != nil {
			all = append(all, Demand{File: strings.TrimSuffix(at.URL, "/") + "/"})
		}
	}
	return all
}

// stopsWithout are the build backends that stop where the readme is not there. Others warn.
var stopsWithout = []string{"hatchling.build", "flit_core.buildapi", "poetry.core.masonry.api", "uv_build"}

// projectDemands: what builds a Python project reads its readme, and hatchling its licence and the file that has its
// version (https://packaging.python.org/en/latest/specifications/pyproject-toml/#readme,
// https://hatch.pypa.io/latest/version/).
func projectDemands(_ Reader, data []byte, c Call) (all []Demand) {
	var p pyproject
	if !c.Project || toml.Unmarshal(data, &p) != nil || !p.built(c) {
		return nil
	}
	unless := ""
	if c.Manager.Name == "uv" {
		unless = "--no-install-project"
	}
	for _, file := range p.reads() {
		all = append(all, Demand{File: file, Unless: unless})
	}
	return all
}

// built reports whether the call builds the project, by a backend that stops without its files.
func (p *pyproject) built(c Call) bool {
	backend, _ := p.BuildSystem["build-backend"].(string)
	if !slices.Contains(stopsWithout, backend) || c.Manager.Name != "uv" {
		return slices.Contains(stopsWithout, backend)
	}
	return (p.Tool.UV.Package == nil || *p.Tool.UV.Package) && !anyOf(c.Flags, uvProjectless...) &&
		!anyOf(c.Flags, "-r", "--requirement", "--requirements")
}

// reads lists the files that the project names and its backend reads.
func (p *pyproject) reads() (all []string) {
	add := func(named any) {
		if table, is := named.(map[string]any); is {
			named = table["file"]
		}
		if file, is := named.(string); is && file != "" {
			all = append(all, file)
		}
	}
	add(p.Project["readme"])
	if p.BuildSystem["build-backend"] != "hatchling.build" {
		return all
	}
	if license, is := p.Project["license"].(map[string]any); is {
		add(license)
	}
	if p.computes("version") {
		add(p.Tool.Hatch.Version.Path)
	}
	return all
}

// cargoDemands: Cargo reads the members of the workspace and the dependencies in folders, of which it refuses the
// manifests without their sources
// (https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html#specifying-path-dependencies).
func cargoDemands(_ Reader, data []byte, _ Call) (all []Demand) {
	var p struct {
		Dependencies map[string]any
		Workspace    struct{ Members []string }
	}
	if toml.Unmarshal(data, &p) != nil {
		return nil
	}
	for _, m := range p.Workspace.Members {
		if !strings.ContainsAny(m, "*?[") {
			all = append(all, Demand{File: strings.TrimSuffix(m, "/") + "/"})
		}
	}
	for _, name := range sortedKeys(p.Dependencies) {
		table, _ := p.Dependencies[name].(map[string]any)
		if at, ok := table["path"].(string); ok && table["optional"] != true {
			all = append(all, Demand{File: strings.TrimSuffix(at, "/") + "/"})
		}
	}
	return all
}
