package ecosystem

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"
)

// packageJSON tells what npm, yarn and pnpm read besides package.json and its lock: members of a
// workspace, packages in folders, and whatever the project's own scripts use
// (https://docs.npmjs.com/cli/v11/configuring-npm/package-json).
func packageJSON(r Reader, c Call) []Need {
	data, ok := r.Read("package.json")
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: "package.json"}}
	}
	var p struct {
		Workspaces           json.RawMessage
		Scripts              map[string]string
		Dependencies         map[string]string
		DevDependencies      map[string]string
		OptionalDependencies map[string]string
		Resolutions          map[string]string
		Pnpm                 struct{ PatchedDependencies map[string]string }
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return []Need{{Reason: "%s could not be read", Word: "package.json"}}
	}
	var needs []Need
	if len(p.Workspaces) > 0 && string(p.Workspaces) != "null" {
		needs = append(needs, Need{Reason: "%s has workspaces, whose own manifests it reads", Word: "package.json"})
	}
	if c.Scripts {
		needs = append(needs, lifecycle(p.Scripts)...)
		if r.Exists("binding.gyp") && p.Scripts["install"] == "" && p.Scripts["preinstall"] == "" {
			needs = append(needs, Need{Reason: "%s makes the install compile sources", Word: "binding.gyp"})
		}
	}
	for _, deps := range []map[string]string{p.Dependencies, p.DevDependencies, p.OptionalDependencies, p.Resolutions, p.Pnpm.PatchedDependencies} {
		needs = append(needs, localPackages(deps)...)
	}
	return needs
}

// lifecycle returns the scripts that an install runs by itself
// (https://docs.npmjs.com/cli/v11/using-npm/scripts#life-cycle-operation-order).
func lifecycle(scripts map[string]string) []Need {
	var needs []Need
	for _, name := range []string{"preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare", "dependencies"} {
		if scripts[name] != "" {
			needs = append(needs, Need{Reason: "it runs the project's script %s", Word: name})
		}
	}
	return needs
}

func localPackages(deps map[string]string) []Need {
	var names []string
	for name, v := range deps {
		for _, prefix := range []string{"file:", "link:", "portal:", "workspace:", "patch:", "./", "../", "/", "~/", "patches/"} {
			if strings.HasPrefix(v, prefix) {
				names = append(names, name)
				break
			}
		}
	}
	sort.Strings(names)
	var needs []Need
	for _, n := range names {
		needs = append(needs, Need{Reason: "the package %s is a folder of the repository", Word: n})
	}
	return needs
}

// yarnBerry asks for the folder in which yarn 2 and later keep releases, plugins and patches.
func yarnBerry(r Reader, _ Call) []Need {
	if r.Exists(".yarn") {
		return []Need{{File: ".yarn/"}}
	}
	return nil
}

var workspacePackages = regexp.MustCompile(`(?m)^(packages|patchedDependencies)\s*:`)

// pnpmWorkspace: since pnpm 10 the file also holds settings, which need nothing further.
func pnpmWorkspace(r Reader, _ Call) []Need {
	data, ok := r.Read("pnpm-workspace.yaml")
	if !ok || workspacePackages.Match(data) {
		return []Need{{Reason: "%s names packages whose own manifests it reads", Word: "pnpm-workspace.yaml"}}
	}
	return nil
}

// goMod: a local replace makes `go mod download` read that folder (https://go.dev/ref/mod#go-mod-file-replace).
func goMod(r Reader, _ Call) []Need {
	data, ok := r.Read("go.mod")
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: "go.mod"}}
	}
	f, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil {
		return []Need{{Reason: "%s could not be read", Word: "go.mod"}}
	}
	full, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		full = f
		if bytes.Contains(data, []byte("replace")) {
			return []Need{{Reason: "%s could not be read", Word: "go.mod"}}
		}
	}
	for _, rep := range full.Replace {
		if rep.New.Version == "" {
			return []Need{{Reason: "a replace in go.mod points to the folder %s", Word: rep.New.Path}}
		}
	}
	return nil
}

func goWork(Reader, Call) []Need {
	return []Need{{Reason: "%s names modules whose own files it reads", Word: "go.work"}}
}

// Requirements reads a requirements file of pip and the files that it names in turn
// (https://pip.pypa.io/en/stable/reference/requirements-file-format/). All paths are relative to
// where r reads; name is the first file.
func Requirements(r Reader, name string) []Need {
	var needs []Need
	seen := map[string]bool{name: true}
	queue := []string{name}
	for len(queue) > 0 && len(seen) < 50 {
		file := queue[0]
		queue = queue[1:]
		data, ok := r.Read(file)
		if !ok {
			needs = append(needs, Need{Reason: "%s could not be read", Word: file})
			continue
		}
		for _, n := range requirementLines(data) {
			if n.File == "" {
				needs = append(needs, n)
				continue
			}
			next := path.Join(path.Dir(file), n.File)
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
				needs = append(needs, Need{File: next})
			}
		}
	}
	return needs
}

var (
	requirementFile = regexp.MustCompile(`^(?:-r|--requirement|-c|--constraint)(?:\s*=\s*|\s+|)(\S+)`)
	requirementPath = regexp.MustCompile(`^(?:\.|/|file:)|@\s*(?:file:|\.{1,2}/)`)
	pathOption      = regexp.MustCompile(`^(?:-f|--find-links)(?:\s*=\s*|\s+|)(\S+)`)
)

func requirementLines(data []byte) []Need {
	var needs []Need
	text := strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\\\n", "")
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if i := strings.Index(line, " #"); i >= 0 {
			line = strings.TrimSpace(line[:i])
		}
		switch {
		case line == "" || line[0] == '#':
		case requirementFile.MatchString(line):
			file := requirementFile.FindStringSubmatch(line)[1]
			if strings.Contains(file, "://") {
				continue
			}
			if strings.HasPrefix(file, "/") || strings.Contains(file, "$") {
				needs = append(needs, Need{Reason: "it reads %s", Word: file})
				continue
			}
			needs = append(needs, Need{File: file})
		case strings.HasPrefix(line, "-e") || strings.HasPrefix(line, "--editable"):
			if !strings.Contains(line, "://") {
				needs = append(needs, Need{Reason: "it installs the project itself: %s", Word: line})
			}
		case pathOption.MatchString(line):
			if dir := pathOption.FindStringSubmatch(line)[1]; !strings.Contains(dir, "://") {
				needs = append(needs, Need{Reason: "it looks for packages in %s", Word: dir})
			}
		case requirementPath.MatchString(line):
			needs = append(needs, Need{Reason: "it installs a folder or file of the repository: %s", Word: line})
		case localWheel(line):
			needs = append(needs, Need{Reason: "it installs a folder or file of the repository: %s", Word: line})
		}
	}
	return needs
}

// localWheel reports whether the line names an archive or a path rather than a package.
func localWheel(line string) bool {
	if strings.Contains(line, "://") || strings.HasPrefix(line, "-") {
		return false
	}
	word := strings.Fields(line)[0]
	return strings.HasSuffix(word, ".whl") || strings.HasSuffix(word, ".tar.gz") || strings.HasSuffix(word, ".zip") ||
		strings.Contains(strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune("=<>!~;@[", r) })[0], "/")
}
