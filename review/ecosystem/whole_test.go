package ecosystem_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/ecosystem"
)

// beside are the files around a manifest.
type beside map[string]string

func (b beside) Read(name string) ([]byte, bool) {
	text, ok := b[name]
	return []byte(text), ok
}

func (b beside) Exists(name string) bool { _, ok := b[name]; return ok }

// TestDoubts: what in a manifest, a setting or a lock is not known to make an install read nothing is named, and what
// is known is not.
func TestDoubts(t *testing.T) {
	const gosum = "example.com/a v1.0.0 h1:x\nexample.com/a v1.0.0/go.mod h1:y\n"
	for _, c := range []struct {
		manager, file, data string
		files               beside
		want                string // a part of the doubts; empty for none
	}{
		{"npm", "package.json", `{"name":"x","dependencies":{"a":"^1.2","b":"npm:c@1","d":"github:o/r"},"jest":{}}`,
			nil, ""},
		{"npm", "package.json", `{"scripts":{"build":"husky"}}`, nil, ""},
		{"npm", "package.json", `{"scripts":{"prepare":"husky || true"}}`, nil, "prepare"},
		{"yarn", "package.json", `{"scripts":{"preinstall":"npx only-allow yarn"}}`, nil, "preinstall"},
		{"npm", "package.json", `{"dependencies":{"a":"libs.tgz"}}`, nil, "dependencies.a"},
		{"npm", "package.json", `{"dependencies":{"a":"exec:./gen.js"}}`, nil, "dependencies.a"},
		{"npm", "package.json", `{"overrides":{"a":{"b":"file:x"}}}`, nil, "overrides.a.b"},
		{"npm", "package.json", `{"newest":{"reads":"./x"}}`, nil, "newest"},
		{"npm", "package.json", `[]`, nil, "nothing in"},
		{"npm", ".npmrc", "registry=https://npm.corp/\n; a comment\n//npm.corp/:_authToken=${TOKEN}\n", nil, ""},
		{"npm", ".npmrc", "cafile=certs/ca.pem\n", nil, "cafile"},
		{"npm", ".npmrc", "registry=${HERE}\n", nil, "registry"},
		{"npm", "package-lock.json",
			`{"lockfileVersion":3,"packages":{"":{},"node_modules/a":{"resolved":"https://r/a.tgz"}}}`, nil, ""},
		{"npm", "package-lock.json", `{"lockfileVersion":3,"packages":{"node_modules/a":{"resolved":"file:a.tgz"}}}`,
			nil, "comes from"},
		{"npm", "package-lock.json",
			`{"lockfileVersion":3,"packages":{"node_modules/a":{"resolved":"a","link":true},"a":{}}}`, nil,
			"comes from"},
		{"npm", "package-lock.json",
			`{"lockfileVersion":3,"packages":{"node_modules/x/node_modules/@o/a":{"hasInstallScript":true}}}`, nil,
			"@o/a"},
		{"npm", "package-lock.json",
			`{"lockfileVersion":3,"packages":{"node_modules/esbuild":{"hasInstallScript":true}}}`, nil, ""},
		{"npm", "package-lock.json", `{"lockfileVersion":1,"dependencies":{}}`, nil, "nothing in"},
		{"yarn", ".yarnrc.yml", "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.9.1.cjs\n", nil, ""},
		{"yarn", ".yarnrc.yml", "injectEnvironmentFiles:\n  - .env.build\n", nil, "injectEnvironmentFiles"},
		{"yarn", ".yarnrc.yml", "plugins:\n  - path: .yarn/plugins/x.cjs\n    spec: 'https://x/plugin.js'\n", nil,
			"plugins"},
		{"yarn", ".yarnrc.yml", "a: &x 1\nb: *x\n", nil, "nothing in"},
		{"yarn", ".yarnrc", "registry \"https://r\"\n--install.frozen-lockfile true\n", nil, ""},
		{"yarn", ".yarnrc", "plugins \"./x\"\n", nil, "plugins"},
		{"yarn", "yarn.lock", "a@^1:\n  resolved \"https://r/a.tgz#x\"\n", nil, "install scripts"},
		{"yarn", "yarn.lock", "a@file:x:\n  resolved \"file:x\"\n", nil, "names no directory"},
		{"pnpm", "pnpm-lock.yaml", "lockfileVersion: '9.0'\n",
			beside{"package.json": `{"packageManager":"pnpm@10.4.1"}`}, ""},
		{"pnpm", "pnpm-lock.yaml", "lockfileVersion: '9.0'\n",
			beside{"package.json": `{"packageManager":"pnpm@9.1.0"}`}, "install scripts"},
		{"pnpm", "pnpm-lock.yaml", "resolution: {directory: libs/a, type: directory}\n", nil, "names no directory"},
		{"pnpm", "pnpm-workspace.yaml", "onlyBuiltDependencies:\n  - esbuild\n", nil, ""},
		{"pnpm", "pnpm-workspace.yaml", "pnpmfile: config/hooks.cjs\n", nil, "pnpmfile"},
		{"pnpm", "pnpm-workspace.yaml", "packages:\n  - apps/*\n", nil, "packages"},
		{"pnpm", ".pnpmfile.cjs", "module.exports = {}\n", nil, "nothing in"},
		{"go", "go.mod", "module x\n\ngo 1.22\n\nrequire example.com/a v1.0.0\n", beside{"go.sum": gosum}, ""},
		{"go", "go.mod", "module x\n\ngo 1.22\n\nrequire example.com/b v1.0.0\n", beside{"go.sum": gosum},
			"example.com/b"},
		{"go", "go.mod", "module x\n\ngo 1.22\n\nrequire example.com/a v1.0.0\n", nil, "go.sum"},
		{"go", "go.mod", "module x\n\ngo 1.16\n", beside{"go.sum": ""}, "names every module"},
		{"go", "go.mod", "module x\n\ngo 1.22\n\nnewest x\n", nil, "nothing in"},
		{"pip", "requirements.txt",
			"# x\nflask==3.0 ; python_version > \"3.8\"\n-r base.txt\n" +
				"uvicorn[standard]>=0.3,<1 \\\n  --hash=sha256:ab\n--extra-index-url https://x/simple\n" +
				"x @ git+https://h/r\n",
			nil, ""},
		{"pip", "requirements.txt", "mylib.zip\n", nil, "mylib.zip"},
		{"pip", "requirements.txt", "--index-url file:///app/x\n", nil, "file:///app/x"},
		{"pip", "requirements.txt", "x @ file:./x\n", nil, "file:./x"},
		{"pip", "requirements.txt", "-f wheels\n", nil, "-f wheels"},
		{"uv", "pyproject.toml",
			"[project]\nname='x'\ndependencies=['a>=1']\n[tool.uv]\npackage=false\n[tool.ruff]\nx=1\n", nil, ""},
		{"uv", "pyproject.toml", "[project]\ndependencies=['a @ file:///app/a']\n", nil, "project.dependencies"},
		{"uv", "pyproject.toml", "[[tool.uv.sources.a]]\npath='libs/a'\n", nil, "tool.uv.sources.a"},
		{"uv", "pyproject.toml", "[tool.uv]\nnewest='x'\n", nil, "tool.uv.newest"},
		{"uv", "uv.lock", "source = { editable = \".\" }\nsource = { registry = \"https://pypi.org/simple\" }\n", nil,
			""},
		{"uv", "uv.lock", "source = { directory = \"libs/a\" }\n", nil, "names no directory"},
		{"poetry", "pyproject.toml",
			"[tool.poetry]\nname='x'\n[tool.poetry.dependencies]\npython='^3.12'\na={version='1', extras=['b']}\n",
			nil, ""},
		{"poetry", "pyproject.toml", "[tool.poetry.requires-plugins]\np={path='p'}\n", nil,
			"tool.poetry.requires-plugins.p"},
		{"poetry", "pyproject.toml", "[tool.poetry.group.dev.dependencies]\na=[{path='a'},{version='1'}]\n", nil,
			"tool.poetry.group.dev"},
		{"poetry", "poetry.lock", "[package.source]\ntype = \"directory\"\n", nil, "names no directory"},
		{"maven", "mvnw", "x", nil, "nothing in"},
	} {
		files := beside{c.file: c.data}
		for name, data := range c.files {
			files[name] = data
		}
		for _, m := range ecosystem.Managers {
			if m.Name != c.manager {
				continue
			}
			var said []string
			for _, d := range m.Doubts(files, c.file, ecosystem.Call{Manager: m, Scripts: true}) {
				said = append(said, fmt.Sprintf(d.Says, d.Words...))
			}
			got := strings.Join(said, "; ")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("%s, %s with %q: %q, want %q", c.manager, c.file, c.data, got, c.want)
			}
		}
	}
}
