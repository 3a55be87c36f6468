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
			"--use-deprecated", "--python", "--exists-action", "-e", "--editable", "-b", "--build", "--src"},
	},
	{
		Name:     "npm",
		Programs: []string{"npm"},
		// Aliases: https://docs.npmjs.com/cli/v11/commands/npm-install and npm-ci.
		Installs: []Install{
			{Words: []string{"ci"}}, {Words: []string{"clean-install"}}, {Words: []string{"install-clean"}}, {Words: []string{"ic"}},
			{Words: []string{"install"}}, {Words: []string{"i"}}, {Words: []string{"in"}}, {Words: []string{"add"}},
		},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: packageJSON},
			{Name: "package-lock.json", Lock: true}, {Name: "npm-shrinkwrap.json", Lock: true},
			{Name: ".npmrc"},
		},
		Sources:    javascript,
		Output:     "node_modules",
		Valued:     []string{"--loglevel", "--registry", "--omit", "--include", "--prefix", "-C", "--cache", "--userconfig", "--fetch-retries", "--fetch-timeout", "--maxsockets", "--install-strategy"},
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
		Valued:     []string{"--network-timeout", "--network-concurrency", "--registry", "--cache-folder", "--modules-folder", "--mutex", "--mode"},
		OffScripts: []string{"--ignore-scripts", "--mode=skip-build"},
	},
	{
		Name:     "pnpm",
		Programs: []string{"pnpm"},
		Installs: []Install{{Words: []string{"install"}}, {Words: []string{"i"}}, {Words: []string{"fetch"}}},
		Manifests: []Manifest{
			{Name: "package.json", Required: true, Needs: packageJSON},
			{Name: "pnpm-lock.yaml", Lock: true},
			{Name: "pnpm-workspace.yaml", Needs: pnpmWorkspace},
			{Name: ".npmrc"}, {Name: ".pnpmfile.cjs"},
		},
		Sources:    javascript,
		Output:     "node_modules",
		Valued:     []string{"--filter", "-F", "--registry", "--store-dir", "--reporter", "--loglevel", "-C", "--dir"},
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
	},
}

var javascript = []string{".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".vue", ".svelte", ".css", ".scss", ".html", ".md"}
