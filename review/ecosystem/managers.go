package ecosystem

// Managers lists the package managers, one row each.
var Managers = []*Manager{
	{
		Name:     "pip",
		Programs: []string{"pip", "pip*"},
		Installs: []Install{{Words: []string{"install"}, Files: []string{"-r", "--requirement"}, Also: []string{"-c", "--constraint"}, Packages: Both}},
		Sources:  python,
		// https://pip.pypa.io/en/stable/cli/pip_install/
		Valued: []string{"-i", "--index-url", "--extra-index-url",
			"--platform", "--python-version", "--implementation", "--abi", "--no-binary", "--only-binary", "--proxy", "--retries",
			"--timeout", "--trusted-host", "--cache-dir", "--progress-bar", "--root-user-action",
			"--upgrade-strategy", "--config-settings", "-C", "--global-option", "--log", "--report", "--use-feature",
			"--use-deprecated", "--python", "--exists-action", "-b", "--build", "-e", "--editable", "--default-timeout"},
		Reads:     []string{"-f", "--find-links", "--cert", "--client-cert"},
		ReadVars:  []string{"PIP_FIND_LINKS", "PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "PIP_REQUIREMENT", "PIP_CONFIG_FILE", "PIP_CERT", "PIP_CLIENT_CERT"},
		Into:      []string{"-t", "--target", "--prefix", "--root", "--src"},
		Elsewhere: []string{"-e", "--editable", "--dry-run", "--help"},
	},
	{
		Name:        "npm",
		Programs:    []string{"npm"},
		Development: npmDevelopment,
		// Aliases: https://docs.npmjs.com/cli/v11/commands/npm-install and npm-ci.
		Installs: []Install{
			{Words: []string{"ci"}, Locked: true}, {Words: []string{"clean-install"}, Locked: true}, {Words: []string{"install-clean"}, Locked: true}, {Words: []string{"ic"}, Locked: true},
			{Words: []string{"install"}}, {Words: []string{"i"}}, {Words: []string{"in"}}, {Words: []string{"add"}},
		},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: packageJSON},
			{Name: "package-lock.json", Lock: true}, {Name: "npm-shrinkwrap.json", Lock: true},
			{Name: ".npmrc", Needs: npmSettings},
		},
		Sources: javascript,
		Output:  "node_modules",
		Valued: []string{"--loglevel", "--registry", "--omit", "--include", "--cache", "--fetch-retries", "--fetch-timeout", "--maxsockets",
			"--install-strategy", "-w", "--workspace", "--location", "--only"},
		Dirs:       []string{"--prefix", "-C"},
		Reads:      []string{"--userconfig", "--globalconfig", "--cafile"},
		ReadVars:   npmVars,
		Elsewhere:  []string{"-g", "--global", "--location", "-w", "--workspace", "--workspaces", "--dry-run"},
		OffScripts: []string{"--ignore-scripts", "--ignore-scripts=true"},
	},
	{
		Name:        "yarn",
		Programs:    []string{"yarn", "yarnpkg"},
		Development: yarnDevelopment,
		Installs:    []Install{{Words: []string{"install"}}, {}},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: packageJSON},
			{Name: "yarn.lock", Lock: true},
			{Name: ".yarnrc", Needs: yarnClassic}, {Name: ".npmrc", Needs: npmSettings},
			{Name: ".yarnrc.yml", Needs: yarnBerry}, // https://yarnpkg.com/configuration/yarnrc
		},
		Sources: javascript,
		Output:  "node_modules",
		Valued: []string{"--network-timeout", "--network-concurrency", "--registry", "--cache-folder", "--mutex",
			"--prefix", "--global-folder"},
		Dirs:       []string{"--cwd"},
		Reads:      []string{"--use-yarnrc"},
		ReadVars:   append([]string{"YARN_RC_FILENAME", "YARN_YARN_PATH"}, npmVars...),
		Into:       []string{"--modules-folder"},
		Elsewhere:  []string{"--version", "-v", "--help", "-h"},
		OffScripts: []string{"--ignore-scripts", "--mode=skip-build"},
	},
	{
		Name:        "pnpm",
		Programs:    []string{"pnpm"},
		Development: pnpmDevelopment,
		Installs:    []Install{{Words: []string{"install"}}, {Words: []string{"i"}}},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: pnpmProject},
			{Name: "pnpm-lock.yaml", Lock: true},
			{Name: "pnpm-workspace.yaml", Needs: pnpmWorkspace},
			{Name: ".npmrc", Needs: npmSettings}, {Name: ".pnpmfile.cjs", Needs: pnpmHooks},
		},
		Sources:    javascript,
		Output:     "node_modules",
		Valued:     []string{"--registry", "--store-dir", "--reporter", "--loglevel", "--filter", "-F"},
		Dirs:       []string{"-C", "--dir"},
		ReadVars:   npmVars,
		Into:       []string{"--modules-dir", "--virtual-store-dir"},
		Elsewhere:  []string{"-g", "--global", "--filter", "-F", "-r", "--recursive"},
		OffScripts: []string{"--ignore-scripts"},
	},
	{
		Name:     "go",
		Programs: []string{"go"},
		Installs: []Install{{Words: []string{"mod", "download"}}},
		Manifests: []Manifest{
			{Name: "go.mod", Required: true, Needs: goMod},
			{Name: "go.sum", Lock: true},
			{Name: "go.work", Needs: goWork},
		},
		Sources: []string{".go"},
		Dirs:    []string{"-C"},
		Valued: []string{"-o", "-p", "-tags", "-ldflags", "-gcflags", "-asmflags", "-mod", "-modfile", "-overlay", "-pkgdir", "-toolexec",
			"-buildmode", "-compiler", "-exec"},
		Builds: [][]string{{"build"}, {"install"}, {"test"}, {"vet"}},
		Fetch:  "go mod download",
		// https://pkg.go.dev/cmd/go#hdr-Environment_variables
		BuildVars: []string{"CGO_*", "GOOS", "GOARCH", "GOAMD64", "GOARM*", "GO386", "GOMIPS*", "GOPPC64", "GORISCV64", "GOEXPERIMENT", "GOGC", "CC", "CXX"},
		FetchVars: []string{"GO111MODULE", "GOFLAGS", "GOPROXY"},
		Before:    []string{"build", "fmt", "generate", "get", "install", "list", "mod tidy", "mod verify", "test", "version", "vet"},
		Vendored:  "vendor",
	},
	{
		Name:        "bun",
		Programs:    []string{"bun"},
		Development: bunDevelopment,
		Installs:    []Install{{Words: []string{"install"}}, {Words: []string{"i"}}, {Words: []string{"ci"}, Locked: true}},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: packageJSON},
			{Name: "bun.lock", Lock: true}, {Name: "bun.lockb", Lock: true},
			{Name: "bunfig.toml"}, {Name: ".npmrc", Needs: npmSettings},
		},
		Sources:    javascript,
		Output:     "node_modules",
		Valued:     []string{"--registry", "--cache-dir", "--backend", "--omit", "--network-concurrency", "--concurrent-scripts"},
		Dirs:       []string{"--cwd"},
		Reads:      []string{"-c", "--config"},
		ReadVars:   npmVars,
		Elsewhere:  []string{"-g", "--global", "--filter", "-F", "--dry-run"},
		OffScripts: []string{"--ignore-scripts"},
	},
	{
		Name:     "pip-sync",
		Programs: []string{"pip-sync"},
		Installs: []Install{{Packages: Manifests}},
		Sources:  python,
		// https://pip-tools.readthedocs.io/en/stable/cli/pip-sync/; without a word it reads requirements.txt.
		Manifests: []Manifest{{Name: "requirements.txt", Required: true, Needs: requirementsTxt}},
		Valued:    []string{"-i", "--index-url", "--extra-index-url", "--trusted-host", "--pip-args", "--python-executable"},
		Reads:     []string{"-f", "--find-links", "--cert", "--client-cert", "--config"},
		ReadVars:  []string{"PIP_FIND_LINKS", "PIP_CONSTRAINT", "PIP_CONFIG_FILE"},
		Elsewhere: []string{"-n", "--dry-run", "--help", "-h"},
	},
	{
		Name:        "uv",
		Programs:    []string{"uv"},
		Development: uvDevelopment,
		// https://docs.astral.sh/uv/reference/cli/
		Installs: []Install{
			{Words: []string{"sync"}},
			{Words: []string{"pip", "install"}, Files: []string{"-r", "--requirement", "--requirements"}, Also: []string{"-c", "--constraint", "--constraints", "--override"}, Packages: Both, Environment: true},
			{Words: []string{"pip", "sync"}, Packages: Manifests, Environment: true},
		},
		Manifests: []Manifest{
			{Name: "pyproject.toml", Required: true, Needs: uvProject},
			{Name: "uv.lock", Lock: true},
			{Name: "uv.toml", Needs: uvSettings}, {Name: ".python-version"},
		},
		Sources:    python,
		Output:     ".venv",
		OutputVars: []string{"UV_PROJECT_ENVIRONMENT"},
		Valued: []string{"--extra", "--group", "--no-group", "--only-group", "-p", "--python", "--index", "--default-index", "-i", "--index-url",
			"--extra-index-url", "--cache-dir", "--link-mode", "--no-install-package", "--no-binary", "--only-binary",
			"--no-binary-package", "--refresh-package", "--python-platform"},
		Reads:     []string{"-f", "--find-links", "--config-file", "-b", "--build-constraints", "--overrides"},
		ReadVars:  []string{"UV_FIND_LINKS", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_OVERRIDE", "UV_CONFIG_FILE", "UV_PROJECT", "UV_WORKING_DIRECTORY"},
		Into:      []string{"--target", "--prefix"},
		Dirs:      []string{"--directory", "--project"},
		Elsewhere: []string{"--script", "--package", "--all-packages", "--dry-run", "-e", "--editable", "--no-sources"},
	},
	{
		Name:        "poetry",
		Programs:    []string{"poetry"},
		Development: poetryDevelopment,
		// https://python-poetry.org/docs/cli/#install
		Installs: []Install{{Words: []string{"install"}}, {Words: []string{"sync"}}},
		Manifests: []Manifest{
			{Name: "pyproject.toml", Required: true, Needs: poetryProject},
			{Name: "poetry.lock", Lock: true},
			{Name: "poetry.toml", Needs: poetrySettings},
		},
		Sources: python,
		// https://python-poetry.org/docs/configuration/#virtualenvsin-project
		Told:      map[string]string{"POETRY_VIRTUALENVS_IN_PROJECT": ".venv", "virtualenvs.in-project": ".venv"},
		Valued:    []string{"--only", "--with", "--without", "-E", "--extras"},
		Dirs:      []string{"-C", "--directory", "-P", "--project"},
		Elsewhere: []string{"--dry-run", "--only-root", "--help", "-h"},
	},
	{
		Name:        "pdm",
		Programs:    []string{"pdm"},
		Development: pdmDevelopment,
		// https://pdm-project.org/en/stable/reference/cli/#install
		Installs: []Install{{Words: []string{"install"}}, {Words: []string{"sync"}}},
		Manifests: []Manifest{
			{Name: "pyproject.toml", Required: true, Needs: pdmProject},
			{Name: "pdm.lock", Lock: true},
			{Name: "pdm.toml"},
		},
		Sources:   python,
		Output:    ".venv",
		Valued:    []string{"-G", "--group", "--with", "--without", "--venv", "-k", "--skip"},
		Reads:     []string{"-L", "--lockfile", "-c", "--config"},
		ReadVars:  []string{"PDM_LOCKFILE", "PDM_CONFIG_FILE", "PDM_PROJECT"},
		Dirs:      []string{"-p", "--project"},
		Elsewhere: []string{"--dry-run", "--plugins", "--help", "-h"},
	},
	{
		Name:     "pipenv",
		Programs: []string{"pipenv"},
		// https://pipenv.pypa.io/en/latest/cli.html
		Installs: []Install{{Words: []string{"install"}}, {Words: []string{"sync"}, Locked: true}},
		Manifests: []Manifest{
			{Name: "Pipfile", Required: true, Needs: pipfile},
			{Name: "Pipfile.lock", Lock: true},
		},
		Sources:   python,
		Told:      map[string]string{"PIPENV_VENV_IN_PROJECT": ".venv"}, // https://pipenv.pypa.io/en/latest/configuration.html
		ReadVars:  []string{"PIPENV_PIPFILE"},
		Valued:    []string{"-i", "--index", "--python", "--categories", "--extra-pip-args", "--pypi-mirror"},
		Elsewhere: []string{"-e", "--editable", "-r", "--requirements", "--help", "-h"},
	},
	{
		Name:     "cargo",
		Programs: []string{"cargo"},
		Installs: []Install{{Words: []string{"fetch"}}},
		Manifests: []Manifest{
			{Name: "Cargo.toml", Required: true, Needs: cargoToml},
			{Name: "Cargo.lock", Lock: true},
		},
		Sources: []string{".rs"},
		Valued: []string{"--target", "--color", "--features", "-F", "--target-dir", "--root", "--profile", "-j", "--jobs", "--registry",
			"--index", "--bin", "--example", "--version", "--vers", "--path", "--git", "--rev", "--tag", "--branch"},
		Reads:     []string{"--config", "--lockfile-path"},
		Elsewhere: []string{"--manifest-path", "--help", "-h"},
	},
	{
		Name:     "maven",
		Programs: []string{"mvn", "mvnw"},
		// https://maven.apache.org/plugins/maven-dependency-plugin/go-offline-mojo.html
		Installs: []Install{
			{Words: []string{"*dependency:go-offline"}}, {Words: []string{"*dependency:resolve"}}, {Words: []string{"*dependency:resolve-plugins"}},
		},
		Manifests: []Manifest{
			{Name: "pom.xml", Required: true, Needs: pomXML},
			{Name: "mvnw"},
		},
		Sources:   []string{".java", ".kt", ".scala", ".groovy", ".html"},
		Valued:    []string{"-P", "--activate-profiles", "-T", "--threads", "-l", "--log-file", "-D", "--define", "--color", "-b", "--builder"},
		ReadVars:  []string{"MAVEN_CONFIG", "MAVEN_ARGS"},
		Elsewhere: []string{"-f", "--file", "-pl", "--projects", "-s", "--settings", "-gs", "--global-settings", "-t", "--toolchains"},
	},
	{
		Name:     "gradle",
		Programs: []string{"gradle", "gradlew"},
		// The task resolves every configuration:
		// https://docs.gradle.org/current/userguide/viewing_debugging_dependencies.html
		Installs: []Install{{Words: []string{"dependencies"}}},
		Manifests: []Manifest{
			{Name: "build.gradle", Needs: gradleBuild}, {Name: "build.gradle.kts", Needs: gradleBuild},
			{Name: "settings.gradle", Needs: gradleSettings}, {Name: "settings.gradle.kts", Needs: gradleSettings},
			{Name: "gradle.properties"}, {Name: "gradlew"}, {Name: "*gradle.lockfile", Lock: true},
		},
		Sources:   []string{".java", ".kt", ".scala", ".groovy", ".html"},
		ReadVars:  []string{"GRADLE_USER_HOME"},
		Into:      []string{"-g", "--gradle-user-home"},
		Valued:    []string{"-D", "-P", "--console", "--max-workers", "--configuration"},
		Elsewhere: []string{"-p", "--project-dir", "-b", "--build-file", "-c", "--settings-file", "-I", "--init-script", "--include-build", "-x"},
	},
	{
		Name:     "dotnet",
		Programs: []string{"dotnet"},
		// https://learn.microsoft.com/dotnet/core/tools/dotnet-restore
		Installs: []Install{{Words: []string{"restore"}, Packages: Manifests}},
		Manifests: []Manifest{
			{Name: "*.sln", Needs: dotnetProjects}, {Name: "*.slnx", Needs: dotnetProjects}, {Name: "*.csproj", Needs: dotnetProjects}, {Name: "*.fsproj", Needs: dotnetProjects},
			{Name: "*.vbproj", Needs: dotnetProjects}, {Name: "packages.lock.json", Lock: true},
			{Name: "Directory.*.props", Needs: msbuildFile}, {Name: "Directory.*.targets", Needs: msbuildFile},
		},
		Sources:      []string{".cs", ".fs", ".vb", ".cshtml", ".razor", ".html"},
		Output:       "obj",
		OutputBeside: "*proj",
		Into:         []string{"--packages"},
		ReadVars:     []string{"NUGET_CONFIG_FILE", "RestoreConfigFile", "RestoreSources"},
		Valued:       []string{"-r", "--runtime", "-v", "--verbosity", "-a", "--arch", "--os"},
		Reads:        []string{"-s", "--source"},
		Elsewhere:    []string{"--configfile", "--lock-file-path", "--help", "-h", "--use-current-runtime"},
	},
	{
		Name:        "composer",
		Programs:    []string{"composer"},
		Development: composerDevelopment,
		// https://getcomposer.org/doc/03-cli.md#install-i
		Installs: []Install{{Words: []string{"install"}}, {Words: []string{"i"}}},
		Manifests: []Manifest{
			{Name: "composer.json", Required: true, Needs: composerJSON},
			{Name: "composer.lock", Lock: true},
			{Name: "symfony.lock"}, {Name: "auth.json"},
		},
		Sources:    []string{".php", ".twig", ".html", ".css", ".js"},
		Output:     "vendor",
		Valued:     []string{"--prefer-install", "--ignore-platform-req", "--apcu-autoloader-prefix"},
		Dirs:       []string{"-d", "--working-dir"},
		ReadVars:   []string{"COMPOSER", "COMPOSER_VENDOR_DIR"}, // https://getcomposer.org/doc/03-cli.md#environment-variables
		Elsewhere:  []string{"--dry-run", "--download-only", "--help", "-h"},
		OffScripts: []string{"--no-scripts"},
	},
	{
		Name:        "bundler",
		Programs:    []string{"bundle", "bundler"},
		Development: bundlerDevelopment,
		// https://bundler.io/man/bundle-install.1.html
		Installs: []Install{{Words: []string{"install"}}, {}},
		Manifests: []Manifest{
			{Name: "Gemfile", Required: true, Needs: gemfile},
			{Name: "Gemfile.lock", Lock: true},
			{Name: ".ruby-version"}, {Name: ".tool-versions"},
		},
		Sources:   []string{".rb", ".erb", ".haml", ".slim", ".rake", ".js", ".css"},
		Valued:    []string{"-j", "--jobs", "--retry", "--without", "--with", "--binstubs", "--shebang", "--trust-policy", "--target-rbconfig"},
		Told:      map[string]string{"vendor/bundle": "vendor/bundle"},
		ReadVars:  []string{"BUNDLE_GEMFILE", "BUNDLE_APP_CONFIG"}, // https://bundler.io/man/bundle-config.1.html
		Into:      []string{"--path"},
		Elsewhere: []string{"--gemfile", "--local", "--version", "-v", "--help", "-h"},
	},
	{
		Name:     "mix",
		Programs: []string{"mix"},
		// https://hexdocs.pm/mix/Mix.Tasks.Deps.Get.html
		Installs: []Install{{Words: []string{"deps.get"}}},
		Manifests: []Manifest{
			{Name: "mix.exs", Required: true, Needs: mixExs},
			{Name: "mix.lock", Lock: true},
		},
		ReadVars: []string{"MIX_EXS", "MIX_DEPS_PATH"}, // https://hexdocs.pm/mix/Mix.html#module-environment-variables
		Sources:  []string{".ex", ".exs", ".eex", ".heex", ".leex", ".js", ".css"},
		Output:   "deps",
		Valued:   []string{"--only"},
	},
}

// npmVars: https://docs.npmjs.com/cli/v11/using-npm/config#environment-variables
var npmVars = []string{"NPM_CONFIG_USERCONFIG", "npm_config_userconfig", "NPM_CONFIG_GLOBALCONFIG", "npm_config_globalconfig", "NPM_CONFIG_CAFILE", "npm_config_cafile"}

var javascript = []string{".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".vue", ".svelte", ".css", ".scss", ".html", ".md"}

var python = []string{".py", ".html", ".md"}
