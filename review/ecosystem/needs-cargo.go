package ecosystem

import (
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// crate is what cargo reads of a Cargo.toml before it fetches anything
// (https://doc.rust-lang.org/cargo/reference/manifest.html).
type crate struct {
	Package struct {
		Name      string
		Build     any
		Workspace string
	}
	Workspace map[string]any
	Lib       *cargoTarget
	Bin       []cargoTarget
	Example   []cargoTarget
	Test      []cargoTarget
	Bench     []cargoTarget
	crateDependencies
	Target map[string]crateDependencies
	Patch  map[string]map[string]any
}

type crateDependencies struct {
	Dependencies map[string]any
	Development  map[string]any `toml:"dev-dependencies"`
	Build        map[string]any `toml:"build-dependencies"`
}

// cargoTarget is a program or library of a package
// (https://doc.rust-lang.org/cargo/reference/cargo-targets.html).
type cargoTarget struct{ Name, Path string }

// cargoToml: cargo refuses a manifest whose target files are not there, so even `cargo fetch` needs them, if only as
// empty files.
func cargoToml(r Reader, c Call) []Need {
	data, ok := r.Read("Cargo.toml")
	var p crate
	if !ok || toml.Unmarshal(data, &p) != nil {
		return []Need{{Reason: "%s could not be read", Word: "Cargo.toml"}}
	}
	if p.Workspace != nil || p.Package.Workspace != "" {
		return []Need{{Reason: "%s has a workspace, whose members' manifests it reads", Word: "Cargo.toml"}}
	}
	if !c.Build {
		return []Need{{Reason: "%s takes no manifest whose sources are missing", Word: "cargo"}}
	}
	if above := workspaceAbove(r, "Cargo.toml", cargoWorkspace); above != "" {
		return []Need{{Reason: "%s may make it part of a workspace", Word: above}}
	}
	all, local := p.dependencies()
	switch {
	case all == 0:
		return []Need{{Nothing: true}}
	case len(local) > 0:
		return local
	}
	return append(p.stubs(r), cargoSources(r)...)
}

var cargoWorkspace = regexp.MustCompile(`(?m)^\s*\[\s*workspace\s*[\].]`)

// dependencies counts the packages, and finds those that are directories of the repository.
func (p *crate) dependencies() (all int, local []Need) {
	groups := []crateDependencies{p.crateDependencies}
	for _, name := range sortedKeys(p.Target) {
		groups = append(groups, p.Target[name])
	}
	for _, g := range groups {
		for _, table := range []map[string]any{g.Dependencies, g.Development, g.Build} {
			all += len(table)
			local = append(local, localTables(table)...)
		}
	}
	for _, source := range sortedKeys(p.Patch) {
		local = append(local, localTables(p.Patch[source])...)
	}
	return all, local
}

// stubs are the files that cargo wants to be there.
func (p *crate) stubs(r Reader) (needs []Need) {
	files := p.targets(r)
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		if strings.HasPrefix(file, "/") || strings.Contains(file, "..") {
			return []Need{{Reason: "%s has a part outside of its directory", Word: "Cargo.toml"}}
		}
		needs = append(needs, Need{Stub: file})
	}
	if len(needs) == 0 {
		return []Need{{Reason: "%s takes no manifest whose sources are missing", Word: "cargo"}}
	}
	return needs
}

// targets are the files that the manifest names, and those that cargo finds by itself.
func (p *crate) targets(r Reader) (files []string) {
	for _, file := range []string{"src/main.rs", "src/lib.rs"} {
		if r.Exists(file) {
			files = append(files, file)
		}
	}
	if p.Lib != nil && p.Lib.Path != "" {
		files = append(files, p.Lib.Path)
	}
	if build, ok := p.Package.Build.(string); ok {
		files = append(files, build)
	}
	for folder, targets := range map[string][]cargoTarget{"src/bin": p.Bin, "examples": p.Example, "tests": p.Test,
		"benches": p.Bench} {
		for _, t := range targets {
			switch at := folder + "/" + t.Name; {
			case t.Path != "":
				files = append(files, t.Path)
			case r.Exists(at + ".rs"):
				files = append(files, at+".rs")
			case r.Exists(at + "/main.rs"):
				files = append(files, at+"/main.rs")
			}
		}
	}
	return files
}

// cargoSources: the settings may say that the packages are in the repository
// (https://doc.rust-lang.org/cargo/reference/source-replacement.html).
func cargoSources(r Reader) []Need {
	for _, at := range []string{".cargo/config.toml", ".cargo/config"} {
		if !r.Exists(at) {
			continue
		}
		data, ok := r.Read(at)
		var settings struct{ Source map[string]map[string]any }
		if !ok || toml.Unmarshal(data, &settings) != nil {
			return []Need{{Reason: "%s could not be read", Word: at}}
		}
		for _, source := range settings.Source {
			if source["directory"] != nil || source["local-registry"] != nil {
				return []Need{{Nothing: true}}
			}
		}
	}
	return nil
}
