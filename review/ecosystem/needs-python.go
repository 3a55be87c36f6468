package ecosystem

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// requirementsTxt reads the file that pip-sync takes when none is named.
func requirementsTxt(r Reader, _ Call) []Need { return Requirements(r, "requirements.txt") }

// pyproject is what the installers read of a pyproject.toml
// (https://packaging.python.org/specifications/pyproject-toml/).
type pyproject struct {
	BuildSystem map[string]any `toml:"build-system"`
	Project     map[string]any
	Tool        struct {
		UV struct {
			Package   *bool
			Workspace map[string]any
			Sources   map[string]any
			uvSources
		}
		Hatch struct {
			Version struct{ Path string }
		}
		Poetry struct {
			PackageMode     *bool `toml:"package-mode"`
			Dependencies    map[string]any
			DevDependencies map[string]any `toml:"dev-dependencies"`
			Group           map[string]struct{ Dependencies map[string]any }
		}
		PDM struct {
			Distribution    *bool
			DevDependencies map[string][]string `toml:"dev-dependencies"`
			Scripts         map[string]any
		}
	}
	Groups map[string][]any `toml:"dependency-groups"`
}

// uvSources are the settings of uv that name where packages come from
// (https://docs.astral.sh/uv/reference/settings/).
type uvSources struct {
	FindLinks     []string `toml:"find-links"`
	IndexURL      string   `toml:"index-url"`
	ExtraIndexURL []string `toml:"extra-index-url"`
	Index         []struct{ URL string }
}

// local finds those that are folders.
func (s uvSources) local() []Need {
	all := append(append([]string{s.IndexURL}, s.FindLinks...), s.ExtraIndexURL...)
	for _, i := range s.Index {
		all = append(all, i.URL)
	}
	for _, at := range all {
		if at != "" && (!strings.Contains(at, "://") || strings.HasPrefix(at, "file:")) {
			return []Need{{Reason: "it looks for packages in %s", Word: at}}
		}
	}
	return nil
}

// uvSettings reads the file that replaces [tool.uv].
func uvSettings(r Reader, _ Call) []Need {
	data, ok := r.Read("uv.toml")
	var s uvSources
	if !ok || toml.Unmarshal(data, &s) != nil {
		return []Need{{Reason: "%s could not be read", Word: "uv.toml"}}
	}
	return s.local()
}

func readPyproject(r Reader) (pyproject, []Need) {
	var p pyproject
	data, ok := r.Read("pyproject.toml")
	if !ok || toml.Unmarshal(data, &p) != nil {
		return p, []Need{{Reason: "%s could not be read", Word: "pyproject.toml"}}
	}
	return p, nil
}

// itself is the need of an install that also installs the project whose sources are beside it.
func itself(unless string) []Need {
	return []Need{{Reason: "it installs the project itself unless %s is given", Word: unless}}
}

// uvProject: uv sync installs the project where it is a package
// (https://docs.astral.sh/uv/concepts/projects/config/#project-packaging).
func uvProject(r Reader, c Call) []Need {
	p, needs := readPyproject(r)
	if needs != nil {
		return needs
	}
	if anyOf(c.Flags, "-r", "--requirement", "--requirements") {
		if p.computes("dependencies", "optional-dependencies") {
			return []Need{{Reason: "the build computes the dependencies in %s", Word: "pyproject.toml"}}
		}
		return append(localTables(p.Tool.UV.Sources), p.Tool.UV.local()...)
	}
	if above := workspaceAbove(r, "pyproject.toml", uvWorkspace); above != "" {
		return []Need{{Reason: "%s may make it part of a workspace", Word: above}}
	}
	isPackage := p.BuildSystem != nil
	if p.Tool.UV.Package != nil {
		isPackage = *p.Tool.UV.Package
	}
	if isPackage && !anyOf(c.Flags, uvProjectless...) {
		return itself("--no-install-project")
	}
	members, known := p.members(r, c)
	if !known {
		return []Need{{Reason: "%s has a workspace, whose members' manifests it reads", Word: "pyproject.toml"}}
	}
	if p.computes("dependencies", "optional-dependencies") && !anyOf(c.Flags, "--frozen") {
		return []Need{{Reason: "the build computes the dependencies in %s", Word: "pyproject.toml"}}
	}
	return append(append(members, p.sources(c)...), p.Tool.UV.local()...)
}

// members asks for the manifests of the members of the workspace; false where they are not known, or are installed
// too. With --frozen, uv does without them
// (https://docs.astral.sh/uv/guides/integration/docker/#intermediate-layers).
func (p *pyproject) members(r Reader, c Call) (needs []Need, known bool) {
	switch {
	case p.Tool.UV.Workspace == nil:
		return nil, true
	case !anyOf(c.Flags, "--no-install-workspace"):
		return nil, false
	case anyOf(c.Flags, "--frozen"):
		return nil, true
	}
	list, _ := p.Tool.UV.Workspace["members"].([]any)
	for _, m := range list {
		dir, _ := m.(string)
		file := path.Join(dir, "pyproject.toml")
		var member pyproject
		data, _ := r.Read(file)
		if dir == "" || strings.ContainsAny(dir, "*?[") || toml.Unmarshal(data, &member) != nil ||
			len(member.sources(c)) > 0 || member.computes("dependencies", "optional-dependencies") {
			return nil, false
		}
		needs = append(needs, Need{File: file})
	}
	return needs, true
}

// sources are the packages that come from the repository, without those of a workspace that are not installed.
func (p *pyproject) sources(c Call) []Need {
	other := map[string]any{}
	for name, source := range p.Tool.UV.Sources {
		table, _ := source.(map[string]any)
		if table["workspace"] != true || !anyOf(c.Flags, "--no-install-workspace") {
			other[name] = source
		}
	}
	return localTables(other)
}

// uvParts are the flags with which uv sync leaves out the project, or the members of its workspace too.
func uvParts(r Reader) []string {
	if p, needs := readPyproject(r); needs == nil && p.Tool.UV.Workspace != nil {
		return []string{"--no-install-workspace"}
	}
	return []string{"--no-install-project"}
}

// uvProjectless are the flags without which uv sync installs the project
// (https://docs.astral.sh/uv/reference/cli/#uv-sync).
var uvProjectless = []string{"--no-install-project", "--no-install-workspace", "--no-install-local", "--only-dev",
	"--only-group"}

var uvWorkspace = regexp.MustCompile(`(?m)^\s*\[\s*tool\.uv\.workspace\s*\]|\bworkspace\s*[.=]`)

// computes reports whether the build computes one of the fields, which are not in the file.
func (p *pyproject) computes(fields ...string) bool {
	dynamic, _ := p.Project["dynamic"].([]any)
	return slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(dynamic, any(f)) })
}

// poetrySettings returns where Poetry makes the environment
// (https://python-poetry.org/docs/configuration/#virtualenvsin-project).
func poetrySettings(r Reader, _ Call) []Need {
	data, ok := r.Read("poetry.toml")
	var p struct {
		Virtualenvs struct {
			InProject bool `toml:"in-project"`
		}
	}
	if !ok || toml.Unmarshal(data, &p) != nil {
		return []Need{{Reason: "%s could not be read", Word: "poetry.toml"}}
	}
	if p.Virtualenvs.InProject {
		return []Need{{Fills: ".venv"}}
	}
	return nil
}

// poetryProject: https://python-poetry.org/docs/cli/#install
func poetryProject(r Reader, c Call) []Need {
	p, needs := readPyproject(r)
	if needs != nil {
		return needs
	}
	asPackage := p.Tool.Poetry.PackageMode == nil || *p.Tool.Poetry.PackageMode
	if asPackage && !anyOf(c.Flags, "--no-root") {
		return itself("--no-root")
	}
	all := append(localTables(p.Tool.Poetry.Dependencies), localTables(p.Tool.Poetry.DevDependencies)...)
	for _, g := range p.Tool.Poetry.Group {
		all = append(all, localTables(g.Dependencies)...)
	}
	return append(all, localRequirements(p.Project)...)
}

// pdmProject: https://pdm-project.org/en/stable/usage/project/#library-or-application
func pdmProject(r Reader, c Call) []Need {
	p, needs := readPyproject(r)
	if needs != nil {
		return needs
	}
	distribution := p.BuildSystem != nil
	if p.Tool.PDM.Distribution != nil {
		distribution = *p.Tool.PDM.Distribution
	}
	if distribution && !anyOf(c.Flags, "--no-self", "--prod-no-self") {
		return itself("--no-self")
	}
	for _, hook := range pdmHooks {
		if p.Tool.PDM.Scripts[hook] != nil && !anyOf(c.Flags, "-k", "--skip") {
			return []Need{{Reason: "it runs the project's script %s", Word: hook}}
		}
	}
	for _, group := range p.Tool.PDM.DevDependencies {
		for _, line := range group {
			if n := requirementLines([]byte(line)); len(n) > 0 {
				return n
			}
		}
	}
	return localRequirements(p.Project)
}

// pdmHooks are the scripts that an install runs on its own (https://pdm-project.org/en/stable/usage/hooks/).
var pdmHooks = []string{"pre_install", "post_install", "pre_sync", "post_sync", "pre_lock", "post_lock"}

// pipfile: https://pipenv.pypa.io/en/latest/pipfile.html
func pipfile(r Reader, _ Call) []Need {
	data, ok := r.Read("Pipfile")
	var tables map[string]any
	if !ok || toml.Unmarshal(data, &tables) != nil {
		return []Need{{Reason: "%s could not be read", Word: "Pipfile"}}
	}
	var needs []Need
	for _, name := range sortedKeys(tables) {
		if t, ok := tables[name].(map[string]any); ok {
			needs = append(needs, localTables(t)...)
		}
	}
	return needs
}

// localTables finds the packages of a table that are folders or files: { path = "../x" }.
func localTables(deps map[string]any) []Need {
	var needs []Need
	for _, name := range sortedKeys(deps) {
		tables, _ := deps[name].([]map[string]any)
		if t, ok := deps[name].(map[string]any); ok {
			tables = append(tables, t)
		}
		for _, t := range tables {
			if t["path"] != nil || t["file"] != nil || t["workspace"] != nil {
				needs = append(needs, Need{Reason: "the package %s comes from the repository", Word: name})
				break
			}
		}
	}
	return needs
}

// localRequirements finds requirements in [project] that name a file.
func localRequirements(project map[string]any) []Need {
	var needs []Need
	lines, _ := project["dependencies"].([]any)
	for _, l := range lines {
		if s, ok := l.(string); ok {
			needs = append(needs, requirementLines([]byte(s))...)
		}
	}
	return needs
}

// ProjectDependencies returns the file, beside each other, in which a Python project that pip builds names the packages
// that it needs; "" where it is not known that it needs any.
func ProjectDependencies(r Reader) string {
	if p, needs := readPyproject(r); needs == nil {
		list, _ := p.Project["dependencies"].([]any)
		if len(list) > 0 || len(p.Tool.Poetry.Dependencies) > 1 { // python is one of Poetry's
			return "pyproject.toml"
		}
	}
	for _, name := range []string{"setup.cfg", "setup.py"} {
		if data, ok := r.Read(name); ok && installRequires.Match(data) {
			return name
		}
	}
	return ""
}

// installRequires finds what a project of setuptools needs
// (https://setuptools.pypa.io/en/latest/userguide/dependency_management.html).
var installRequires = regexp.MustCompile(`\binstall_requires\s*=\s*(?:[^\s\[]|\[\s*[^\s\]]|\n\s+\S)`)

func anyOf(flags []string, wanted ...string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(flags, w) })
}
