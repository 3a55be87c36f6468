package ecosystem

// Managers lists the package managers, one row each.
var Managers = []*Manager{
	{
		Name:     "pip",
		Programs: []string{"pip", "pip*"},
		Installs: []Install{{Words: []string{"install"}, Files: []string{"-r", "--requirement"}, Also: []string{"-c", "--constraint"}, Packages: Both}},
		Sources:  []string{".py", ".html", ".md"},
		// https://pip.pypa.io/en/stable/cli/pip_install/
		Valued: []string{"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target", "--prefix", "--root",
			"--platform", "--python-version", "--implementation", "--abi", "--no-binary", "--only-binary", "--proxy", "--retries",
			"--timeout", "--trusted-host", "--cert", "--client-cert", "--cache-dir", "--progress-bar", "--root-user-action",
			"--upgrade-strategy", "--config-settings", "-C", "--global-option", "--log", "--report", "--use-feature",
			"--use-deprecated", "--python", "--exists-action", "-b", "--build", "--src"},
		Elsewhere: []string{"-e", "--editable", "--dry-run", "--help"},
	},
	{
		Name:     "npm",
		Programs: []string{"npm"},
		// Aliases: https://docs.npmjs.com/cli/v11/commands/npm-install and npm-ci.
		Installs: []Install{
			{Words: []string{"ci"}, Locked: true}, {Words: []string{"clean-install"}, Locked: true}, {Words: []string{"install-clean"}, Locked: true}, {Words: []string{"ic"}, Locked: true},
			{Words: []string{"install"}}, {Words: []string{"i"}}, {Words: []string{"in"}}, {Words: []string{"add"}},
		},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: packageJSON},
			{Name: "package-lock.json", Lock: true}, {Name: "npm-shrinkwrap.json", Lock: true},
			{Name: ".npmrc"},
		},
		Sources:    javascript,
		Output:     "node_modules",
		Valued:     []string{"--loglevel", "--registry", "--omit", "--include", "--cache", "--userconfig", "--fetch-retries", "--fetch-timeout", "--maxsockets", "--install-strategy"},
		Dirs:       []string{"--prefix", "-C"},
		Elsewhere:  []string{"-g", "--global", "--location", "-w", "--workspace", "--workspaces", "--dry-run"},
		OffScripts: []string{"--ignore-scripts", "--ignore-scripts=true"},
	},
	{
		Name:     "yarn",
		Programs: []string{"yarn", "yarnpkg"},
		Installs: []Install{{Words: []string{"install"}}, {}},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: packageJSON},
			{Name: "yarn.lock", Lock: true},
			{Name: ".yarnrc"}, {Name: ".npmrc"},
			{Name: ".yarnrc.yml", Needs: yarnBerry}, // https://yarnpkg.com/configuration/yarnrc
		},
		Sources:    javascript,
		Output:     "node_modules",
		Valued:     []string{"--network-timeout", "--network-concurrency", "--registry", "--cache-folder", "--modules-folder", "--mutex"},
		Dirs:       []string{"--cwd"},
		Elsewhere:  []string{"--version", "-v", "--help", "-h"},
		OffScripts: []string{"--ignore-scripts", "--mode=skip-build"},
	},
	{
		Name:     "pnpm",
		Programs: []string{"pnpm"},
		Installs: []Install{{Words: []string{"install"}}, {Words: []string{"i"}}},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: packageJSON},
			{Name: "pnpm-lock.yaml", Lock: true},
			{Name: "pnpm-workspace.yaml", Needs: pnpmWorkspace},
			{Name: ".npmrc"}, {Name: ".pnpmfile.cjs"},
		},
		Sources:    javascript,
		Output:     "node_modules",
		Valued:     []string{"--registry", "--store-dir", "--reporter", "--loglevel"},
		Dirs:       []string{"-C", "--dir"},
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
		Sources:  []string{".go"},
		Dirs:     []string{"-C"},
		Builds:   [][]string{{"build"}, {"install"}, {"test"}, {"vet"}},
		Fetch:    "go mod download",
		Vendored: "vendor",
	},
}

var javascript = []string{".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".vue", ".svelte", ".css", ".scss", ".html", ".md"}
