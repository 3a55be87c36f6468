package ecosystem

import (
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// requirement is one of a package from an index, or of an address of the network
// (https://packaging.python.org/en/latest/specifications/dependency-specifiers/): the name, extras, versions, what it
// is for, and options of one requirement
// (https://pip.pypa.io/en/stable/reference/requirements-file-format/#per-requirement-options).
var requirement = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[\w\s,.-]*\])?\s*` +
	`(?:\(?\s*(?:(?:[<>=!~]=|[<>]|===)\s*[\w.*+!-]+\s*,?\s*)*\)?|@\s*(?:git\+)?https?://[^\s]+)\s*(?:;[^$]*?)?` +
	`(?:\s+--(?:hash|global-option|config-settings?)[=\s]\S+)*$`)

// Archive reports whether pip takes the word for a file
// (https://pip.pypa.io/en/stable/cli/pip_install/#argument-handling).
func Archive(word string) bool { return archiveName.MatchString(word) }

var archiveName = regexp.MustCompile(`\.(?:whl|zip|tar|tgz|tbz|txz|tlz|tar\.\w+)(?:\s|$)`)

// requirementOption is an option of a requirements file that names no file, and those that requirementLine follows.
var requirementOption = regexp.MustCompile(`^(?:(?:-i|--index-url|--extra-index-url|-f|` +
	`--find-links)[=\s]\s*https?://[^\s]+|` +
	`--(?:no-index|prefer-binary|require-hashes|pre)|--(?:no-binary|only-binary|trusted-host|` +
	`use-feature)[=\s]\s*[^\s]+|` +
	`(?:-e|--editable)\s+git\+https?://[^\s]+|(?:git\+)?https?://[^\s]+|` +
	`(?:-r|--requirement|-c|--constraint)[=\s]*[^\s$]+)$`)

// requirementsWhole reads a requirements file of pip.
func requirementsWhole(_ Reader, data []byte, c Call) []Doubt {
	text := strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\\\n", " ")
	for _, line := range lines([]byte(text)) {
		line, _, _ = strings.Cut(line, " #")
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || requirementOption.MatchString(line) {
			continue
		}
		if !Requirement(line) {
			return keyDoubts(c.File, []string{line})
		}
	}
	return nil
}

// Requirement reports whether the text is a requirement of a package that is no file of the repository.
func Requirement(text string) bool {
	name, _, _ := strings.Cut(text, ";")
	return requirement.MatchString(text) && (strings.Contains(text, "://") || !Archive(name))
}

func isRequirementValue(value any) []string {
	if line, ok := value.(string); !ok || !Requirement(line) {
		return strange
	}
	return nil
}

// projectKeys are those of [project] (https://packaging.python.org/en/latest/specifications/pyproject-toml/). The files
// that some of them name are read when the project itself is built, which an install with a flag against it does not
// do.
var projectKeys = inertKeys(`name version description readme requires-python license license-files authors maintainers
	keywords classifiers urls scripts gui-scripts entry-points import-names import-namespaces`).with(table{
	"dependencies": each(isRequirementValue), "optional-dependencies": each(each(isRequirementValue)),
	"dynamic": noDependencies,
})

// noDependencies knows the list of what is computed when the project is built, without its dependencies.
func noDependencies(value any) []string {
	list, ok := value.([]any)
	for _, v := range list {
		ok = ok && v != "dependencies" && v != "optional-dependencies"
	}
	if !ok {
		return strange
	}
	return nil
}

// groups are [dependency-groups] (https://packaging.python.org/en/latest/specifications/dependency-groups/).
var groups = each(each(func(value any) []string {
	if include, ok := value.(map[string]any); ok {
		return table{"include-group": inert}.read(include)
	}
	return isRequirementValue(value)
}))

// foreignTools are tables of programs that an install does not run.
const foreignTools = `black isort ruff mypy pytest coverage pylint flake8 bandit pyright basedpyright codespell towncrier
	commitizen semantic_release bumpversion bumpver pydocstyle interrogate vulture tox nox taskipy poe ty djlint
	yapf autopep8 pyupgrade mutmut hatch setuptools setuptools_scm flit pdm cibuildwheel briefcase datamodel-codegen
	deptry creosote pyrefly numpydoc_validation check-manifest django-stubs pydantic-mypy ipython jupytext`

// address knows the tables that name an index.
var address = table{"name": inert, "url": matching(webAddress), "explicit": inert, "default": inert, "priority": inert,
	"format": matching(regexp.MustCompile(`^simple$`)), "publish-url": inert, "authenticate": inert,
	"ignore-error-codes": inert, "primary": inert, "secondary": inert, "verify_ssl": inert}

// uvKeys are the settings of uv that name no file (https://docs.astral.sh/uv/reference/settings/).
var uvKeys = inertKeys(`package managed dev-dependencies default-groups required-version environments
	required-environments link-mode compile-bytecode python-preference python-downloads resolution prerelease
	fork-strategy index-strategy keyring-provider exclude-newer concurrent-downloads concurrent-builds
	concurrent-installs native-tls offline no-build no-binary no-build-package no-binary-package
	no-build-isolation-package dependency-metadata conflicts allow-insecure-host upgrade reinstall build-backend
	publish-url trusted-publishing preview environments constraint-dependencies override-dependencies
	exclude-dependencies build-constraint-dependencies`).with(table{
	"constraint-dependencies": each(isRequirementValue), "override-dependencies": each(isRequirementValue),
	"build-constraint-dependencies": each(isRequirementValue), "dev-dependencies": each(isRequirementValue),
	"index-url": matching(webAddress), "extra-index-url": each(matching(webAddress)), "index": each(address.read),
	"find-links": each(matching(webAddress)), "sources": each(uvSource),
	"pip": inertKeys("resolution prerelease index-strategy link-mode python-version python-platform").read,
})

// uvWhole reads a pyproject.toml. To hold the lock against a project whose version is computed, uv may have to build it
// (https://docs.astral.sh/uv/concepts/projects/sync/#automatic-lock-and-sync).
func uvWhole(r Reader, data []byte, c Call) []Doubt {
	all := pyprojectKeys("uv", uvKeys)(r, data, c)
	var p pyproject
	if toml.Unmarshal(data, &p) == nil && p.computes("version") &&
		!anyOf(c.Flags, "--frozen", "-r", "--requirement", "--requirements") {
		all = append(all, Doubt{"%s does not build the project to learn its version", []any{"uv"}})
	}
	return all
}

// uvLockWhole reads a lock of uv. The members of a workspace are in it, and are not installed with a flag against that.
func uvLockWhole(r Reader, data []byte, c Call) []Doubt {
	local := uvLocal
	if anyOf(c.Flags, "--no-install-workspace") {
		local = uvForeign
	}
	return wholeLock(local)(r, data, c)
}

// uvSource knows the places of a package that are no folder or file
// (https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources).
func uvSource(value any) []string {
	if list, ok := value.([]any); ok {
		return each(uvSource)(list)
	}
	return table{"index": inert, "marker": inert, "extra": inert, "group": inert, "tag": inert, "branch": inert,
		"rev": inert, "subdirectory": inert, "git": matching(network), "url": matching(webAddress)}.read(value)
}

// network is an address of the network, of Git or of a file there.
var network = regexp.MustCompile(`^(?:https?|ssh)://|^git@`)

// poetryDependency knows a version of Poetry, and the places that are no folder or file
// (https://python-poetry.org/docs/dependency-specification/).
func poetryDependency(value any) []string {
	switch v := value.(type) {
	case string:
		return nil
	case []any:
		return each(poetryDependency)(v)
	}
	return table{"version": inert, "extras": inert, "optional": inert, "markers": inert, "python": inert,
		"platform": inert, "source": inert, "allow-prereleases": inert, "branch": inert, "tag": inert, "rev": inert,
		"subdirectory": inert, "git": matching(network), "url": matching(webAddress)}.read(value)
}

// poetryKeys are those of [tool.poetry] (https://python-poetry.org/docs/pyproject/). What a build of the project reads,
// an install without the project does not.
var poetryKeys = inertKeys(`name version description license authors maintainers readme homepage repository
	documentation keywords classifiers packages include exclude scripts extras urls plugins package-mode
	requires-poetry`).with(table{
	"dependencies": each(poetryDependency), "dev-dependencies": each(poetryDependency),
	"group":  each(table{"optional": inert, "dependencies": each(poetryDependency), "include-groups": inert}.read),
	"source": each(address.read), "requires-plugins": each(poetryDependency),
})

// pyprojectKeys are the keys of pyproject.toml; each installer reads its own table besides [project].
func pyprojectKeys(own string, keys table) whole {
	tools := inertKeys(foreignTools)
	tools[own] = keys.read
	for _, other := range []string{"uv", "poetry", "pdm"} {
		if tools[other] == nil || other == "pdm" && own != "pdm" {
			tools[other] = inert
		}
	}
	return wholeTOML(table{"project": projectKeys.read, "build-system": inert, "dependency-groups": groups,
		"tool": tools.read})
}

var (
	uvLocal = regexp.MustCompile(`(?m)\b(?:directory|path)\s*=\s*"|\b(?:editable|virtual)\s*=\s*"(?:[^."]|` +
		`\.[^"])|"file:`)
	uvForeign   = regexp.MustCompile(`(?m)\b(?:directory|path)\s*=\s*"|"file:`)
	poetryLocal = regexp.MustCompile(`(?m)^type\s*=\s*"(?:directory|file)"`)
	// pythonVersion is a file of pyenv and uv that names versions, not a place.
	pythonVersion = regexp.MustCompile(`^[\w.+@:-]+$`)
)

// poetryFile are the settings of Poetry that name no file, and that of which poetrySettings makes a need
// (https://python-poetry.org/docs/configuration/).
var poetryFile = wholeTOML(table{
	"virtualenvs": inertKeys(`create in-project prefer-active-python use-poetry-python prompt`).read,
	"installer":   inertKeys(`max-workers parallel no-binary only-binary re-resolve`).read,
	"requests":    inert, "solver": inert, "keyring": inert,
})

// pdmKeys are those of [tool.pdm] that an install reads and that name no file
// (https://pdm-project.org/en/stable/reference/pep621/). pdmProject asks for the hooks among the scripts.
var pdmKeys = inertKeys("distribution scripts build version ignore_package_warnings publish").with(table{
	"dev-dependencies": each(each(isRequirementValue)), "source": each(address.read),
	"resolution": inertKeys("respect-source-order allow-prereleases excludes").with(table{
		"overrides": each(matching(regexp.MustCompile(`^[\w.*!=<>~,\s+-]*$`)))}).read,
})

// pdmSettings are the settings of pdm.toml that name no file
// (https://pdm-project.org/en/stable/reference/configuration/).
var pdmSettings = table{
	"check_update": inert, "strategy": inert, "venv": inertKeys("in_project backend with_pip").read,
	"python":  inertKeys("use_venv use_pyenv use_uv").read,
	"install": inertKeys("parallel cache cache_method").read,
	"pypi": table{"url": matching(webAddress), "verify_ssl": inert, "json_api": inert, "username": inert,
		"password": inert}.read,
}

var pdmLocal = regexp.MustCompile(`(?m)^(?:path|editable)\s*=|\burl\s*=\s*"file:`)

// pdmWhole reads a pyproject.toml. The name of an interpreter may be in another file
// (https://pdm-project.org/en/stable/usage/project/#working-with-a-virtual-environment).
func pdmWhole(r Reader, data []byte, c Call) []Doubt {
	all := pyprojectKeys("pdm", pdmKeys)(r, data, c)
	if r.Exists(".pdm-python") {
		all = append(all, unread(".pdm-python")...)
	}
	return all
}

// pipfilePackage knows a version of a package, and places on the network
// (https://pipenv.pypa.io/en/latest/pipfile.html).
func pipfilePackage(value any) []string {
	if version, ok := value.(string); ok {
		return matching(regexp.MustCompile(`^[\w.*!=<>~,\s+-]*$`))(version)
	}
	return table{"version": inert, "extras": inert, "markers": inert, "index": inert, "ref": inert, "editable": inert,
		"subdirectory": inert, "sys_platform": inert, "os_name": inert, "platform_system": inert,
		"platform_machine": inert, "python_version": inert, "python_full_version": inert, "implementation_name": inert,
		"hashes": inert, "git": matching(network)}.read(value)
}

// pipfileWhole reads a Pipfile; tables of other names are categories of packages. An environment beside it is used.
func pipfileWhole(r Reader, data []byte, c Call) []Doubt {
	all := wholeTOML(table{"source": each(address.read), "scripts": inert,
		"requires": inertKeys("python_version python_full_version").read,
		"*":        each(pipfilePackage), "pipenv": inertKeys(`allow_prereleases sort_pipfile
			install_search_all_sources disable_pip_input keep_outdated`).read})(r, data, c)
	if r.Exists(".venv") {
		all = append(all, Doubt{"%s beside %s holds no environment", []any{".venv", c.File}})
	}
	return all
}

// pipfileLockWhole: the lock names its sources and has a table for each category.
func pipfileLockWhole(r Reader, data []byte, c Call) []Doubt {
	return wholeJSON(table{"*": each(pipfilePackage), "_meta": table{"hash": inert, "pipfile-spec": inert,
		"requires": inert, "sources": each(address.read)}.read})(r, data, c)
}
