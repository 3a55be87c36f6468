package ecosystem

import (
	"encoding/json"
	"regexp"

	"go.yaml.in/yaml/v4"
)

var sbt = &Manager{
	Name:     "sbt",
	Programs: []string{"sbt", "sbtn"},
	// https://www.scala-sbt.org/1.x/docs/Command-Line-Reference.html
	Installs: []Install{{Words: []string{"update"}}, {Words: []string{"+update"}}},
	Manifests: []Manifest{
		{Name: "build.sbt", Needs: sbtBuild}, {Name: "*.sbt", Needs: sbtBuild},
		{Name: "project/build.properties"}, {Name: "project/*.sbt"},
		{Name: "project/*.scala"}, {Name: ".sbtopts"}, {Name: ".jvmopts"},
	},
	Sources: []string{".scala", ".java", ".html"},
	Builds: Fetching{
		Words: []string{"*compile", "*assembly", "*stage", "*dist", "*package", "*packageBin", "*packageZipTarball",
			"*packageXzTarball", "*test", "*run", "*nativeImage", "*publishLocal"},
		Further: true, Command: "sbt update", Without: []string{"-Dsbt.offline"},
	},
	Valued:    []string{"-mem", "-jvm-debug", "-java-home"},
	Reads:     []string{"-ivy", "-sbt-dir", "-sbt-boot", "--sbt-dir", "--sbt-boot"},
	ReadVars:  []string{"SBT_CREDENTIALS"},
	Inert:     []string{"-no-colors", "--no-colors", "-batch", "--batch", "-v", "-debug"},
	KeepsLock: true,
}

var (
	sbtFile  = regexp.MustCompile(`\bfile\s*\(\s*("?[^")]*)`)
	sbtReads = regexp.MustCompile(`\b(?:baseDirectory|ProjectRef|RootProject|IO\.|Source\.from\w+|sys\.process|crossProject|` +
		`projectMatrix|java\.io)\b`)
)

// sbtBuild: a build definition is a program; one that mentions files or other projects may need them.
func sbtBuild(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	for _, m := range sbtFile.FindAllSubmatch(data, -1) {
		if string(m[1]) != `".` {
			return []Need{{Reason: "%s mentions files or projects of the repository", Word: c.File}}
		}
	}
	if sbtReads.Match(data) {
		return []Need{{Reason: "%s mentions files or projects of the repository", Word: c.File}}
	}
	return nil
}

var swift = &Manager{
	Name:     "swift",
	Programs: []string{"swift"},
	// https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/swiftpackageresolve
	Installs: []Install{{Words: []string{"package", "resolve"}}},
	Manifests: []Manifest{
		{Name: "Package.swift", Required: true, Needs: swiftPackage}, {Name: "Package@*.swift", Needs: swiftPackage},
		{Name: "Package.resolved", Lock: true},
	},
	Sources: []string{".swift"},
	Output:  ".build",
	Builds: Fetching{
		Words: []string{"build", "test", "run"}, Command: "swift package resolve",
		Without: []string{"--skip-update", "--disable-dependency-cache"},
	},
	Valued: []string{"-c", "--configuration", "--product", "--target", "--scratch-path", "--build-path", "-Xswiftc",
		"-Xcc", "-Xlinker", "-Xcxx", "-j", "--jobs", "--arch", "--triple", "--sdk", "--swift-sdk"},
	Elsewhere: []string{"--package-path", "-h", "--help"},
	Reads:     []string{"--cache-path", "--config-path"},
	Frozen:    []string{"--force-resolved-versions", "--only-use-versions-from-resolved-file"},
}

var swiftLocal = regexp.MustCompile(`\bpath:\s*"\.{0,2}/|\.package\s*\((?:\s*name:[^,]*,)?\s*path:|\bFileManager\b|` +
	`\bcontentsOf|\bProcess\b|\b#file\b`)

// swiftPackage: it is a program; one that mentions packages or files of the repository may need them.
func swiftPackage(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	if swiftLocal.Match(data) {
		return []Need{{Reason: "%s mentions packages or files of the repository", Word: c.File}}
	}
	return nil
}

var dart = &Manager{
	Name:     "dart",
	Programs: []string{"dart", "flutter"},
	// https://dart.dev/tools/pub/cmd/pub-get
	Installs: []Install{{Words: []string{"pub", "get"}}},
	Manifests: []Manifest{
		{Name: "pubspec.yaml", Required: true, Needs: pubspec}, {Name: "pubspec.lock", Lock: true},
		{Name: "pubspec_overrides.yaml", Needs: pubspec},
	},
	Sources:   []string{".dart", ".html", ".css"},
	Output:    ".dart_tool",
	Valued:    []string{"-C", "--directory"},
	Dirs:      []string{"-C", "--directory"},
	Elsewhere: []string{"--dry-run", "-n", "-h", "--help", "--example"},
	Inert:     []string{"--no-precompile", "--no-example", "--no-analytics", "--suppress-analytics"},
	Frozen:    []string{"--enforce-lockfile"},
}

// pubspec: a dependency with a path is a directory of the repository
// (https://dart.dev/tools/pub/pubspec).
func pubspec(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	var project map[string]any
	if !ok || yamlAlias.Match(data) || yaml.Unmarshal(data, &project) != nil {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	if project["workspace"] != nil || project["resolution"] != nil {
		return []Need{{Reason: "%s belongs to a workspace, whose other manifests it reads", Word: c.File}}
	}
	if flutter, _ := project["flutter"].(map[string]any); flutter["generate"] != nil {
		return []Need{{Reason: "%s has it generate code from the sources", Word: c.File}}
	}
	var needs []Need
	for _, key := range []string{"dependencies", "dev_dependencies", "dependency_overrides"} {
		table, _ := project[key].(map[string]any)
		needs = append(needs, localTables(table)...)
	}
	return needs
}

var deno = &Manager{
	Name:     "deno",
	Programs: []string{"deno"},
	// https://docs.deno.com/runtime/reference/cli/install/, .../cache/
	Installs: []Install{
		{Words: []string{"install"}, Packages: Manifests}, {Words: []string{"i"}, Packages: Manifests},
		{Words: []string{"cache"}, Packages: Manifests},
	},
	Manifests: []Manifest{
		{Name: "deno.json", Needs: denoConfig}, {Name: "deno.jsonc", Needs: denoConfig}, {Name: "package.json"},
		{Name: "import_map.json"}, {Name: "deno.lock", Lock: true}, {Name: ".npmrc", Needs: npmSettings},
	},
	Named:   denoProgram,
	Sources: []string{".ts", ".js", ".tsx", ".jsx", ".mjs", ".css", ".html"},
	Valued:  []string{"--lock", "-L", "--log-level"},
	Reads:   []string{"-c", "--config", "--import-map", "--cert", "--env-file"},
	Elsewhere: []string{"-g", "--global", "-f", "--force", "-n", "--name", "--root", "-h", "--help", "--dev", "-D",
		"--add"},
	Inert:     []string{"--entrypoint", "-e", "--quiet", "-q", "--prod", "--allow-scripts", "--no-check"},
	Frozen:    []string{"--frozen", "--frozen-lockfile"},
	KeepsLock: false,
}

// denoProgram: with a program, the packages are those that it and its files import.
func denoProgram(_ Reader, c Call) []Need {
	return []Need{{Reason: "it reads %s and all that it imports; without it, deno.json and deno.lock are enough",
		Word: c.File}}
}

// denoConfig: https://docs.deno.com/runtime/fundamentals/configuration/
func denoConfig(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	var config struct {
		Workspace, Links json.RawMessage
		ImportMap        string
		NodeModulesDir   any
		Vendor           bool
	}
	if !ok || json.Unmarshal(data, &config) != nil {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	if config.Workspace != nil || config.Links != nil {
		return []Need{{Reason: "%s has a workspace, whose members' manifests it reads", Word: c.File}}
	}
	var needs []Need
	if config.ImportMap != "" {
		needs = append(needs, Need{File: config.ImportMap})
	}
	if config.NodeModulesDir != nil || r.Exists("package.json") {
		needs = append(needs, Need{Fills: "node_modules"})
	}
	if config.Vendor {
		needs = append(needs, Need{Fills: "vendor"})
	}
	return needs
}
