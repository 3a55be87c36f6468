package ecosystem

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
)

// goMod: of each module that a local directory replaces, `go mod download` reads the go.mod
// (https://go.dev/ref/mod#go-mod-file-replace).
func goMod(r Reader, _ Call) []Need {
	f, ok := readModule(r, "go.mod")
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: "go.mod"}}
	}
	if above := workspaceAbove(r, "go.work", anything); above != "" && !r.Exists("go.work") {
		return goWorkspace(r, above)
	}
	return replaced(r, ".", f.Require, f.Replace)
}

// readModule reads a go.mod in full.
func readModule(r Reader, file string) (*modfile.File, bool) {
	data, ok := r.Read(file)
	if !ok {
		return nil, false
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil && !bytes.Contains(data, []byte("replace")) {
		f, err = modfile.ParseLax(file, data, nil)
	}
	return f, err == nil
}

// replaced asks for the go.mod of each module that a directory of the repository replaces. The go command takes no
// further replaces from it.
func replaced(r Reader, dir string, required []*modfile.Require, all []*modfile.Replace) (needs []Need) {
	wanted := map[string]bool{}
	for _, m := range required {
		wanted[m.Mod.Path] = true
	}
	for _, rep := range all {
		file := path.Join(dir, rep.New.Path, "go.mod")
		switch {
		case rep.New.Version != "", required != nil && !wanted[rep.Old.Path] && !r.Exists(file):
			continue
		case path.IsAbs(rep.New.Path) || !r.Exists(file):
			return []Need{{Reason: "a replace in go.mod points to the directory %s", Word: rep.New.Path}}
		}
		if _, ok := readModule(r, file); !ok {
			return []Need{{Reason: "%s could not be read", Word: file}}
		}
		needs = append(needs, Need{File: file, Inert: true})
	}
	return needs
}

// goWork reads the workspace that the module is in.
func goWork(r Reader, _ Call) []Need { return goWorkspace(r, "go.work") }

// maxModules is the most modules of a workspace whose files are copied one by one.
const maxModules = 20

// goWorkspace: the go command reads the manifests of each module of a workspace
// (https://go.dev/ref/mod#workspaces).
func goWorkspace(r Reader, file string) []Need {
	data, ok := r.Read(file)
	f, err := modfile.ParseWork(file, data, nil)
	if !ok || err != nil {
		return []Need{{Reason: "%s could not be read", Word: file}}
	}
	if len(f.Use) > maxModules {
		return []Need{{Reason: "%s names modules whose own files it reads", Word: file}}
	}
	dir := path.Dir(file)
	needs := append([]Need{{File: file}}, present(r, path.Join(dir, "go.work.sum"))...)
	for _, use := range f.Use {
		module := path.Join(dir, use.Path)
		m, ok := readModule(r, path.Join(module, "go.mod"))
		if !ok || path.IsAbs(use.Path) {
			return []Need{{Reason: "%s names modules whose own files it reads", Word: file}}
		}
		needs = append(needs, Need{File: path.Join(module, "go.mod")})
		needs = append(append(needs, present(r, path.Join(module, "go.sum"))...),
			replaced(r, module, m.Require, m.Replace)...)
	}
	return append(needs, replaced(r, dir, nil, f.Replace)...)
}

// present asks for the file where there is one, in which nothing leads to another.
func present(r Reader, file string) []Need {
	if !r.Exists(file) {
		return nil
	}
	return []Need{{File: file, Inert: true}}
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
		if line == "" || line[0] == '#' {
			continue
		}
		if need := requirementLine(line); need != (Need{}) {
			needs = append(needs, need)
		}
	}
	return needs
}

// requirementLine returns what pip reads of the repository because of a line; the zero Need for a package or a URL.
func requirementLine(line string) Need {
	switch {
	case requirementFile.MatchString(line):
		return requirementNeed(requirementFile.FindStringSubmatch(line)[1])
	case strings.HasPrefix(line, "-e") || strings.HasPrefix(line, "--editable"):
		if !strings.Contains(line, "://") || strings.Contains(line, "file:") {
			return Need{Reason: "it installs the project itself: %s", Word: line}
		}
	case pathOption.MatchString(line):
		if dir := pathOption.FindStringSubmatch(line)[1]; !strings.Contains(dir, "://") {
			return Need{Reason: "it looks for packages in %s", Word: dir}
		}
	case requirementPath.MatchString(line), localWheel(line):
		return Need{Reason: "it installs a directory or file of the repository: %s", Word: line}
	}
	return Need{}
}

// requirementNeed is a requirements file that another one names.
func requirementNeed(file string) Need {
	switch {
	case strings.Contains(file, "://"):
		return Need{}
	case strings.HasPrefix(file, "/") || strings.Contains(file, "$"):
		return Need{Reason: "it reads %s", Word: file}
	}
	return Need{File: file}
}

// localWheel reports whether the line names an archive or a path rather than a package.
func localWheel(line string) bool {
	if strings.Contains(line, "://") || strings.HasPrefix(line, "-") {
		return false
	}
	word := strings.Fields(line)[0]
	return strings.HasSuffix(word, ".whl") || strings.HasSuffix(word, ".tar.gz") || strings.HasSuffix(word, ".zip") ||
		strings.Contains(strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune("=<>!~;@[", r) })[0],
			"/")
}
