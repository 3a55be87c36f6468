package ecosystem_test

import (
	"fmt"
	"testing"

	"github.com/dfbot/dfbot/review/ecosystem"
)

// project is the contents of a folder.
type project map[string]string

func (p project) Read(name string) ([]byte, bool) {
	text, ok := p[name]
	return []byte(text), ok
}

func (p project) Exists(name string) bool { return p[name] != "" }

// TestHooks: what a script of an install needs is found through quotes, flags, other scripts and the programs that
// start programs.
func TestHooks(t *testing.T) {
	hooks := func(manager string, p project) (needs, opaque ecosystem.Hook) {
		for _, m := range ecosystem.Managers {
			if m.Name == manager {
				return m.Development.Hooks(p)
			}
		}
		t.Fatalf("no manager %s", manager)
		return
	}
	for _, c := range []struct{ prepare, needs, opaque string }{
		{`husky`, "husky", ""},
		{`husky || true`, "husky", ""},
		{`node x.js`, "", "node"},
		{`express`, "", "express"},
		{`npx husky`, "husky", ""},
		{`npx --no-install husky`, "husky", ""},
		{`npx --no -- husky`, "husky", ""},
		{`npx --no only-allow npm`, "only-allow", ""},
		{`npx -y only-allow npm`, "", "only-allow"},
		{`npx express`, "", "express"},
		{`npx tsc@2`, "", "tsc@2"},
		{`npm exec husky`, "husky", ""},
		{`npm exec -- husky`, "husky", ""},
		{`bun x husky`, "husky", ""},
		{`bunx husky`, "husky", ""},
		{`sh -c 'tsc -b'`, "tsc", ""},
		{`bash -c \"tsc -b\"`, "tsc", ""},
		{`sh -c 'echo'`, "", ""},
		{`node ./node_modules/.bin/tsc`, "./node_modules/.bin/tsc", ""},
		{`node node_modules/@x/y/bin.js`, "node_modules/@x/y/bin.js", ""},
		{`node node_modules/express/bin.js`, "", "node"},
		{`node --run build`, "tsc", ""},
		{`npm run build`, "tsc", ""},
		{`npm run -s build`, "tsc", ""},
		{`npm run around`, "before", ""},
		{`yarn run after`, "later", ""},
		{`npm run nothing`, "npm run", ""},
	} {
		p := project{"package.json": fmt.Sprintf(`{"scripts": {"prepare": "%s", "build": "tsc", "around": "echo", "prearound": "before", "after": "echo", "postafter": "later", "odd": 1},
			"dependencies": {"express": "^4", "x": "file:x.tgz"}}`, c.prepare)}
		needs, opaque := hooks("npm", p)
		if needs.Program != c.needs || opaque.Program != c.opaque && c.needs == "" {
			t.Errorf("%s: needs %+v, runs %+v", c.prepare, needs, opaque)
		}
	}
	for script, want := range map[string]string{
		`{"post-install-cmd": "@php vendor/bin/phpunit"}`:                 "vendor/bin/phpunit",
		`{"post-install-cmd": ["@composer run b"], "b": "phpunit"}`:       "phpunit",
		`{"post-install-cmd": ["@composer b"], "b": ["@php x", "phpcs"]}`: "phpcs",
		`{"post-package-install": "phpunit"}`:                             "phpunit",
		`{"post-install-cmd": ["@composer dump-autoload", "@php x"]}`:     "",
	} {
		if needs, _ := hooks("composer",
			project{"composer.json": `{"scripts": ` + script + `}`}); needs.Program != want {
			t.Errorf("%s: needs %+v, want %s", script, needs, want)
		}
	}
	for _, p := range []project{
		{"package.json": `{"workspaces": ["packages/*"]}`},
		{"package.json": `{"workspaces": {"packages": ["packages/*"]}}`},
		{"package.json": `{"dependencies": {"x": "file:../x"}}`},
		{"package.json": `{"devDependencies": {"x": "./x"}}`},
		{"package.json": `{}`, "pnpm-workspace.yaml": "packages:\n  - x\n"},
	} {
		if needs, _ := hooks("npm", p); needs.Members == "" {
			t.Errorf("%v: the scripts of packages in folders are not thought of", p)
		}
	}
	if needs, _ := hooks("pnpm",
		project{"package.json": `{}`,
			"pnpm-workspace.yaml": "onlyBuiltDependencies: [x]\n"}); needs != (ecosystem.Hook{}) {
		t.Errorf("settings of pnpm are taken for packages: %+v", needs)
	}
}
