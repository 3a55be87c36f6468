package ecosystem

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// Members are the patterns of the folders that hold the packages of a workspace, one a line, as npm, Yarn, pnpm and Bun
// read them: * stands for a name, ** for any number of folders, and what begins with ! is left out
// (https://docs.npmjs.com/cli/v11/using-npm/workspaces, https://pnpm.io/pnpm-workspace_yaml).
type Members string

// maxMembers is the most patterns of a workspace that are read.
const maxMembers = 50

// readMembers joins the patterns; ok is false where one has a form that is not known.
func readMembers(patterns []string) (m Members, ok bool) {
	for i, p := range patterns {
		rest := strings.TrimPrefix(p, "!")
		clean := path.Clean(rest)
		if rest == "" || strings.ContainsAny(rest, "{}()\\\n!+@$") || strings.HasPrefix(clean, "/") ||
			strings.HasPrefix(clean, "..") || strings.Count(rest, "**") > 2 {
			return "", false
		}
		patterns[i] = p[:len(p)-len(rest)] + clean
	}
	return Members(strings.Join(patterns, "\n")), len(patterns) <= maxMembers
}

// Holds reports whether the folder, relative to that of the workspace, is one of its packages.
func (m Members) Holds(dir string) (holds bool) {
	names := strings.Split(dir, "/")
	if m == "" || slices.Contains(names, "node_modules") {
		return false
	}
	for _, p := range strings.Split(string(m), "\n") {
		pattern, not := strings.CutPrefix(p, "!")
		if holds == not && matchNames(strings.Split(pattern, "/"), names) {
			holds = !not
		}
	}
	return holds
}

// matchNames reports whether the names of a path match those of a pattern, which has few **.
func matchNames(pattern, names []string) bool {
	for i, p := range pattern {
		if p == "**" {
			for n := i; n <= len(names); n++ {
				if matchNames(pattern[i+1:], names[n:]) {
					return true
				}
			}
			return false
		}
		if i >= len(names) {
			return false
		}
		if ok, err := path.Match(p, names[i]); !ok || err != nil {
			return false
		}
	}
	return len(pattern) == len(names)
}

// members are the patterns of the workspace that a package.json makes, as a list or in an object.
func (p *javascriptPackage) members() (Members, bool) {
	var list []string
	if json.Unmarshal(p.Workspaces, &list) != nil {
		var object struct{ Packages []string }
		if json.Unmarshal(p.Workspaces, &object) != nil {
			return "", false
		}
		list = object.Packages
	}
	return readMembers(list)
}

// workspace returns what the members of a workspace add to an install: their manifests, or why those are not known.
func (p *javascriptPackage) workspace(c Call) (needs []Need) {
	switch members, known := p.members(); {
	case !p.hasWorkspaces(), c.Manager.Name == "pnpm": // which has a file of its own
	case !known, c.Member:
		needs = append(needs, Need{Reason: "%s has workspaces, whose own manifests it reads", Word: "package.json"})
	case members != "":
		needs = append(needs, Need{Members: members})
	}
	return needs
}

// member returns what an install needs of a member of its workspace besides its manifest: the programs to which it
// makes links, and the settings that pnpm reads there. It fills a folder of the member too.
func (p *javascriptPackage) member(r Reader) []Need {
	needs := []Need{{Fills: "node_modules"}}
	for _, file := range append(p.programs(), ".npmrc") {
		if r.Exists(file) {
			needs = append(needs, Need{File: file, Inert: true})
		}
	}
	return needs
}

// programs are the files that bin names (https://docs.npmjs.com/cli/v11/configuring-npm/package-json#bin).
func (p *javascriptPackage) programs() (files []string) {
	var one string
	var all map[string]string
	if json.Unmarshal(p.Bin, &one) == nil && one != "" {
		return []string{path.Clean(one)}
	}
	_ = json.Unmarshal(p.Bin, &all) // what is neither names no file
	for _, name := range sortedKeys(all) {
		files = append(files, path.Clean(all[name]))
	}
	return files
}
