package ecosystem

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
)

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
	if above := workspaceAbove(r, "go.work", anything); above != "" {
		return []Need{{Reason: "%s may make it part of a workspace", Word: above}}
	}
	for _, rep := range full.Replace {
		if rep.New.Version == "" {
			return []Need{{Reason: "a replace in go.mod points to the directory %s", Word: rep.New.Path}}
		}
	}
	return nil
}

// goWork: without it the go command looks for one in the folders above (https://go.dev/ref/mod#workspaces).
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
