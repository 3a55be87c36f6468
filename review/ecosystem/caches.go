package ecosystem

import (
	"slices"
	"strings"
)

// Cache is where a package manager keeps what it has downloaded, for the next time.
type Cache struct {
	Programs []string // names of the program, as in Manager
	Fills    []string // the subcommands that fill it; "" for a bare call
	Folders  []string // below the user's home folder, where the manager looks on its own
	// Variables name another folder when they are set.
	Variables []string
	OffFlags  []string // with which a call keeps nothing
	// OffVariables switch it off when they are set to something true, or, with OffByAny, to anything at all: 0 and
	// false, too. An empty value never does.
	OffVariables []string
	OffByAny     bool
	Clean        string     // the call that empties it
	Cleans       [][]string // the words, after the program, of all calls that empty it
}

// Caches lists what package managers keep, one row each.
var Caches = []*Cache{
	{ // https://pip.pypa.io/en/stable/topics/caching/; any value of the variable: pip/_internal/cli/cmdoptions.py
		Programs: []string{"pip", "pip*"}, Fills: []string{"install"}, Folders: []string{".cache/pip"},
		Variables: []string{"PIP_CACHE_DIR", "XDG_CACHE_HOME"}, OffFlags: []string{"--no-cache-dir"},
		OffVariables: []string{"PIP_NO_CACHE_DIR"}, OffByAny: true, Clean: "pip cache purge",
		Cleans: [][]string{{"cache", "purge"}, {"cache", "remove"}},
	},
	{ // https://docs.npmjs.com/cli/v11/using-npm/config#cache
		Programs: []string{"npm"}, Fills: []string{"ci", "clean-install", "install", "i", "add", "update"},
		Folders: []string{".npm"}, Variables: []string{"npm_config_cache", "NPM_CONFIG_CACHE"},
		Clean:  "npm cache clean --force",
		Cleans: [][]string{{"cache", "clean"}, {"cache", "rm"}, {"cache", "clear"}},
	},
	{ // https://classic.yarnpkg.com/lang/en/docs/cli/cache/
		Programs: []string{"yarn", "yarnpkg"}, Fills: []string{"install", "add", "global", ""},
		Folders: []string{".cache/yarn", ".yarn"}, Variables: []string{"YARN_CACHE_FOLDER"},
		Clean: "yarn cache clean", Cleans: [][]string{{"cache", "clean"}},
	},
	{ // https://getcomposer.org/doc/03-cli.md#composer-cache-dir
		Programs: []string{"composer"}, Fills: []string{"install", "i", "update", "require", "create-project"},
		Folders: []string{".composer", ".cache/composer"}, Variables: []string{"COMPOSER_CACHE_DIR", "COMPOSER_HOME"},
		OffFlags: []string{"--no-cache"}, Clean: "composer clear-cache",
		Cleans: [][]string{{"clear-cache"}, {"clearcache"}, {"cc"}},
	},
	{ // https://docs.astral.sh/uv/concepts/cache/
		Programs: []string{"uv"}, Fills: []string{"sync", "pip", "add", "tool"}, Folders: []string{".cache/uv"},
		Variables: []string{"UV_CACHE_DIR", "XDG_CACHE_HOME"},
		OffFlags:  []string{"--no-cache", "--no-cache-dir", "-n"}, OffVariables: []string{"UV_NO_CACHE"},
		Clean: "uv cache clean", Cleans: [][]string{{"cache", "clean"}, {"cache", "prune"}},
	},
	{ // https://python-poetry.org/docs/configuration/#cache-dir
		Programs: []string{"poetry"}, Fills: []string{"install", "sync"}, Folders: []string{".cache/pypoetry"},
		Variables: []string{"POETRY_CACHE_DIR", "XDG_CACHE_HOME"}, OffFlags: []string{"--no-cache"},
		Cleans: [][]string{{"cache", "clear"}},
	},
	{ // https://pnpm.io/settings#storedir
		Programs: []string{"pnpm"}, Fills: []string{"install", "i", "fetch", "add"},
		Folders:   []string{".local/share/pnpm", ".pnpm-store"},
		Variables: []string{"PNPM_HOME", "XDG_DATA_HOME", "npm_config_store_dir", "NPM_CONFIG_STORE_DIR"},
		Cleans:    [][]string{{"store", "prune"}},
	},
	{ // https://maven.apache.org/guides/mini/guide-configuring-maven.html
		Programs: []string{"mvn", "mvnw"}, Folders: []string{".m2"}, Variables: []string{"MAVEN_OPTS", "MAVEN_ARGS"},
	},
	{ // https://docs.gradle.org/current/userguide/directory_layout.html
		Programs: []string{"gradle", "gradlew"}, Folders: []string{".gradle"}, Variables: []string{"GRADLE_USER_HOME"},
	},
	{ // https://learn.microsoft.com/nuget/consume-packages/managing-the-global-packages-and-cache-folders
		Programs: []string{"dotnet"}, Folders: []string{".nuget", ".local/share/NuGet"},
		Variables: []string{"NUGET_PACKAGES", "DOTNET_CLI_HOME"},
	},
	{ // https://pip-tools.readthedocs.io/en/stable/: it calls pip
		Programs: []string{"pip-sync"}, Folders: []string{".cache/pip", ".cache/pip-tools"},
		Variables:    []string{"PIP_CACHE_DIR", "PIP_TOOLS_CACHE_DIR", "XDG_CACHE_HOME"},
		OffVariables: []string{"PIP_NO_CACHE_DIR"}, OffByAny: true,
	},
	{ // https://pdm-project.org/en/stable/usage/config/#cache-the-installation-of-wheels; pdm/cli/options.py
		Programs: []string{"pdm"}, Fills: []string{"install", "sync", "add"}, Folders: []string{".cache/pdm"},
		Variables: []string{"PDM_CACHE_DIR", "XDG_CACHE_HOME"}, OffFlags: []string{"--no-cache"},
		OffVariables: []string{"PDM_NO_CACHE"}, OffByAny: true, Cleans: [][]string{{"cache", "clear"}},
	},
	{ // https://pipenv.pypa.io/en/latest/configuration.html
		Programs: []string{"pipenv"}, Fills: []string{"install", "sync"}, Folders: []string{".cache/pipenv"},
		Variables: []string{"PIPENV_CACHE_DIR", "XDG_CACHE_HOME"}, Cleans: [][]string{{"--clear"}},
	},
	{ // https://bun.sh/docs/install/cache
		Programs: []string{"bun"}, Fills: []string{"install", "i", "ci", "add"},
		Folders: []string{".bun/install/cache"}, Variables: []string{"BUN_INSTALL_CACHE_DIR", "BUN_INSTALL"},
		OffFlags: []string{"--no-cache"}, Cleans: [][]string{{"pm", "cache", "rm"}},
	},
	{ // https://doc.rust-lang.org/cargo/guide/cargo-home.html
		Programs: []string{"cargo"}, Folders: []string{".cargo/registry", ".cargo/git"},
		Variables: []string{"CARGO_HOME"},
	},
	{ // https://bundler.io/man/bundle-config.1.html, global_gem_cache
		Programs: []string{"bundle", "bundler"}, Folders: []string{".bundle/cache"},
		Variables: []string{"BUNDLE_USER_CACHE", "BUNDLE_USER_HOME"},
	},
	{ // https://hexdocs.pm/hex/Mix.Tasks.Hex.Config.html
		Programs: []string{"mix"}, Folders: []string{".hex"}, Variables: []string{"HEX_HOME"},
	},
	{ // https://pkg.go.dev/cmd/go#hdr-Build_and_test_caching
		Programs: []string{"go"}, Folders: []string{".cache/go-build"},
		Variables: []string{"GOCACHE", "XDG_CACHE_HOME"},
	},
}

// Off reports whether the value of one of the OffVariables switches the cache off.
func (c *Cache) Off(value string) bool {
	switch strings.ToLower(value) {
	case "":
		return false
	case "0", "false", "no", "off", "n", "f":
		return c.OffByAny
	}
	return true
}

// Program reports whether name is a name of the program that fills the cache.
func (c *Cache) Program(name string) bool {
	m := Manager{Programs: c.Programs}
	return m.Program(name)
}

// Holds reports whether the folder, an absolute path, is the cache of a user whose home folder is
// above it, or is in it.
func (c *Cache) Holds(folder string) bool {
	return slices.ContainsFunc(c.Folders, func(f string) bool {
		return strings.Contains(strings.TrimSuffix(folder, "/")+"/", "/"+f+"/")
	})
}
