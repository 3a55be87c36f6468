package ecosystem

import (
	"path"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v4"
)

// conda and the programs that take its place.
var conda = &Manager{
	Name:     "conda",
	Programs: []string{"conda", "mamba", "micromamba"},
	// https://docs.conda.io/projects/conda/en/stable/commands, https://mamba.readthedocs.io/en/latest/user_guide
	Installs: []Install{
		{Words: []string{"env", "create"}, Files: condaFiles}, {Words: []string{"env", "update"}, Files: condaFiles},
		{Words: []string{"create"}, Files: condaFiles, Packages: Both},
		{Words: []string{"install"}, Files: condaFiles, Packages: Both},
		{Words: []string{"update"}, Files: condaFiles, Packages: Both},
		{Words: []string{"env", "create"}}, {Words: []string{"env", "update"}},
	},
	Manifests: []Manifest{{Name: "environment.yml", Required: true, Needs: condaFile}},
	Named:     condaFile,
	Sources:   python,
	Clears:    []string{"clean"},
	Valued: []string{"-n", "--name", "-c", "--channel", "--solver", "--platform", "--subdir", "--repodata-fn", "-r",
		"--root-prefix", "--category"},
	Into:      []string{"-p", "--prefix"},
	Reads:     []string{"--rc-file"},
	ReadVars:  []string{"CONDARC", "MAMBARC"},
	Elsewhere: []string{"-d", "--dry-run", "--download-only", "--clone", "-h", "--help"},
	Inert: []string{"-y", "--yes", "-q", "--quiet", "-v", "--verbose", "--force", "--prune", "--copy", "--no-deps",
		"--override-channels", "--update-deps", "--freeze-installed", "--no-pin", "--no-rc"},
	KeepsLock: true,
}

var condaFiles = []string{"-f", "--file"}

// condaFile reads an environment, whose part for pip may name files of the repository, or a list of packages
// (https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html).
func condaFile(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	if ext := path.Ext(c.File); ext != ".yml" && ext != ".yaml" {
		return requirementLines(data)
	}
	var environment struct{ Dependencies []any }
	if yamlAlias.Match(data) || yaml.Unmarshal(data, &environment) != nil {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	var needs []Need
	for _, d := range environment.Dependencies {
		object, _ := d.(map[string]any)
		list, _ := object["pip"].([]any)
		for _, line := range list {
			text, _ := line.(string)
			needs = append(needs, requirementLines([]byte(text))...)
		}
	}
	return needs
}

// environmentLike: conda's files are named on the command line, by custom like these.
func environmentLike(p string) bool {
	base := path.Base(p)
	ext := path.Ext(base)
	return (ext == ".yml" || ext == ".yaml") && (strings.Contains(base, "environment") ||
		strings.HasPrefix(base, "env.") || strings.HasPrefix(base, "conda"))
}

var pixi = &Manager{
	Name:     "pixi",
	Programs: []string{"pixi"},
	// https://pixi.sh/latest/reference/cli/pixi/install
	Installs: []Install{{Words: []string{"install"}}, {Words: []string{"i"}}},
	Manifests: []Manifest{
		{Name: "pixi.toml", Needs: pixiProject}, {Name: "pyproject.toml", Needs: pixiProject},
		{Name: "pixi.lock", Lock: true},
	},
	Sources:   python,
	Output:    ".pixi",
	Valued:    []string{"-e", "--environment", "--color", "--concurrent-downloads", "--concurrent-solves"},
	Elsewhere: []string{"--manifest-path", "-h", "--help", "--dry-run"},
	Inert:     []string{"-a", "--all", "-q", "--quiet", "-v", "--verbose", "--no-progress"},
	Frozen:    []string{"--locked", "--frozen"},
}

// pixiProject: a dependency with a path is a directory of the repository
// (https://pixi.sh/latest/reference/pixi_manifest/#dependencies).
func pixiProject(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	var project map[string]any
	if !ok || toml.Unmarshal(data, &project) != nil {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	if c.File == "pyproject.toml" {
		tool, _ := project["tool"].(map[string]any)
		project, _ = tool["pixi"].(map[string]any)
	}
	if project["package"] != nil {
		return []Need{{Reason: "%s has a package, which is built from the sources", Word: c.File}}
	}
	return pathsIn(project)
}

// pathsIn finds the packages, in whatever table, that are directories.
func pathsIn(tables map[string]any) (needs []Need) {
	for _, name := range sortedKeys(tables) {
		inner, _ := tables[name].(map[string]any)
		if strings.HasSuffix(name, "dependencies") {
			needs = append(needs, localTables(inner)...)
			continue
		}
		needs = append(needs, pathsIn(inner)...)
	}
	return needs
}

// renv restores what its lock file lists. It is a package of R, called from R's code.
var renv = &Manager{
	Name:     "renv",
	Programs: []string{"R", "Rscript"},
	// https://rstudio.github.io/renv/reference/restore.html, https://rstudio.github.io/renv/articles/docker.html
	Installs: []Install{{Code: regexp.MustCompile(
		`^\s*(?:options\([^()]*(?:\([^()]*\))?\)\s*[;\n]\s*)?renv::restore\([^()]*\)\s*;?\s*$`)}},
	Manifests: []Manifest{
		{Name: "renv.lock", Required: true, Lock: true}, {Name: ".Rprofile", Needs: rProfile},
		{Name: "renv/activate.R"}, {Name: "renv/settings.json"}, {Name: "renv/settings.dcf"},
	},
	Sources:   []string{".R", ".r", ".Rmd", ".qmd"},
	Output:    "renv/library",
	Valued:    []string{"-e"},
	ReadVars:  []string{"RENV_PATHS_LOCKFILE", "RENV_PROJECT", "R_PROFILE_USER"},
	Elsewhere: []string{"-f", "--file"},
	Inert:     []string{"--no-save", "--no-restore", "--quiet", "-q", "--slave", "--no-echo", "-s", "--silent"},
	KeepsLock: true,
}

var rSources = regexp.MustCompile(`\b(?:source|load|readRDS|file|setwd|sys\.source)\s*\(\s*([^)]*)\)`)

// rProfile: R runs the file when it starts.
func rProfile(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	for _, m := range rSources.FindAllSubmatch(data, -1) {
		if strings.Trim(string(m[1]), `"' `) != "renv/activate.R" {
			return []Need{{Reason: "%s may read further files", Word: c.File}}
		}
	}
	return nil
}

var julia = &Manager{
	Name:     "julia",
	Programs: []string{"julia"},
	// https://pkgdocs.julialang.org/v1/environments/#Using-someone-else's-project
	Installs: []Install{
		{Code: regexp.MustCompile(`^` + usingPkg + juliaInstalls + `$`), With: []string{"--project"}},
		{Code: regexp.MustCompile(`^` + usingPkg + `Pkg\.activate\("\."\)\s*[;\n]\s*` + juliaInstalls + `$`)},
	},
	Manifests: []Manifest{
		{Name: "Project.toml", Required: true, Needs: juliaProject},
		{Name: "Manifest.toml", Lock: true, Needs: juliaManifest},
	},
	Sources:   []string{".jl"},
	Dirs:      []string{"--project"},
	Inline:    []string{"--project"},
	Valued:    []string{"-e", "--eval", "-t", "--threads"},
	Reads:     []string{"-L", "--load", "-J", "--sysimage"},
	ReadVars:  []string{"JULIA_LOAD_PATH"},
	Elsewhere: []string{"-h", "--help", "-v", "--version"},
	KeepsLock: true,
}

const (
	usingPkg      = `\s*(?:using|import)\s+Pkg\s*[;\n]\s*`
	juliaInstalls = `Pkg\.(?:instantiate|resolve)\([^()]*\)\s*;?\s*(?:Pkg\.precompile\(\)\s*;?\s*)?`
)

// juliaProject: what is a package itself is compiled with the others.
func juliaProject(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	var project struct {
		UUID    string
		Sources map[string]any
	}
	if !ok || toml.Unmarshal(data, &project) != nil {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	if project.UUID != "" {
		return []Need{{Reason: "%s is a package, which is compiled from the sources", Word: c.File}}
	}
	return localTables(project.Sources)
}

var juliaPath = regexp.MustCompile(`(?m)^\s*path\s*=`)

// juliaManifest: a package with a path is a directory of the repository.
func juliaManifest(r Reader, c Call) []Need {
	if data, ok := r.Read(c.File); ok && juliaPath.Match(data) {
		return []Need{{Reason: "%s takes packages from directories of the repository", Word: c.File}}
	}
	return nil
}
