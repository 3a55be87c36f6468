package ecosystem

import (
	"encoding/json"
	"path"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v4"
)

// javascriptPackage is what an install reads of a package.json.
type javascriptPackage struct {
	Workspaces, Bin      json.RawMessage
	Scripts              map[string]string
	Dependencies         map[string]string
	DevDependencies      map[string]string
	OptionalDependencies map[string]string
	PeerDependencies     map[string]string
	Resolutions          map[string]string
	Overrides            json.RawMessage   // nested
	PatchedDependencies  map[string]string // of bun
	Pnpm                 struct {
		PatchedDependencies map[string]string
		Overrides           map[string]string
	}
}

func (p *javascriptPackage) hasWorkspaces() bool {
	return len(p.Workspaces) > 0 && string(p.Workspaces) != "null"
}

// packageJSON returns what npm, yarn, pnpm and bun read besides package.json and its lock: members of a workspace,
// packages in folders, and all that the project's own scripts use
// (https://docs.npmjs.com/cli/v11/configuring-npm/package-json).
func packageJSON(r Reader, c Call) []Need {
	data, ok := r.Read("package.json")
	var p javascriptPackage
	if !ok || json.Unmarshal(data, &p) != nil {
		return []Need{{Reason: "%s could not be read", Word: "package.json"}}
	}
	needs := p.workspace(c)
	if c.Member {
		needs = append(needs, p.member(r)...)
	} else if above := workspaceAbove(r, "package.json", workspacesKey); above != "" {
		needs = append(needs, Need{Reason: "%s may make it part of a workspace", Word: above})
	}
	if c.Scripts {
		needs = append(needs, lifecycle(r, p.Scripts)...)
		if r.Exists("binding.gyp") && p.Scripts["install"] == "" && p.Scripts["preinstall"] == "" {
			needs = append(needs, Need{Reason: "%s makes the install compile sources", Word: "binding.gyp"})
		}
		needs = append(needs, readers(r, p.Dependencies, p.DevDependencies)...)
	}
	member := c.Member || p.hasWorkspaces() || c.Manager.Name == "pnpm" && r.Exists("pnpm-workspace.yaml")
	return append(append(needs, p.local(c, member)...), p.patches(r, c)...)
}

// local returns the folders and files of the repository that are packages here. Those of the workspace of which the
// package is a member come with it.
func (p *javascriptPackage) local(c Call, member bool) (needs []Need) {
	for _, deps := range []map[string]string{
		p.Dependencies, p.DevDependencies, p.OptionalDependencies, p.PeerDependencies, p.Resolutions, p.Pnpm.Overrides,
	} {
		needs = append(needs, localPackages(deps, c, member)...)
	}
	if localValue.Match(p.Overrides) {
		needs = append(needs, Need{Reason: "%s takes a package from a directory of the repository", Word: "overrides"})
	}
	return needs
}

// lifecycle returns the scripts that an install runs on its own
// (https://docs.npmjs.com/cli/v11/using-npm/scripts#life-cycle-operation-order).
func lifecycle(r Reader, scripts map[string]string) []Need {
	var needs []Need
	for _, name := range packageScripts {
		if scripts[name] == "" {
			continue
		}
		reads, known, _ := (&script{text: scripts[name], all: scripts}).reads(r)
		if !known {
			reads = []Need{{Reason: "it runs the project's script %s", Word: name}}
		}
		needs = append(needs, reads...)
	}
	return needs
}

// readsProject lists packages whose own install script looks into the project: always, or where
// one of the files is there.
var readsProject = map[string][]string{
	// makes the client out of the schema:
	// https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/generating-prisma-client
	"@prisma/client": nil,
	// https://pptr.dev/guides/configuration
	"puppeteer": {".puppeteerrc", ".puppeteerrc.cjs", ".puppeteerrc.js", ".puppeteerrc.json", ".puppeteerrc.yaml",
		"puppeteer.config.js", "puppeteer.config.cjs"},
}

func readers(r Reader, all ...map[string]string) []Need {
	var needs []Need
	for _, name := range sortedKeys(readsProject) {
		files := readsProject[name]
		for _, deps := range all {
			if deps[name] != "" && (len(files) == 0 || anyExists(r, files)) {
				needs = append(needs, Need{Reason: "the package %s reads the project when it is installed", Word: name})
				break
			}
		}
	}
	return needs
}

func anyExists(r Reader, files []string) bool {
	for _, f := range files {
		if r.Exists(f) {
			return true
		}
	}
	return false
}

// localPrefixes begin the versions that name a folder or file.
var localPrefixes = []string{"file:", "link:", "portal:", "workspace:", "patch:", "exec:", "./", "../", "/", "~/",
	"patches/"}

// localValue finds one of them, or an archive, as a value anywhere in JSON.
var localValue = regexp.MustCompile(`:\s*"(?:file:|link:|portal:|workspace:|patch:|exec:|\.{0,2}/|~/|` +
	`[^":]+\.(?:tgz|tar|tar\.gz)")`)

func localPackages(deps map[string]string, c Call, member bool) []Need {
	var names []string
	for name, v := range deps {
		_, patched := yarnPatches(v)
		if localVersion(v) && !(patched && c.Manager.Name == "yarn") && !(member && workspaceVersion.MatchString(v)) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var needs []Need
	for _, n := range names {
		needs = append(needs, Need{Reason: "the package %s comes from the repository", Word: n})
	}
	return needs
}

// workspaceVersion is that of a member of the workspace, by its name (https://pnpm.io/workspaces).
var workspaceVersion = regexp.MustCompile(`^workspace:(?:(?:@[\w.-]+/)?[\w-][\w.-]*@)?[*^~]?(?:\d[\w.+-]*)?$`)

func localVersion(v string) bool {
	for _, prefix := range localPrefixes {
		if strings.HasPrefix(v, prefix) {
			return true
		}
	}
	return !strings.Contains(v, ":") &&
		(strings.HasSuffix(v, ".tgz") || strings.HasSuffix(v, ".tar") || strings.HasSuffix(v, ".tar.gz"))
}

var (
	workspacesKey = regexp.MustCompile(`"workspaces"\s*:`)
	anything      = regexp.MustCompile(``)
)

// workspaceAbove returns the path of a file of that name in one of the folders above, where its text
// says that it may speak for the folders below it; "" if there is none.
func workspaceAbove(r Reader, name string, says *regexp.Regexp) string {
	for dir, n := "..", 0; n < 4; dir, n = path.Join(dir, ".."), n+1 {
		p := path.Join(dir, name)
		if !r.Exists(p) {
			continue
		}
		if data, ok := r.Read(p); !ok || says.Match(data) {
			return p
		}
	}
	return ""
}

// npmSettings: some name files (https://docs.npmjs.com/cli/v11/using-npm/config).
func npmSettings(r Reader, _ Call) []Need {
	data, _ := r.Read(".npmrc")
	if m := npmFiles.FindSubmatch(data); m != nil {
		return []Need{{Reason: ".npmrc sets %s, which names a file", Word: string(m[1])}}
	}
	return nil
}

var npmFiles = regexp.MustCompile(`(?m)^\s*(cafile|certfile|keyfile|node-options|userconfig|globalconfig|` +
	`script-shell|pnpmfile|global-pnpmfile|patches-dir)\s*=`)

// yarnClassic: https://classic.yarnpkg.com/lang/en/docs/yarnrc/
func yarnClassic(r Reader, _ Call) []Need {
	data, _ := r.Read(".yarnrc")
	var needs []Need
	for _, m := range yarnFiles.FindAllSubmatch(data, -1) {
		p := strings.TrimPrefix(string(m[2]), "./")
		switch {
		case strings.HasPrefix(p, "/") || strings.ContainsAny(p, "$~") || !r.Exists(p):
			needs = append(needs, Need{Reason: ".yarnrc names the file %s", Word: p})
		case string(m[1]) == "yarn-offline-mirror":
			needs = append(needs, Need{File: strings.TrimSuffix(p, "/") + "/"})
		default:
			needs = append(needs, Need{File: p})
		}
	}
	return needs
}

var yarnFiles = regexp.MustCompile(`(?m)^\s*"?(yarn-path|yarn-offline-mirror|cafile)"?\s+"?([^"\s]+)`)

// yarnBerry asks for the folder in which yarn 2 and later keep releases, plugins and patches.
func yarnBerry(r Reader, _ Call) []Need {
	data, _ := r.Read(".yarnrc.yml")
	for _, m := range berryFiles.FindAllSubmatch(data, -1) {
		if p := strings.TrimPrefix(string(m[1]), "./"); !strings.HasPrefix(p, ".yarn/") {
			return []Need{{Reason: ".yarnrc.yml names the file %s", Word: p}}
		}
	}
	if r.Exists(".yarn") {
		return []Need{{File: ".yarn/"}}
	}
	return nil
}

// berryFiles are the settings of Yarn that name files (https://yarnpkg.com/configuration/yarnrc).
var berryFiles = regexp.MustCompile(`(?m)^[\s-]*(?:yarnPath|path|httpsCaFilePath|httpsCertFilePath|` +
	`httpsKeyFilePath|caFilePath)\s*:\s*["']?([^"'\s#]+)`)

// workspacePackages are lines of a pnpm-workspace.yaml that name folders.
var workspacePackages = regexp.MustCompile(`(?m):\s*["']?(?:file|link|workspace):`)

// pnpmWorkspace: since pnpm 10 the file also holds settings, of which patches need further files.
func pnpmWorkspace(r Reader, _ Call) []Need {
	data, ok := r.Read("pnpm-workspace.yaml")
	var settings struct {
		Packages            []string
		PatchedDependencies map[string]string `yaml:"patchedDependencies"`
	}
	if !ok || yamlAlias.Match(data) || yaml.Unmarshal(data, &settings) != nil {
		return []Need{{Reason: "%s could not be read", Word: "pnpm-workspace.yaml"}}
	}
	members, known := readMembers(settings.Packages)
	if !known || workspacePackages.Match(data) {
		return []Need{{Reason: "%s names packages whose own manifests it reads", Word: "pnpm-workspace.yaml"}}
	}
	needs := patchFiles(settings.PatchedDependencies)
	if members != "" {
		needs = append(needs, Need{Members: members})
	}
	return needs
}

// pnpmProject: a workspace above takes the install over (https://pnpm.io/pnpm-workspace_yaml).
func pnpmProject(r Reader, c Call) []Need {
	above := workspaceAbove(r, "pnpm-workspace.yaml", anything)
	if above != "" && !c.Member && !r.Exists("pnpm-workspace.yaml") {
		return []Need{{Reason: "%s may make it part of a workspace", Word: above}}
	}
	return packageJSON(r, c)
}

// pnpmHooks: the file is a program; one that loads others needs them (https://pnpm.io/pnpmfile).
func pnpmHooks(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	if !ok || loadsFiles.Match(data) {
		return []Need{{Reason: "%s loads files of the repository", Word: c.File}}
	}
	return nil
}

var loadsFiles = regexp.MustCompile(`(?:require|import)\s*\(?\s*["'\x60]\.|\bfrom\s+["']\.|\b__dirname\b|` +
	`\b(?:fs|path)\b`)
