package ecosystem

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// version is one that names no folder or file of the repository: a range or a tag, another name, a release in a
// catalog, or a place on the network (https://docs.npmjs.com/cli/v11/configuring-npm/package-json#dependencies).
var version = regexp.MustCompile(`^(?:[\w.*^~<>=|\s+-]*|\$[\w@./-]+|npm:(?:@[\w.-]+/)?[\w.-]+(?:@[\w.*^~<>=|` +
	`\s+-]*)?|catalog:[\w-]*|workspace:(?:(?:@[\w.-]+/)?[\w-][\w.-]*@)?[*^~]?(?:\d[\w.+-]*)?|` +
	`(?:git\+)?(?:https|ssh)://[^\s]+|git://[^\s]+|(?:github|gitlab|bitbucket|gist):[^\s]+)$`)

// archive is a version that is a file, though it looks like a tag.
var archive = regexp.MustCompile(`\.(?:tgz|tar|tar\.gz)$`)

func isVersion(value any) []string {
	text, ok := value.(string)
	if _, patched := yarnPatches(text); patched {
		return nil // other programs than Yarn refuse it
	}
	if !ok || !version.MatchString(text) || archive.MatchString(text) && !strings.Contains(text, "://") {
		return strange
	}
	return nil
}

// nested knows versions in objects in objects, as overrides are.
func nested(value any) []string {
	if object, ok := value.(map[string]any); ok {
		return each(nested)(object)
	}
	return isVersion(value)
}

// packageKeys are the keys of a package.json. Those of programs that are no package managers are inert, because an
// install runs such programs only in scripts (https://docs.npmjs.com/cli/v11/configuring-npm/package-json,
// https://yarnpkg.com/configuration/manifest, https://pnpm.io/package_json, https://nodejs.org/api/packages.html).
var packageKeys = inertKeys(`name version private description keywords homepage bugs license licenses author authors
	contributors maintainers funding repository main module browser unpkg jsdelivr type types typings typesVersions
	exports imports files bin man directories sideEffects engines engineStrict os cpu libc publishConfig config
	peerDependenciesMeta dependenciesMeta packageManager devEngines preferGlobal esm sources source
	eslintConfig eslintIgnore prettier babel browserslist jest ava mocha nyc c8 tap xo standard tsd husky lint-staged
	commitlint release stylelint postcss nodemonConfig proxy volta np ts-node tsup vite vitest nx turbo lerna
	simple-git-hooks pre-commit gitHooks config-override prisma sass resolve msw pkg build electronmon size-limit
	remarkConfig renovate readme readmeFilename gitHead _id title displayName icon publisher categories installConfig
	`).with(table{
	"dependencies": each(isVersion), "devDependencies": each(isVersion), "optionalDependencies": each(isVersion),
	"peerDependencies": each(isVersion), "resolutions": each(isVersion), "overrides": nested,
	"bundleDependencies": inert, "bundledDependencies": inert, "patchedDependencies": inert,
	"workspaces": inert, // packageJSON asks for the members and the patches
	"scripts":    inert, // lifecycle names those that an install runs
	"pnpm": inertKeys(`neverBuiltDependencies ignoredBuiltDependencies peerDependencyRules allowedDeprecatedVersions
		supportedArchitectures ignoredOptionalDependencies auditConfig updateConfig requiredScripts
		patchedDependencies allowNonAppliedPatches allowUnusedPatches ignorePatchFailures`).with(table{
		"overrides": nested, "onlyBuiltDependencies": each(readsNothing),
	}).read,
})

// packageWhole reads a package.json. What a script that is known does to Git may not be.
func packageWhole(r Reader, data []byte, c Call) []Doubt {
	all := wholeJSON(packageKeys)(r, data, c)
	var p javascriptPackage
	if json.Unmarshal(data, &p) != nil {
		return all
	}
	if files := p.programs(); c.Member && slices.ContainsFunc(files, r.Exists) {
		all = append(all, Doubt{"the programs that bin of %s names can be executed", []any{c.File}})
	}
	if !c.Scripts {
		return all
	}
	for _, name := range packageScripts {
		if _, _, sure := (&script{text: p.Scripts[name], all: p.Scripts}).reads(r); p.Scripts[name] != "" && !sure {
			all = append(all, Doubt{"the script %s does the same without the sources and without %s",
				[]any{name, ".git"}})
		}
	}
	return all
}

// readsNothing knows the names of packages whose install script reads nothing of the project.
func readsNothing(value any) []string {
	if name, ok := value.(string); !ok || !slices.Contains(quietScripts, name) {
		return strange
	}
	return nil
}

// quietScripts are packages whose install scripts are known to read nothing of the project: each fetches or compiles a
// binary of its own, or prints a message.
var quietScripts = strings.Fields(`esbuild fsevents sharp bcrypt core-js core-js-pure @swc/core @parcel/watcher
	unrs-resolver better-sqlite3 sqlite3 node-sass argon2 bufferutil utf-8-validate msgpackr-extract lmdb es5-ext
	@sentry/cli protobufjs cpu-features ssh2 canvas re2 @nestjs/core styled-components iltorb farmhash
	@firebase/util @scarf/scarf less uglifyjs-webpack-plugin highlight.js @apollo/rover`)

// npmKeys are the settings of npm and pnpm that name no file
// (https://docs.npmjs.com/cli/v11/using-npm/config, https://pnpm.io/npmrc). Those of one registry begin with its
// address.
var npmKeys = regexp.MustCompile(`^(?:(?:@[\w.-]+:)?registry\s*=\s*["']?https?://[^\s]*|` +
	`//[^=]+:(?:_authToken|_auth|_password|username|email|always-auth)\s*=.*|` +
	`(?:always-auth|_auth|_authToken|audit|audit-level|fund|loglevel|progress|save-exact|save-prefix|save|save-dev|` +
	`engine-strict|legacy-peer-deps|strict-peer-deps|strict-ssl|prefer-offline|package-lock|omit|include|optional|` +
	`ignore-scripts|fetch-retries|fetch-retry-factor|fetch-retry-mintimeout|fetch-retry-maxtimeout|fetch-timeout|` +
	`maxsockets|update-notifier|color|unicode|message|sign-git-tag|tag-version-prefix|access|init-[\w-]+|` +
	`foreground-scripts|` +
	`install-strategy|install-links|package-import-method|min-release-age|network-timeout|noproxy|proxy|https-proxy|` +
	`shamefully-hoist|strict-peer-dependencies|auto-install-peers|dedupe-peer-dependents|resolution-mode|hoist|` +
	`hoist-pattern(?:\[\])?|public-hoist-pattern(?:\[\])?|node-linker|prefer-frozen-lockfile|side-effects-cache|` +
	`save-workspace-protocol|prefer-workspace-packages|link-workspace-packages|enable-pre-post-scripts|` +
	`ignore-workspace-root-check|child-concurrency|network-concurrency|minimum-release-age)\s*(?:=.*)?)$`)

// npmSettingsWhole reads a .npmrc (https://docs.npmjs.com/cli/v11/configuring-npm/npmrc).
func npmSettingsWhole(r Reader, data []byte, c Call) []Doubt {
	return append(wholeLines("#", npmKeys)(r, []byte(semicolon.ReplaceAllString(string(data), "#")), c),
		expanded(data)...)
}

// semicolon begins a comment too.
var semicolon = regexp.MustCompile(`(?m)^\s*;`)

// expanded: a setting other than a token may become a path where a variable is put in.
func expanded(data []byte) []Doubt {
	for _, line := range lines(data) {
		if strings.Contains(line, "${") && !strings.Contains(line, ":_") {
			return keyDoubts(".npmrc", []string{line})
		}
	}
	return nil
}

// yarnClassicKeys are the settings of Yarn 1 that name no file, and those of which yarnClassic makes needs.
var yarnClassicKeys = regexp.MustCompile(`^"?(?:registry|@[\w.-]+:registry|strict-ssl|network-timeout|` +
	`network-concurrency|` +
	`child-concurrency|ignore-engines|ignore-optional|ignore-scripts|lastUpdateCheck|save-prefix|save-exact|` +
	`version-[\w-]+|workspaces-experimental|yarn-path|yarn-offline-mirror|cafile|` +
	`--(?:install|add|\*)\.(?:frozen-lockfile|ignore-engines|non-interactive|ignore-optional|exact|silent))"?\s.*$`)

// webAddress is an address of the network.
var webAddress = regexp.MustCompile(`^https?://`)

// yarnKeys are the settings of Yarn 2 and later that name no file, and those of which yarnBerry makes needs
// (https://yarnpkg.com/configuration/yarnrc). Plugins of Yarn itself only add commands.
var yarnKeys = inertKeys(`nodeLinker enableTelemetry npmAlwaysAuth npmAuthToken npmAuthIdent enableGlobalCache
	compressionLevel enableImmutableInstalls enableImmutableCache checksumBehavior supportedArchitectures
	nmHoistingLimits nmMode nmSelfReferences defaultSemverRangePrefix enableScripts enableNetwork httpRetry httpTimeout
	networkConcurrency logFilters enableProgressBars enableColors enableTimers enableMessageNames enableHyperlinks
	preferInteractive pnpMode pnpFallbackMode pnpEnableInlining pnpIgnorePatterns winLinkType cacheMigrationMode
	enableHardenedMode npmMinimalAgeGate npmPublishAccess npmPublishProvenance npmAuditIgnoreAdvisories
	npmAuditExcludePackages enableInlineBuilds enableInlineHunks enableStrictSsl httpProxy httpsProxy yarnPath
	initScope initFields changesetBaseRefs changesetIgnorePatterns constraintsPath telemetryInterval telemetryUserId
	`).with(table{
	"npmRegistryServer": matching(webAddress),
	"npmRegistries":     inert,
	"npmScopes": each(table{"npmRegistryServer": matching(webAddress), "npmAuthToken": inert, "npmAlwaysAuth": inert,
		"npmAuthIdent": inert, "npmPublishRegistry": inert, "npmAuditRegistry": inert}.read),
	"plugins": each(table{"path": matching(regexp.MustCompile(`^\.yarn/`)), "checksum": inert,
		"spec": matching(regexp.MustCompile(`^"?@yarnpkg/plugin-`))}.read),
	"packageExtensions": each(table{"dependencies": each(isVersion), "peerDependencies": each(isVersion),
		"peerDependenciesMeta": inert}.read),
	"catalog": each(isVersion), "catalogs": each(each(isVersion)),
})

// pnpmKeys are the settings of pnpm in its own file that name no file (https://pnpm.io/settings).
var pnpmKeys = inertKeys(`ignoredBuiltDependencies neverBuiltDependencies peerDependencyRules savePrefix
	shamefullyHoist hoist hoistPattern publicHoistPattern nodeLinker strictPeerDependencies autoInstallPeers
	dedupePeerDependents resolutionMode preferFrozenLockfile sideEffectsCache linkWorkspacePackages
	preferWorkspacePackages saveWorkspaceProtocol engineStrict minimumReleaseAge minimumReleaseAgeExclude
	allowedDeprecatedVersions supportedArchitectures ignoredOptionalDependencies auditConfig updateConfig
	patchedDependencies allowNonAppliedPatches allowUnusedPatches ignorePatchFailures strictDepBuilds verifyDepsBeforeRun catalogMode enablePrePostScripts childConcurrency networkConcurrency
	fetchRetries fetchTimeout trustPolicy cleanupUnusedCatalogs managePackageManagerVersions
	`).with(table{
	"onlyBuiltDependencies": each(readsNothing), "overrides": nested,
	"catalog": each(isVersion), "catalogs": each(each(isVersion)), "packages": inert, // pnpmWorkspace asks for them
})

// npmLock is what an install reads of a package-lock.json
// (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json).
type npmLock struct {
	LockfileVersion int
	Packages        map[string]struct {
		Resolved         string
		Link             bool
		HasInstallScript bool
	}
}

// npmLockWhole: a package comes from the network, and the lock says which ones bring scripts.
func npmLockWhole(r Reader, data []byte, c Call) (all []Doubt) {
	var lock npmLock
	manifest, _ := r.Read("package.json")
	var p javascriptPackage
	_ = json.Unmarshal(manifest, &p)
	members, _ := p.members()
	if json.Unmarshal(data, &lock) != nil || lock.LockfileVersion < 2 || lock.Packages == nil {
		return unread(c.File)
	}
	for _, at := range sortedKeys(lock.Packages) {
		p := lock.Packages[at]
		_, name, inModules := cutLast(at, "node_modules/")
		switch {
		case at == "":
		case p.Link && members.Holds(p.Resolved), !inModules && members.Holds(at):
		case p.Link || !inModules,
			p.Resolved != "" && !strings.Contains(p.Resolved, "://") || strings.HasPrefix(p.Resolved, "file:"):
			all = append(all, Doubt{"%s in %s comes from no directory or file of the repository", []any{name, c.File}})
		case c.Scripts && p.HasInstallScript && !slices.Contains(quietScripts, name):
			all = append(all, Doubt{"the install script of %s reads nothing of the project", []any{name}})
		}
	}
	return all
}

// cutLast cuts the text around the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+len(separator):], true
}

// scriptsOf is the doubt about a lock that does not say which packages bring scripts that run.
func scriptsOf(c Call) []Doubt {
	if !c.Scripts {
		return nil
	}
	return []Doubt{{"the install scripts of the packages in %s read nothing of the project", []any{c.File}}}
}

var (
	yarnLocal   = regexp.MustCompile(`(?m)^\s+resolved\s+"?(?:file:|\.|/)|@(?:file|link|portal|exec):(?:[^b]|b[^u])`)
	yarnPatched = regexp.MustCompile(`@patch:(?:[^b]|b[^u])`)
	yarnMembers = regexp.MustCompile(`@workspace:(?:[^.]|\.[^"])`)
	pnpmLocal   = regexp.MustCompile(`(?m)\b(?:file|directory):|^pnpmfileChecksum:`)
	pnpmPatched = regexp.MustCompile(`(?m)^patchedDependencies:`)
	pnpmMember  = regexp.MustCompile(`\blink:`)
)

func yarnLockWhole(r Reader, data []byte, c Call) []Doubt {
	all := wholeLock(yarnLocal)(r, data, c)
	all = append(all, unsaid(r, data, c, yarnPatched, "patch:")...)
	return append(append(all, unsaid(r, data, c, yarnMembers, `"workspaces"`)...), scriptsOf(c)...)
}

// unsaid is the doubt about patches or members in a lock of which the manifests say nothing, which name them like that.
func unsaid(r Reader, data []byte, c Call, inLock *regexp.Regexp, named string) []Doubt {
	for _, name := range []string{"package.json", "pnpm-workspace.yaml"} {
		if text, _ := r.Read(name); strings.Contains(string(text), named) {
			return nil
		}
	}
	return wholeLock(inLock)(r, data, c)
}

// pnpmLockWhole: pnpm 10 and later run no scripts but those that the settings allow
// (https://pnpm.io/settings#onlybuiltdependencies).
func pnpmLockWhole(r Reader, data []byte, c Call) []Doubt {
	all := append(wholeLock(pnpmLocal)(r, data, c), unsaid(r, data, c, pnpmPatched, "patchedDependencies")...)
	all = append(all, unsaid(r, data, c, pnpmMember, "packages:")...)
	if pin := release(r); strings.HasPrefix(pin, "pnpm@1") && !strings.HasPrefix(pin, "pnpm@1.") {
		return all
	}
	return append(all, scriptsOf(c)...)
}

// release is what package.json pins of the manager, such as pnpm@10.4.1; "" where it pins nothing
// (https://nodejs.org/api/packages.html#packagemanager).
func release(r Reader) string {
	data, _ := r.Read("package.json")
	var p struct{ PackageManager string }
	if json.Unmarshal(data, &p) != nil {
		return ""
	}
	return p.PackageManager
}

// bunKeys are the settings of Bun that name no file (https://bun.sh/docs/runtime/bunfig). Those of its other commands
// an install does not read.
var bunKeys = table{"telemetry": inert, "test": inert, "run": inert, "install": inertKeys(`optional dev peer production
	frozenLockfile exact saveTextLockfile auto linker minimumReleaseAge minimumReleaseAgeExcludes dryRun
	concurrentScripts`).with(table{"registry": bunRegistry, "scopes": each(bunRegistry),
	"lockfile": inertKeys("save print").read}).read}

// bunRegistry knows the address of a registry, alone or with credentials.
func bunRegistry(value any) []string {
	if at, ok := value.(string); ok {
		return matching(webAddress)(at)
	}
	return table{"url": matching(webAddress), "token": inert, "username": inert, "password": inert}.read(value)
}

var (
	bunLocal   = regexp.MustCompile(`@(?:file|link|root):|@\.{0,2}/|\.tgz"\s*[,\]]`)
	bunPatched = regexp.MustCompile(`"patchedDependencies"`)
	bunMembers = regexp.MustCompile(`@workspace:`)
)

// bunLockWhole: Bun runs the scripts of packages that it trusts by itself
// (https://bun.sh/docs/install/lifecycle#trusteddependencies).
func bunLockWhole(r Reader, data []byte, c Call) []Doubt {
	all := wholeLock(bunLocal)(r, data, c)
	all = append(all, unsaid(r, data, c, bunPatched, "patchedDependencies")...)
	return append(append(all, unsaid(r, data, c, bunMembers, `"workspaces"`)...), scriptsOf(c)...)
}

// yarnFolder: the settings of Yarn say what in .yarn it takes.
func yarnFolder(Reader, []byte, Call) []Doubt { return nil }
